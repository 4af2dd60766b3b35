import { createCodec, sameButVersion } from './codec.ts'
import { list, object, optional, type ShapeOf, text } from './shape.ts'

const groupMessageShape = object({
  /** The deliveries that it tells of, the leader's included, as the first digits of their ids. */
  members: list(text),
  /** What it says; absent when it tells of one delivery alone, as any other does. */
  digest: optional(object({ title: text, text, severity: text, reason: text })),
})

/** The one message of a group. It is made once, so that each try sends the same. */
export type GroupMessage = ShapeOf<typeof groupMessageShape>

/** What a message says of several events. */
export type Digest = NonNullable<GroupMessage['digest']>

export const groupMessageCodec = createCodec({
  form: 'group message',
  upgrades: [sameButVersion],
  shape: groupMessageShape,
  toStored: (message: GroupMessage) => message,
  fromStored: ({ members, digest }): GroupMessage => ({ members, ...(digest && { digest }) }),
})
