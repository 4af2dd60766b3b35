import { isJsonObject } from '../../../relay/model/json-value.ts'
import type { KubernetesObject } from '../../../relay/model/kubernetes.ts'
import type { ApiObject } from '../kubernetes/collection.ts'
import type { ApiResource } from '../kubernetes/discovery.ts'

/**
 * The annotation in which `kubectl apply` keeps a copy of the object, which is as large as the
 * object.
 */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * Fields that change although nobody wants a change: by each write, or by a write of the status.
 */
const BOOKKEEPING: ReadonlySet<string> = new Set([
  'annotations',
  'managedFields',
  'resourceVersion',
  'selfLink',
])

/** The object as the relay gets it: what people wrote in it, and what identifies it. */
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
