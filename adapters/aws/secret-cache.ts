import {
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  ResourceNotFoundException,
} from '@aws-sdk/client-secrets-manager'
import { type Expiry, expiresIn, isOver } from '../../relay/model/expiry.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import { InvalidSecret } from '../../relay/ports/secret-store.ts'
import type { SecretReader } from './secret-set-reader.ts'
import { isDeleted } from './secret-values.ts'

export interface SecretCacheOptions {
  readonly client: SecretReader
  readonly clock: Clock
  /** How long a value is trusted, in milliseconds. */
  readonly maxAgeMs?: number
  /** How long a missing or invalid secret is trusted to stay so, in milliseconds. */
  readonly maxAbsentAgeMs?: number
  /** The most ids that are remembered. The one that was used longest ago is forgotten first. */
  readonly maxEntries?: number
}

const DEFAULT_MAX_AGE_MS = 5 * 60_000
/** The default time for which a missing secret is trusted to stay missing, in milliseconds. */
const ABSENCE_BELIEVED_MS = 30_000
const DEFAULT_MAX_ENTRIES = 1_000

/** The result of parsing a text. It stays the same while the text is the same. */
type Parsed<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'invalid'; readonly error: InvalidSecret }

/**
 * How old a remembered value may be: as old as a value, as old as a missing one, or not remembered
 * at all.
 */
export type Freshness = 'remembered' | 'recent' | 'fresh'

/** Parses a text. Undefined stands for a binary secret. */
type Parse<T> = (text: string | undefined, id: string) => T | Promise<T>

interface CachedSecret<T> {
  readonly text: string | undefined
  /** The parsed value; undefined when there is no such secret. */
  readonly parsed: Parsed<T> | undefined
  readonly expiry: Expiry
  /** Until when the value is recent. */
  readonly recent: Expiry
}

/** Reads secrets of one form by their full ids, and remembers them for a while. */
export class SecretCache<T> {
  readonly #client: SecretReader
  readonly #clock: Clock
  readonly #maxAgeMs: number
  readonly #maxAbsentAgeMs: number
  readonly #maxEntries: number
  readonly #parse: Parse<T>
  readonly #entries = new Map<string, CachedSecret<T>>()
  readonly #reads = new Map<string, Promise<T | undefined>>()

  /**
   * `parse` throws `InvalidSecret` for a text of another form. Any other error means that the read
   * failed.
   */
  constructor(options: SecretCacheOptions, parse: Parse<T>) {
    this.#client = options.client
    this.#clock = options.clock
    this.#maxAgeMs = options.maxAgeMs ?? DEFAULT_MAX_AGE_MS
    this.#maxAbsentAgeMs = options.maxAbsentAgeMs ?? ABSENCE_BELIEVED_MS
    this.#maxEntries = options.maxEntries ?? DEFAULT_MAX_ENTRIES
    this.#parse = parse
  }

  /**
   * The secret's value, which is the same object while its text is the same; undefined when there
   * is none. Rejects with what `parse` throws, and when Secrets Manager fails.
   */
  async read(id: string, freshness: Freshness = 'remembered'): Promise<T | undefined> {
    const entry = this.#entries.get(id)
    const fresh = freshness === 'fresh'
    const expiry = freshness === 'recent' ? entry?.recent : entry?.expiry
    if (!fresh && entry && expiry && !isOver(this.#clock, expiry)) {
      this.#remember(id, entry)
      return resultOf(entry)
    }
    // A read that began earlier may know less than a fresh one is asked for.
    const key = `${fresh ? 'fresh' : 'cached'} ${id}`
    const underWay = this.#reads.get(key)
    if (underWay) return underWay
    const read = this.#load(id).finally(() => this.#reads.delete(key))
    this.#reads.set(key, read)
    return read
  }

  async #load(id: string): Promise<T | undefined> {
    // From before the request: what comes is as old as that.
    const valid = expiresIn(this.#clock, this.#maxAgeMs)
    const absent = expiresIn(this.#clock, this.#maxAbsentAgeMs)
    const answer = await this.#get(id)
    const parsed = answer && (await this.#parsed(id, answer.SecretString))
    const expiry = parsed?.kind === 'valid' ? valid : absent
    const entry = { text: answer?.SecretString, parsed, expiry, recent: absent }
    const known = this.#entries.get(id)
    // A read that began later knows more, though it ended before.
    const isOutdated = known !== undefined && known.recent.elapsed > absent.elapsed
    if (!isOutdated) this.#remember(id, entry)
    return resultOf(entry)
  }

  async #get(id: string): Promise<GetSecretValueCommandOutput | undefined> {
    try {
      return await this.#client.send(new GetSecretValueCommand({ SecretId: id }))
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  }

  async #parsed(id: string, text: string | undefined): Promise<Parsed<T>> {
    const known = this.#entries.get(id)
    if (known?.parsed && known.text === text) return known.parsed
    try {
      return { kind: 'valid', value: await this.#parse(text, id) }
    } catch (error) {
      if (!(error instanceof InvalidSecret)) throw error
      return { kind: 'invalid', error }
    }
  }

  /** Remembers an entry as the last one used. */
  #remember(id: string, entry: CachedSecret<T>): void {
    this.#entries.delete(id)
    this.#entries.set(id, entry)
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) break
      this.#entries.delete(oldest)
    }
  }
}

function resultOf<T>({ parsed }: CachedSecret<T>): T | undefined {
  if (parsed?.kind === 'invalid') throw parsed.error
  return parsed?.value
}

/**
 * Whether a secret is missing: not created, without a value, or deleted and in its recovery window.
 */
function isAbsent(error: unknown): boolean {
  return error instanceof ResourceNotFoundException || isDeleted(error)
}
