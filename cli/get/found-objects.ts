import type { Readiness, StoredConfig } from '../../relay/api/schemas/config.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'
import { nameOf } from '../../relay/model/parse-objects.ts'

/** An Alert or a Provider of a cluster. */
export interface FoundObject {
  readonly readiness: Readiness
  /** Undefined when it is not in force, because it is not valid. */
  readonly manifest: Readonly<Record<string, unknown>> | undefined
}

const NOTHING = { alerts: [], providers: [], objects: [] } as const

/** The objects of one kind by namespace and name; none of a cluster without a configuration. */
export function objectsOf(config: StoredConfig | undefined, kind: 'Alert' | 'Provider') {
  const { alerts, providers, objects } = config ?? NOTHING
  const manifests = new Map(
    (kind === 'Alert' ? alerts : providers).map((object) => [
      namespacedName(nameOf(object)),
      object,
    ]),
  )
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
