import { z } from 'zod'

const Name = z.string().min(1)

/** A Flux event, as controllers post it. What is written here is what is read; the rest is ignored. */
export const EventDocument = z
  .object({
    involvedObject: z.object({
      kind: Name,
      namespace: Name,
      name: Name,
      apiVersion: z.string().optional(),
      uid: z.string().optional(),
      resourceVersion: z.string().optional(),
      fieldPath: z.string().optional(),
    }),
    severity: z
      .string()
      .optional()
      .meta({ description: '`info`, `error` or `trace`; `info` when it is missing.' }),
    timestamp: z
      .string()
      .nullish()
      .meta({ description: 'RFC 3339; the time of arrival when it is missing.' }),
    message: z.string().optional().meta({ description: 'Cut after 39,000 UTF-16 units.' }),
    reason: z.string().optional(),
    metadata: z.record(z.string(), z.string()).nullish(),
    reportingController: z.string().optional(),
    reportingInstance: z.string().optional(),
  })
  .meta({ description: 'What a controller reports.' })

/** One item of a batch. */
export const EventItem = z
  .union([
    EventDocument,
    z.object({
      event: EventDocument,
      objectLabels: z.record(z.string(), z.string()).nullish(),
    }),
  ])
  .meta({ description: 'An event, alone or with the labels of its object.' })

/** The body of `POST …/events` as JSON; as NDJSON it is one item a line. */
export const EventsBody = z
  .union([EventItem, z.array(EventItem)])
  .meta({ description: 'One event or a batch of them.' })

/** Items that will never be taken, by their index in the request. */
export const Rejections = z.array(z.object({ index: z.int().nonnegative(), error: z.string() }))

/** The answer to `POST …/events`: every item is queued or rejected. */
export const ReceivedEvents = z
  .object({ accepted: z.int().nonnegative(), rejected: Rejections })
  .meta({ description: 'What became of the events. Do not send again what is rejected.' })
export type ReceivedEvents = z.infer<typeof ReceivedEvents>
