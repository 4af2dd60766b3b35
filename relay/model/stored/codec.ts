import { isJsonObject, type JsonObject } from '../json-value.ts'
import { DamagedRecord, LaterVersion, type StoredForm } from './errors.ts'
import { fits, type Shape, type ShapeError, shapeErrorText } from './shape.ts'

/** The result of reading something stored. */
export type StoredReading<T> =
  | { readonly kind: 'read'; readonly value: T }
  /** A later version of the relay wrote it, and only that can read it. */
  | { readonly kind: 'later'; readonly version: number }
  /** It cannot be read. `cause` names the field: `attempts[0].reason is missing`. */
  | { readonly kind: 'damaged'; readonly cause: string }

/** Writes and reads one form of stored data, as JSON with a version number. */
export interface Codec<T> {
  readonly form: StoredForm
  /** The version that `encode` writes, which is the latest that `decode` reads. */
  readonly version: number
  /** Returns a value that JSON can hold, with the version as `v`. */
  encode(value: T): JsonObject
  /** Reads a value that was parsed from JSON. Never throws. */
  decode(stored: unknown): StoredReading<T>
}

/** Makes a value of the next version from a value of one version. */
export interface Upgrade {
  /** Returns what is wrong with a value before its upgrade; undefined when nothing is. */
  check(stored: JsonObject): ShapeError | undefined
  /** Upgrades a value for which `check` found nothing wrong. */
  apply(stored: JsonObject): JsonObject
}

export interface CodecOptions<Stored, T> {
  readonly form: StoredForm
  /**
   * The upgrades; entry n makes version n + 1 from version n. Version 0, which has no `v`, is what
   * commit 591c4aa wrote. So the latest version is the number of entries.
   */
  readonly upgrades: readonly Upgrade[]
  /** The shape of the latest version. */
  readonly shape: Shape<Stored>
  /** Returns the fields that are stored beside the version. */
  readonly toStored: (value: T) => object
  readonly fromStored: (stored: Stored) => T
}

export function createCodec<Stored, T>(options: CodecOptions<Stored, T>): Codec<T> {
  const { form, upgrades, shape, toStored, fromStored } = options
  const version = upgrades.length
  return {
    form,
    version,
    // A copy and one field more. With the version first, the copy would grow field by field, in four times the memory.
    encode: (value) => ({ ...toStored(value), v: version }),
    decode(stored) {
      if (!isJsonObject(stored)) return damaged({ at: '', problem: 'is not an object' })
      const { v = 0 } = stored
      if (typeof v !== 'number' || !Number.isSafeInteger(v) || v < 0) {
        return damaged({ at: 'v', problem: 'is not a version' })
      }
      if (v > version) return { kind: 'later', version: v }
      let value = stored
      for (const upgrade of upgrades.slice(v)) {
        const found = upgrade.check(value)
        if (found) return damaged(found)
        value = upgrade.apply(value)
      }
      if (!fits(shape, value)) return damaged(shape(value) ?? NO_OBJECT)
      return { kind: 'read', value: fromStored(value) }
    },
  }
}

/** The upgrade from a version whose values differ in `v` only. */
export const sameButVersion: Upgrade = { check: () => undefined, apply: (stored) => stored }

/** The upgrade from an earlier shape. */
export function upgradeFrom<Old>(
  shape: Shape<Old>,
  upgrade: (old: Old, stored: JsonObject) => JsonObject,
): Upgrade {
  return {
    check: shape,
    apply: (stored) => (fits(shape, stored) ? upgrade(stored, stored) : stored),
  }
}

/** Returns the JSON text of a value, as it is stored. */
export function encodeText<T>(codec: Codec<T>, value: T): string {
  return JSON.stringify(codec.encode(value))
}

/**
 * Reads what `encodeText` wrote, in this version or an earlier one. `apart` has the fields that are
 * stored somewhere else; a field that is in both is read from the text.
 */
export function decodeText<T>(codec: Codec<T>, json: string, apart?: JsonObject): StoredReading<T> {
  let stored: unknown
  try {
    stored = JSON.parse(json)
  } catch {
    return { kind: 'damaged', cause: 'it is not JSON' }
  }
  return codec.decode(apart && isJsonObject(stored) ? { ...apart, ...stored } : stored)
}

/**
 * Returns the value of a decoded result. `name` identifies it in errors. Throws `DamagedRecord` or
 * `LaterVersion` when there is no value.
 */
export function storedValue<T>(codec: Codec<T>, decoded: StoredReading<T>, name: string): T {
  if (decoded.kind === 'read') return decoded.value
  const why = `${name}: ${unreadableText(codec, decoded)}`
  throw decoded.kind === 'later'
    ? new LaterVersion(codec.form, why)
    : new DamagedRecord(codec.form, why)
}

/** The reason why something cannot be read, as people read it. */
export function unreadableText<T>(
  { version }: Codec<T>,
  decoded: Exclude<StoredReading<T>, { kind: 'read' }>,
): string {
  return decoded.kind === 'later'
    ? `it is of version ${decoded.version}, and this flux-relay reads up to ${version}`
    : decoded.cause
}

const NO_OBJECT: ShapeError = { at: '', problem: 'is not an object' }

function damaged(found: ShapeError): StoredReading<never> {
  return { kind: 'damaged', cause: shapeErrorText(found) }
}
