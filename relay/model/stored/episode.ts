import { createCodec, sameButVersion } from './codec.ts'
import { count, list, number, object, oneOf, optional, type ShapeOf, text } from './shape.ts'

/** A failure that lasts. Times are milliseconds since the epoch. */
const failureShape = object({
  /** The time of its first event. */
  since: number,
  /** How many events told the relay of it. */
  count,
  /** The reason and the revision of the event that was told, or that shall be. */
  reason: text,
  revision: optional(text),
  /** The latest Delivery that tells of it; absent while none does. */
  deliveryId: optional(text),
  /** An earlier Delivery that told of it, or was on its way to; absent while there is none. */
  toldBy: optional(text),
  /** Further ones that were on their way to. */
  alsoToldBy: optional(list(text)),
  /** Until when that Delivery is held back; absent once it may be sent. */
  heldUntil: optional(number),
})

/** What was decided about the newest event, so that it is decided alike after a crash. */
const judgedShape = object({
  order: text,
  verdict: oneOf('send', 'skip', 'hold'),
  /** Why it is not sent now. Absent when it is. */
  reason: optional(text),
})

/** What was sent to the Alert about the object. */
const toldShape = object({
  deliveryId: text,
  order: text,
  severity: text,
  reason: text,
  revision: optional(text),
  /** When it was sent, in milliseconds since the epoch. */
  at: number,
})

const episodeShape = object({
  judged: optional(judgedShape),
  failure: optional(failureShape),
  /** The last success; its revision is absent when its event named none. */
  success: optional(object({ revision: optional(text) })),
  /** The latest last. Kept only for rules that ask for it. */
  told: optional(list(toldShape)),
})

/** What the rules of one Alert remember of one object: whether it fails, and what was told of it. */
export type Episode = ShapeOf<typeof episodeShape>

/** What was sent to an Alert about an object. */
export type Told = ShapeOf<typeof toldShape>

/** A failure that lasts. */
export type EpisodeFailure = NonNullable<Episode['failure']>

/** The form of an Episode. Commit 591c4aa wrote none. */
export const episodeCodec = createCodec({
  form: 'episode',
  upgrades: [sameButVersion],
  shape: episodeShape,
  toStored: (episode: Episode) => episode,
  fromStored: ({ judged, failure, success, told }): Episode => ({
    ...(judged && { judged }),
    ...(failure && { failure }),
    ...(success && { success }),
    ...(told && { told }),
  }),
})
