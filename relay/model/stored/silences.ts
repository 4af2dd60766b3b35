import type { Silence } from '../silence.ts'
import { createCodec, sameButVersion } from './codec.ts'
import { list, number, object, optional, text } from './shape.ts'

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

/** The form of all silences of a cluster, which are one item of the State. */
export const silencesCodec = createCodec({
  form: 'silences',
  upgrades: [sameButVersion],
  shape: silencesShape,
  toStored: (silences: readonly Silence[]) => ({ silences: [...silences] }),
  fromStored: ({ silences }): readonly Silence[] => silences,
})
