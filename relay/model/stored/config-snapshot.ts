import type { ConfigSnapshot } from '../config.ts'
import { createCodec, sameButVersion } from './codec.ts'
import { jsonObject, list, number, object, text, truth } from './shape.ts'

const readinessShape = object({
  kind: text,
  namespace: text,
  name: text,
  ready: truth,
  reason: text,
  message: text,
})

const configContentShape = object({ manifests: list(jsonObject), objects: list(readinessShape) })

const configSnapshotShape = object({
  cluster: text,
  revision: text,
  takenAt: number,
  manifests: list(jsonObject),
  objects: list(readinessShape),
})

/** A cluster's set without its name and time, which a store may hold beside it. */
export const configContentCodec = createCodec({
  form: 'configuration',
  upgrades: [sameButVersion],
  shape: configContentShape,
  toStored: ({ manifests, objects }: ConfigContent) => ({ manifests, objects }),
  fromStored: ({ manifests, objects }): ConfigContent => ({ manifests, objects }),
})
export type ConfigContent = Pick<ConfigSnapshot, 'manifests' | 'objects'>

/** A cluster's whole set. The objects in it are judged when they are put in force. */
export const configSnapshotCodec = createCodec({
  form: 'configuration',
  upgrades: [sameButVersion],
  shape: configSnapshotShape,
  toStored: (snapshot: ConfigSnapshot) => ({ ...snapshot }),
  fromStored: ({ cluster, revision, takenAt, manifests, objects }): ConfigSnapshot => ({
    cluster,
    revision,
    takenAt,
    manifests,
    objects,
  }),
})
