import { createCodec, sameButVersion } from './codec.ts'
import { list, object, type ShapeOf, text, truth } from './shape.ts'

const toldReadinessShape = object({
  /** The revision of the configuration that was looked at. */
  revision: text,
  /** Whether an Alert of it wants to be told which Alerts are not ready. */
  isWanted: truth,
  /** The Alerts that were not ready, as `namespace/name`. */
  notReady: list(text),
})

/** What was told of the readiness of a cluster's Alerts. */
export type ToldReadiness = ShapeOf<typeof toldReadinessShape>

export const toldReadinessCodec = createCodec({
  form: 'told readiness',
  upgrades: [sameButVersion],
  shape: toldReadinessShape,
  toStored: (told: ToldReadiness) => told,
  fromStored: ({ revision, isWanted, notReady }): ToldReadiness => ({
    revision,
    isWanted,
    notReady,
  }),
})
