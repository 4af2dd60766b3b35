import { createCodec, sameButVersion } from './codec.ts'
import { count, number, object, type ShapeOf } from './shape.ts'

const rejectionsShape = object({
  count,
  /** The time of the first rejection, in milliseconds since the epoch. */
  firstAt: number,
})

/** How often dispatch rejected a message because of the message itself. */
export type RejectionCount = ShapeOf<typeof rejectionsShape>

/**
 * The form of rejections. Version 0 was written before forms had versions; commit 591c4aa wrote
 * none.
 */
export const rejectionsCodec = createCodec({
  form: 'count of rejections',
  upgrades: [sameButVersion],
  shape: rejectionsShape,
  toStored: ({ count, firstAt }: RejectionCount) => ({ count, firstAt }),
  fromStored: ({ count, firstAt }): RejectionCount => ({ count, firstAt }),
})
