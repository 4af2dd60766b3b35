import { createCodec, sameButVersion } from './codec.ts'
import { list, number, object, optional, type ShapeOf, text } from './shape.ts'

/**
 * An event that was not a repeat for every Alert. `at` is its order time, in milliseconds since the
 * epoch.
 */
const seenEventShape = object({ fingerprint: text, eventId: text, at: number })

/**
 * The failure that the object reported last, with the order of its event. `endedBy` is the order of the event
 * after which it was over. Older versions wrote as `endedBefore` what is now the `end` of the object.
 */
const lastFailureShape = object({
  eventId: text,
  order: text,
  endedBy: optional(text),
  endedBefore: optional(text),
})

const objectStateShape = object({
  severity: text,
  /**
   * The events in the order in which they were dispatched. Commit 591c4aa keeps one of each
   * fingerprint, and takes the first of several as the one that was told.
   */
  seen: list(seenEventShape),
  /**
   * The order of the newest event that was not a repeat for every Alert. Absent in what older
   * versions wrote.
   */
  latest: optional(text),
  /**
   * The order of the newest event after which a failure before it is over. Absent for an object that reported none,
   * and in what older versions wrote.
   */
  end: optional(text),
  /** Absent for an object that never failed, and in what older versions wrote. */
  failure: optional(lastFailureShape),
})

/** An event that a later one may repeat. */
export type SeenEvent = ShapeOf<typeof seenEventShape>

/**
 * What the relay remembers of an object: its severity, and the events since that severity began.
 */
export type ObjectState = ShapeOf<typeof objectStateShape>

export const objectStateCodec = createCodec({
  form: 'object memory',
  upgrades: [sameButVersion],
  shape: objectStateShape,
  toStored: (state: ObjectState) => state,
  fromStored: ({ severity, seen, latest, end, failure }): ObjectState => ({
    severity,
    seen,
    ...(latest !== undefined && { latest }),
    ...(end !== undefined && { end }),
    ...(failure && { failure }),
  }),
})
