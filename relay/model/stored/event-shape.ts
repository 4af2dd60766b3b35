import { mapOf, object, text } from './shape.ts'

/**
 * The form of a stored Event. It was validated when it was accepted, and is not validated again.
 */
export const eventShape = object({
  involvedObject: object({
    kind: text,
    namespace: text,
    name: text,
    uid: text,
    apiVersion: text,
    resourceVersion: text,
    fieldPath: text,
  }),
  severity: text,
  timestamp: text,
  message: text,
  reason: text,
  metadata: mapOf(text),
  reportingController: text,
  reportingInstance: text,
})

export const labelsShape = mapOf(text)
