import type { ExpectedVersion, Versioned } from '../../relay/ports.ts'

/** Items that are kept in memory, and the characters of their values: some megabytes. */
const MAX_ITEMS = 10_000
const MAX_CHARACTERS = 4_000_000

/** What is known of an item; no value for one that is not there. */
export interface KnownItem {
  readonly value: Versioned<unknown> | undefined
}

interface Item extends KnownItem {
  readonly expiresAt: number
  readonly characters: number
}

const ABSENT: KnownItem = { value: undefined }

/**
 * The items that were used last, as they are, or will be once all that is written is on the disk:
 * one process owns the file, so nobody else can change them. The least recently used goes first.
 */
export class RecentState {
  readonly #items = new Map<string, Item>()
  #characters = 0

  get(key: string, now: number): KnownItem | undefined {
    const item = this.#items.get(key)
    if (item === undefined) return undefined
    this.#items.delete(key)
    this.#items.set(key, item)
    return item.expiresAt <= now ? ABSENT : item
  }

  /** Whether a write that expects this version will succeed; undefined when that is not known. */
  fits(key: string, expected: ExpectedVersion, now: number): boolean | undefined {
    const known = this.get(key, now)
    return known && (known.value?.version ?? 'absent') === expected
  }

  set(
    key: string,
    value: Versioned<unknown> | undefined,
    expiresAt: number,
    characters: number,
  ): void {
    this.forget(key)
    this.#items.set(key, { value, expiresAt, characters })
    this.#characters += characters
    for (const oldest of this.#items.keys()) {
      if (this.#items.size <= MAX_ITEMS && this.#characters <= MAX_CHARACTERS) break
      this.forget(oldest)
    }
  }

  forget(key: string): void {
    const item = this.#items.get(key)
    if (item === undefined) return
    this.#items.delete(key)
    this.#characters -= item.characters
  }
}
