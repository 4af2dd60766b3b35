import { createCodec, sameButVersion } from './codec.ts'
import { list, number, object, optional, type ShapeOf, text } from './shape.ts'

const silenceShape = object({
  id: text,
  match: text,
  reason: text,
  createdAt: number,
  createdBy: optional(text),
  endsAt: number,
  expiry: optional(object({ at: number, by: optional(text) })),
})

const silencesShape = object({ silences: list(silenceShape) })

/** All silences of a cluster that people made. */
export type StoredSilences = ShapeOf<typeof silencesShape>

/** The form of all silences of a cluster, which are one item of the State. */
export const silencesCodec = createCodec({
  form: 'silences',
  upgrades: [sameButVersion],
  shape: silencesShape,
  toStored: (stored: StoredSilences) => stored,
  fromStored: ({ silences }): StoredSilences => ({ silences }),
})
