import { createCodec, sameButVersion } from './codec.ts'
import { list, number, object, optional, type ShapeOf, text } from './shape.ts'

/** A request for a subject, and until when it may land: milliseconds since the epoch. */
const requestShape = object({ deliveryId: text, until: number })

const subjectStateShape = object({
  /** Of the newest event that was here, whatever became of it. */
  order: text,
  /**
   * The reason of the event that the subject shows, or will when what is on its way is done. Absent:
   * unknown, as in items of before there was one.
   */
  reason: optional(text),
  /** Who is sending now. */
  claim: optional(requestShape),
  /** Whose earlier request, which was never answered, may still land. */
  onItsWay: optional(requestShape),
  /** What the destination certainly shows. Absent: unknown. */
  settled: optional(
    object({
      shows: text,
      at: number,
      deliveryId: text,
      /** The reason of the event that it was sent for. */
      reason: optional(text),
    }),
  ),
  /**
   * The deliveries that last found the subject as they wanted it, by the begin of their ids. A record
   * counts them together, so here alone is written that each was there.
   */
  counted: optional(list(text)),
})

/** What the relay remembers of a subject. */
export type SubjectState = ShapeOf<typeof subjectStateShape>

export const subjectStateCodec = createCodec({
  form: 'subject',
  upgrades: [sameButVersion],
  shape: subjectStateShape,
  toStored: (state: SubjectState) => ({ ...state }),
  fromStored: ({ order, reason, claim, onItsWay, settled, counted }): SubjectState => ({
    order,
    ...(reason !== undefined && { reason }),
    ...(claim && { claim }),
    ...(onItsWay && { onItsWay }),
    ...(settled && { settled }),
    ...(counted && { counted }),
  }),
})
