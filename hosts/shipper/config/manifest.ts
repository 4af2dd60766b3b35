import { isJsonObject } from '../../../relay/api/json.ts'
import type { KubernetesObject } from '../../../relay/model/kubernetes.ts'
import type { ApiObject } from '../kubernetes/collection.ts'
import type { ApiResource } from '../kubernetes/discovery.ts'

/** What `kubectl apply` keeps there is a copy of the object, as large as all of it. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** Fields that change without anybody's wish: by each write, or by a write of the status. */
const BOOKKEEPING: ReadonlySet<string> = new Set([
  'annotations',
  'managedFields',
  'resourceVersion',
  'selfLink',
])

/** The object as the relay gets it: what people wrote of it, and what identifies it. */
export function manifestOf(
  { group, version, kind }: Pick<ApiResource, 'group' | 'version' | 'kind'>,
  { status: _, metadata, ...object }: ApiObject,
): KubernetesObject {
  const annotations = isJsonObject(metadata.annotations)
    ? without(metadata.annotations, (name) => name === LAST_APPLIED)
    : {}
  return {
    ...object,
    apiVersion: `${group}/${version}`,
    kind,
    metadata: {
      ...without(metadata, (field) => BOOKKEEPING.has(field)),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
  }
}

function without(
  fields: Readonly<Record<string, unknown>>,
  isLeftOut: (name: string) => boolean,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !isLeftOut(name)))
}
