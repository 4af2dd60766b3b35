import { parseJson } from '../../../relay/api/json.ts'
import { InvolvedObject, objectName } from '../../../relay/model/event.ts'
import { isJsonObject } from '../../../relay/model/json-value.ts'
import { itemOf } from '../sources/event-text.ts'

const Named = InvolvedObject.pick({ kind: true, namespace: true, name: true })

/**
 * The object of a spooled event, such as `Kustomization/flux-system/podinfo`; undefined when the
 * event names none.
 */
export function objectOf(body: string): string | undefined {
  const parsed = parseJson(body)
  if ('error' in parsed || !isJsonObject(parsed.value)) return undefined
  const object = Named.safeParse(itemOf(parsed.value).event?.involvedObject)
  return object.success ? objectName(object.data) : undefined
}
