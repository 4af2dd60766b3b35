import { z } from 'zod'
import { MAX_NAME_LENGTH } from '../../model/text.ts'
import { Rfc3339 } from './time.ts'

const Name = z.string().min(1).max(MAX_NAME_LENGTH)

/** An optional text. `null` counts as absent, as in Go's decoder. */
const Optional = z.string().nullish()

const InvolvedObject = z.object({
  kind: Name,
  namespace: Name,
  name: Name,
  apiVersion: Optional,
  uid: Optional,
  resourceVersion: Optional,
  fieldPath: Optional,
})

/** A Flux event, as controllers post it. Only these fields are read; others are ignored. */
export const EventDocument = z
  .object({
    involvedObject: InvolvedObject,
    severity: Optional.meta({
      description: '`info`, `error` or `trace`; `info` when it is missing or empty.',
    }),
    timestamp: Rfc3339.nullish().meta({
      description: 'RFC 3339; the time of arrival when it is missing.',
    }),
    message: Optional.meta({ description: 'Cut after 39,000 UTF-16 units.' }),
    reason: Optional,
    metadata: z.record(z.string(), Optional).nullish(),
    reportingController: Optional,
    reportingInstance: Optional,
  })
  .meta({ description: 'What a controller reports.' })

/** The body of `POST /`: an event. Its object may be cluster-scoped and have no namespace. */
export const PostedEventDocument = EventDocument.extend({
  involvedObject: InvolvedObject.extend({
    namespace: z.string().max(MAX_NAME_LENGTH).nullish().meta({
      description: '`default` when it is missing or empty, as for the objects of the cluster.',
    }),
  }),
}).meta({ description: 'What a controller posts by itself.' })

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

/** The body of `POST …/events` as JSON. As NDJSON it has one item per line. */
export const EventsBody = z.union([EventItem, z.array(EventItem).min(1)]).meta({
  description: 'One event or a batch of them. A bad event of a batch is rejected by itself.',
})

const Rejection = z.object({ index: z.int().nonnegative(), error: z.string() })

/** An event of a batch that is never taken, by its index in the request, and why. */
export type Rejection = Readonly<z.infer<typeof Rejection>>

/** Items that will never be accepted, by their index in the request. */
export const Rejections = z.array(Rejection)

/** The answer to `POST …/events`: every item is queued or rejected. */
export const ReceivedEvents = z
  .object({ accepted: z.int().nonnegative(), rejected: Rejections })
  .meta({ description: 'What became of the events. Do not send again what is rejected.' })
export type ReceivedEvents = z.infer<typeof ReceivedEvents>
