import { isJsonObject, parseJson } from '../../relay/intake/json.ts'
import { InvolvedObject, objectName } from '../../relay/model/event.ts'

const Named = InvolvedObject.pick({ kind: true, namespace: true, name: true })

/** What a spooled event is about, such as `Kustomization/flux-system/podinfo`, as far as it says. */
export function objectOf(body: string): string | undefined {
  const parsed = parseJson(body)
  if ('error' in parsed || !isJsonObject(parsed.value)) return undefined
  const { event } = parsed.value
  // With labels it is an item of two parts.
  const { involvedObject } = isJsonObject(event) ? event : parsed.value
  const object = Named.safeParse(involvedObject)
  return object.success ? objectName(object.data) : undefined
}
