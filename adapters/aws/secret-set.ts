import { randomUUID } from 'node:crypto'
import { isJsonObject, type JsonObject } from '../../relay/model/json-value.ts'
import type { SecretData } from '../../relay/model/secret.ts'
import { InvalidSecret } from '../../relay/ports/secret-store.ts'
import { parseSecretJson } from './secret-data.ts'

/** The Secrets of a cluster by `namespace/name`. An entry is validated when it is used. */
export type SecretSet = Readonly<Record<string, unknown>>

/** One Secret in a set. */
export interface SetEntry {
  /** An id that changes with each write of this Secret. */
  readonly id: string
  /** Who wrote it first; absent for a person. */
  readonly by?: 'shipper'
  readonly data: SecretData
}

/** A label that keeps the versions of the parts that a head names. Two labels are used in turn. */
export type PartsLabel = 'set-a' | 'set-b'

/**
 * The content under the id of a set: the set itself, or the versions of numbered parts that hold
 * its text.
 */
export type SetHead =
  | { readonly kind: 'whole'; readonly secrets: SecretSet }
  | { readonly kind: 'parts'; readonly label: PartsLabel; readonly versions: readonly string[] }

/** A set that a later version of the relay wrote. It is sound: that version can read it. */
export class LaterSet extends Error {
  override readonly name = 'LaterSet'

  constructor(id: string) {
    super(`${id} in Secrets Manager was written by a later version of flux-relay: run that version`)
  }
}

/** The most bytes of one text in Secrets Manager. */
export const MAX_TEXT_BYTES = 65_536

/** The most parts of a set. So the Secrets of a cluster take at most four MiB. */
export const MAX_PARTS = 64

const FORM = 1

/**
 * The text of a set, in ASCII, so that it can be cut anywhere and has as many bytes as characters.
 */
export function setTextOf(secrets: SecretSet): string {
  const sorted = Object.fromEntries(
    Object.entries(secrets).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
  return JSON.stringify({ v: FORM, secrets: sorted }).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The text of a head whose set is in these versions of the parts. */
export function headTextOf(label: PartsLabel, versions: readonly string[]): string {
  return JSON.stringify({ v: FORM, label, parts: versions })
}

/** Cuts the text of a set into parts. */
export function partsOf(text: string): readonly string[] {
  const count = Math.ceil(text.length / MAX_TEXT_BYTES)
  return Array.from({ length: count }, (_, index) =>
    text.slice(index * MAX_TEXT_BYTES, (index + 1) * MAX_TEXT_BYTES),
  )
}

/**
 * Reads a head, or a set that was joined from its parts. Throws `InvalidSecret` for another form,
 * and `LaterSet` for one of a later version. No message shows anything of the content.
 */
export function readHead(text: string | undefined, id: string): SetHead {
  const value = parseSecretJson(text)
  if (!isJsonObject(value) || typeof value.v !== 'number') throw invalid(id)
  if (value.v > FORM) throw new LaterSet(id)
  if (isJsonObject(value.secrets)) return { kind: 'whole', secrets: value.secrets }
  const head = partsHead(value)
  if (head === undefined) throw invalid(id)
  return head
}

function partsHead({ label, parts }: JsonObject): SetHead | undefined {
  if (label !== 'set-a' && label !== 'set-b') return undefined
  const areVersions = Array.isArray(parts) && parts.every((part) => typeof part === 'string')
  return areVersions ? { kind: 'parts', label, versions: parts } : undefined
}

/** The entry of a Secret; undefined when there is none, or it has another form. */
export function entryOf(secrets: SecretSet, key: string): SetEntry | undefined {
  const entry = Object.hasOwn(secrets, key) ? secrets[key] : undefined
  if (!isJsonObject(entry) || typeof entry.id !== 'string') return undefined
  return isData(entry.data) ? (entry as unknown as SetEntry) : undefined
}

/** The result of changing a Secret in a set. */
export interface ChangedSet {
  /** The new set; the same object when the Secret is unchanged. */
  readonly secrets: SecretSet
  readonly how: 'created' | 'updated'
  /** The id of the entry. */
  readonly id: string
}

/**
 * Puts a Secret into a set, and replaces an older one. The first writer of a Secret stays the same.
 */
export function withSecret(
  secrets: SecretSet,
  key: string,
  data: SecretData,
  writer?: SetEntry['by'],
): ChangedSet {
  const known = entryOf(secrets, key)
  if (known && isSameData(known.data, data)) return { secrets, how: 'updated', id: known.id }
  const by = known ? known.by : writer
  const entry: SetEntry = { id: randomUUID(), ...(by !== undefined && { by }), data }
  return { secrets: { ...secrets, [key]: entry }, how: known ? 'updated' : 'created', id: entry.id }
}

/** Removes a Secret from a set. */
export function withoutSecret(secrets: SecretSet, key: string): SecretSet {
  const { [key]: _, ...others } = secrets
  return others
}

function isSameData(a: SecretData, b: SecretData): boolean {
  const entries = Object.entries(a)
  return (
    entries.length === Object.keys(b).length &&
    entries.every(([key, value]) => Object.hasOwn(b, key) && b[key] === value)
  )
}

export function isData(value: unknown): value is SecretData {
  return isJsonObject(value) && Object.values(value).every((text) => typeof text === 'string')
}

function invalid(id: string): InvalidSecret {
  return new InvalidSecret(
    `${id} in Secrets Manager is not a set of Secrets: restore its version before (AWSPREVIOUS)`,
  )
}
