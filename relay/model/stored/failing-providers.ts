import { createCodec, sameButVersion } from './codec.ts'
import { list, object, type ShapeOf, text } from './shape.ts'

const failingProvidersShape = object({
  /** Those that were told as failing last come last. */
  providers: list(object({ namespace: text, name: text, uid: text })),
})

/** The Providers of a cluster of which it was told that their deliveries fail, whether these arrive again or not. */
export type FailingProviders = ShapeOf<typeof failingProvidersShape>

export const failingProvidersCodec = createCodec({
  form: 'failing providers',
  upgrades: [sameButVersion],
  shape: failingProvidersShape,
  toStored: (failing: FailingProviders) => failing,
  fromStored: ({ providers }): FailingProviders => ({ providers }),
})
