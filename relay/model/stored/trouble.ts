import { createCodec, sameButVersion } from './codec.ts'
import { number, object, optional, type ShapeOf, truth } from './shape.ts'

const troubleShape = object({
  /**
   * When it began, in milliseconds since the epoch. Of one that is over: when it ended, or when it had begun where
   * an earlier version wrote it.
   */
  since: number,
  /** Whether it is over, which was told too. */
  over: optional(truth),
})

/** A trouble of the relay itself that was told: a Provider whose deliveries fail, or a silent cluster. */
export type Trouble = ShapeOf<typeof troubleShape>

export const troubleCodec = createCodec({
  form: 'trouble',
  upgrades: [sameButVersion],
  shape: troubleShape,
  toStored: (trouble: Trouble) => trouble,
  fromStored: ({ since, over }): Trouble => ({ since, ...(over && { over }) }),
})
