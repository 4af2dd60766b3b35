import type { AcceptedEvent } from '../queue-messages.ts'
import { createCodec, sameButVersion } from './codec.ts'
import { eventShape, labelsShape } from './event-shape.ts'
import { number, object, optional, text } from './shape.ts'

const queuedEventShape = object({
  id: text,
  cluster: text,
  group: text,
  event: eventShape,
  objectLabels: optional(labelsShape),
  acceptedAt: number,
  orderTime: optional(number),
})

/** The form of an accepted event in a queue. */
export const queuedEventCodec = createCodec({
  form: 'queued event',
  upgrades: [sameButVersion],
  shape: queuedEventShape,
  toStored: (event: AcceptedEvent) => event,
  fromStored: ({
    id,
    cluster,
    group,
    event,
    objectLabels,
    acceptedAt,
    orderTime,
  }): AcceptedEvent => ({
    id,
    cluster,
    group,
    event,
    objectLabels,
    acceptedAt,
    ...(orderTime !== undefined && { orderTime }),
  }),
})
