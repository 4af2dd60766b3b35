import type { ConfigSnapshot, ObjectReadiness } from '../config.ts'
import { parsingObject } from '../sliced-json.ts'
import {
  createCodec,
  encodeText,
  type StoredReading,
  sameButVersion,
  storedValue,
} from './codec.ts'
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

/** The form of a cluster's set without its name and time, which a store may hold beside it. */
export const configContentCodec = createCodec({
  form: 'configuration',
  upgrades: [sameButVersion],
  shape: configContentShape,
  toStored: ({ manifests, objects }: ConfigContent) => ({ manifests, objects }),
  fromStored: ({ manifests, objects }): ConfigContent => ({ manifests, objects }),
})
export type ConfigContent = Pick<ConfigSnapshot, 'manifests' | 'objects'>

/**
 * The form of a cluster's whole set. The objects in it are not validated here; they are judged when
 * they take effect.
 */
export const configSnapshotCodec = createCodec({
  form: 'configuration',
  upgrades: [sameButVersion],
  shape: configSnapshotShape,
  toStored: (snapshot: ConfigSnapshot) => snapshot,
  fromStored: ({ cluster, revision, takenAt, manifests, objects }): ConfigSnapshot => ({
    cluster,
    revision,
    takenAt,
    manifests,
    objects,
  }),
})

/** A cluster's set as a store of texts keeps it. */
export interface ConfigText extends Pick<ConfigSnapshot, 'cluster' | 'revision' | 'takenAt'> {
  /** The whole snapshot as JSON. */
  readonly body: string
  /** How many of its objects take no effect. */
  readonly notReady: number
}

export function configTextOf(snapshot: ConfigSnapshot): ConfigText {
  const { cluster, revision, takenAt, objects } = snapshot
  const body = encodeText(configSnapshotCodec, snapshot)
  return { cluster, revision, takenAt, body, notReady: notReadyCount(objects) }
}

/** How many objects take no effect. */
export function notReadyCount(objects: readonly ObjectReadiness[]): number {
  return objects.filter(({ ready }) => !ready).length
}

/**
 * Reads what `configTextOf` wrote, which may be megabytes long. Waits for `pause` between parts of
 * it. Rejects with `DamagedRecord` or `LaterVersion` when it cannot be read.
 */
export async function readConfigText(
  cluster: string,
  body: string,
  pause: () => Promise<void>,
): Promise<ConfigSnapshot> {
  const decoded = await decodeParts(body, pause)
  return storedValue(configSnapshotCodec, decoded, `cluster ${cluster}`)
}

async function decodeParts(
  body: string,
  pause: () => Promise<void>,
): Promise<StoredReading<ConfigSnapshot>> {
  const parsing = parsingObject(body)
  try {
    for (;;) {
      const step = parsing.next()
      if (step.done === true) return configSnapshotCodec.decode(step.value)
      await pause()
    }
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: 'damaged', cause: 'it is not JSON' }
    throw error
  }
}
