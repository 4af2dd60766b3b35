import { createCodec, sameButVersion } from './codec.ts'
import { number, object, optional, type ShapeOf, text, truth } from './shape.ts'

const windowShape = object({
  /** The delivery whose message tells of all in the group. */
  leader: text,
  /** When the first of the group came, in milliseconds since the epoch. */
  openedAt: number,
  /** When the message is made, in milliseconds since the epoch. */
  dueAt: number,
  /** Whether the message is made: what comes now opens another window. */
  closed: optional(truth),
})

/** The time in which the deliveries of a group come together. */
export type GroupWindow = ShapeOf<typeof windowShape>

export const groupWindowCodec = createCodec({
  form: 'group window',
  upgrades: [sameButVersion],
  shape: windowShape,
  toStored: (window: GroupWindow) => window,
  fromStored: ({ leader, openedAt, dueAt, closed }): GroupWindow => ({
    leader,
    openedAt,
    dueAt,
    ...(closed && { closed }),
  }),
})
