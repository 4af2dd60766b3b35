import { createCodec, sameButVersion } from './codec.ts'
import { object, type ShapeOf, text } from './shape.ts'

const heldFailureShape = object({ deliveryId: text, fingerprint: text })

/** The newest failure of an object that a silence holds back from an Alert, and what it says. */
export type HeldFailure = ShapeOf<typeof heldFailureShape>

export const heldFailureCodec = createCodec({
  form: 'held failure',
  upgrades: [sameButVersion],
  shape: heldFailureShape,
  toStored: (held: HeldFailure) => held,
  fromStored: ({ deliveryId, fingerprint }): HeldFailure => ({ deliveryId, fingerprint }),
})
