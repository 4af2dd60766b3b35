import type { Readiness, StoredConfig } from '../../relay/api/schemas/config.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'
import { nameOf } from '../../relay/model/parse-objects.ts'

/** The kinds of the objects that are the configuration of a cluster. */
export type ObjectKind = 'Alert' | 'Provider' | 'Silence'

/** An object of a cluster. */
export interface FoundObject {
  readonly readiness: Readiness
  /** Undefined when it is not in force, because it is not valid. */
  readonly manifest: Readonly<Record<string, unknown>> | undefined
}

const LISTS = { Alert: 'alerts', Provider: 'providers', Silence: 'silences' } as const

/** The objects of one kind by namespace and name; none of a cluster without a configuration. */
export function objectsOf(config: StoredConfig | undefined, kind: ObjectKind) {
  const listed = config?.[LISTS[kind]] ?? []
  const manifests = new Map(listed.map((object) => [namespacedName(nameOf(object)), object]))
  const objects = config?.objects ?? []
  return objects
    .filter((object) => object.kind === kind)
    .map(
      (readiness): FoundObject => ({
        readiness,
        manifest: manifests.get(namespacedName(readiness)),
      }),
    )
    .toSorted((a, b) => compare(namespacedName(a.readiness), namespacedName(b.readiness)))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Whether an object is suspended; of one that is not in force it is not known. */
export function suspendedText(manifest: FoundObject['manifest']): string {
  if (manifest === undefined) return '<unknown>'
  return Object(manifest.spec).suspend === true ? 'True' : 'False'
}
