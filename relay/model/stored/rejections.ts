import { createCodec, sameButVersion } from './codec.ts'
import { count, number, object, type ShapeOf } from './shape.ts'

const rejectionsShape = object({
  count,
  /** Milliseconds since the epoch. */
  firstAt: number,
})

/** How often dispatch rejected a message by a fault of the message's own. */
export type Rejections = ShapeOf<typeof rejectionsShape>

/** Version 0 is of the commits before this one; 591c4aa counted nothing. */
export const rejectionsCodec = createCodec({
  form: 'count of rejections',
  upgrades: [sameButVersion],
  shape: rejectionsShape,
  toStored: ({ count, firstAt }: Rejections) => ({ count, firstAt }),
  fromStored: ({ count, firstAt }): Rejections => ({ count, firstAt }),
})
