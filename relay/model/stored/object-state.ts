import { createCodec, sameButVersion } from './codec.ts'
import { list, number, object, optional, type ShapeOf, text } from './shape.ts'

const objectStateShape = object({
  severity: text,
  seen: list(object({ fingerprint: text, eventId: text, at: number })),
  /** The order of the newest event that was no repeat. Absent in what older versions wrote. */
  latest: optional(text),
})

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
