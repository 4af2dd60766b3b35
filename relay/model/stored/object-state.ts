import { createCodec, sameButVersion } from './codec.ts'
import { list, number, object, optional, type ShapeOf, text } from './shape.ts'

/** An event that was no repeat for all. `at`: its order time, in milliseconds since the epoch. */
const seenEventShape = object({ fingerprint: text, eventId: text, at: number })

const objectStateShape = object({
  severity: text,
  /**
   * In the order in which they were dispatched. Commit 591c4aa keeps one of each fingerprint, and takes
   * the first of several for told.
   */
  seen: list(seenEventShape),
  /** The order of the newest event that was no repeat for all. Absent in what older versions wrote. */
  latest: optional(text),
})

/** An event that a later one may repeat. */
export type SeenEvent = ShapeOf<typeof seenEventShape>

/** What is remembered of an object: its severity, what was reported since that began, and when. */
export type ObjectState = ShapeOf<typeof objectStateShape>

export const objectStateCodec = createCodec({
  form: 'object memory',
  upgrades: [sameButVersion],
  shape: objectStateShape,
  toStored: (state: ObjectState) => ({ ...state }),
  fromStored: ({ severity, seen, latest }): ObjectState => ({
    severity,
    seen,
    ...(latest !== undefined && { latest }),
  }),
})
