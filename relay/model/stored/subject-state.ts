import { createCodec, sameButVersion } from './codec.ts'
import { list, number, object, optional, type ShapeOf, text } from './shape.ts'

/**
 * A request for a subject, and until when it may reach the destination: milliseconds since the
 * epoch.
 */
const requestShape = object({ deliveryId: text, until: number })

/** What a subject shows. */
const shownShape = object({
  shows: text,
  at: number,
  deliveryId: text,
  /** The reason of the event that the shown text was sent for. */
  reason: optional(text),
})

const subjectStateShape = object({
  /** The order of the newest event that came to the subject, whatever became of it. */
  order: text,
  /**
   * The reason of the event that the subject shows, or will show once the requests under way are
   * done. Absent when unknown, as in items of earlier versions.
   */
  reason: optional(text),
  /** The delivery that is being sent now. */
  claim: optional(requestShape),
  /** An earlier request that was never answered and may still reach the destination. */
  onItsWay: optional(requestShape),
  /** What the destination certainly shows. Absent when unknown. */
  settled: optional(shownShape),
  /**
   * What the destination would show, had the cluster not been observed. It counts only while the
   * cluster is observed.
   */
  observed: optional(shownShape),
  /**
   * The deliveries that last found the subject as they wanted it, as the first digits of their ids.
   * One record counts them together, so only this list tells that each of them was here.
   */
  counted: optional(list(text)),
})

/** What the relay remembers of a subject. */
export type SubjectState = ShapeOf<typeof subjectStateShape>

export const subjectStateCodec = createCodec({
  form: 'subject',
  upgrades: [sameButVersion],
  shape: subjectStateShape,
  toStored: (state: SubjectState) => state,
  fromStored: ({ order, reason, claim, onItsWay, settled, observed, counted }): SubjectState => ({
    order,
    ...(reason !== undefined && { reason }),
    ...(claim && { claim }),
    ...(onItsWay && { onItsWay }),
    ...(settled && { settled }),
    ...(observed && { observed }),
    ...(counted && { counted }),
  }),
})
