import { DamagedRecord, LaterVersion, type StoredForm } from './errors.ts'
import { type Fault, faultText, fits, isJsonObject, type JsonObject, type Shape } from './shape.ts'

/** What reading something stored comes to. */
export type Decoded<T> =
  | { readonly kind: 'read'; readonly value: T }
  /** A later version of the relay wrote it, and can read it. */
  | { readonly kind: 'later'; readonly version: number }
  /** `cause` names the field: `attempts[0].reason is missing`. */
  | { readonly kind: 'damaged'; readonly cause: string }

/** Writes and reads one form of what is kept, as JSON that says of which version it is. */
export interface Codec<T> {
  readonly form: StoredForm
  /** The version that `encode` writes, and the latest that `decode` reads. */
  readonly version: number
  /** A value that JSON can hold, `v` included. */
  encode(value: T): JsonObject
  /** Takes what was JSON; never throws. */
  decode(stored: unknown): Decoded<T>
}

/** Makes a value of one version of the one before it. */
export interface Upgrade {
  /** What is wrong with a value that is to be upgraded; undefined for a good one. */
  check(stored: JsonObject): Fault | undefined
  /** For values without a fault. */
  apply(stored: JsonObject): JsonObject
}

export interface CodecOptions<Stored, T> {
  readonly form: StoredForm
  /**
   * Entry n makes version n + 1 of version n. Version 0, which has no `v`, is what commit 591c4aa
   * wrote. So the latest version is the number of entries.
   */
  readonly upgrades: readonly Upgrade[]
  /** What the latest version is like. */
  readonly shape: Shape<Stored>
  readonly toStored: (value: T) => JsonObject
  readonly fromStored: (stored: Stored) => T
}

export function createCodec<Stored, T>(options: CodecOptions<Stored, T>): Codec<T> {
  const { form, upgrades, shape, toStored, fromStored } = options
  const version = upgrades.length
  return {
    form,
    version,
    encode: (value) => ({ v: version, ...toStored(value) }),
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

/** The upgrade of a version whose values are the same but for `v`. */
export const sameButVersion: Upgrade = { check: () => undefined, apply: (stored) => stored }

/** The upgrade of what is of an earlier shape. */
export function upgradeFrom<Old>(
  shape: Shape<Old>,
  upgrade: (old: Old, stored: JsonObject) => JsonObject,
): Upgrade {
  return {
    check: shape,
    apply: (stored) => (fits(shape, stored) ? upgrade(stored, stored) : stored),
  }
}

/** The text of a value as it is stored. */
export function encodeText<T>(codec: Codec<T>, value: T): string {
  return JSON.stringify(codec.encode(value))
}

/**
 * Reads what `encodeText` wrote, of this version or an earlier one. `apart`: fields that are kept
 * somewhere else.
 */
export function decodeText<T>(codec: Codec<T>, json: string, apart?: JsonObject): Decoded<T> {
  let stored: unknown
  try {
    stored = JSON.parse(json)
  } catch {
    return { kind: 'damaged', cause: 'it is not JSON' }
  }
  return codec.decode(apart && isJsonObject(stored) ? { ...stored, ...apart } : stored)
}

/**
 * The value of what was read. `name` says which one it is. Throws `DamagedRecord` or `LaterVersion`
 * for what is not to be had.
 */
export function storedValue<T>(codec: Codec<T>, decoded: Decoded<T>, name: string): T {
  if (decoded.kind === 'read') return decoded.value
  const why = `${name}: ${unreadableText(codec, decoded)}`
  throw decoded.kind === 'later'
    ? new LaterVersion(codec.form, why)
    : new DamagedRecord(codec.form, why)
}

/** Why something cannot be read, for a person. */
export function unreadableText<T>(
  { version }: Codec<T>,
  decoded: Exclude<Decoded<T>, { kind: 'read' }>,
): string {
  return decoded.kind === 'later'
    ? `it is of version ${decoded.version}, and this flux-relay reads up to ${version}`
    : decoded.cause
}

const NO_OBJECT: Fault = { at: '', problem: 'is not an object' }

function damaged(found: Fault): Decoded<never> {
  return { kind: 'damaged', cause: faultText(found) }
}
