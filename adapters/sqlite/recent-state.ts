import type { ExpectedVersion, Versioned } from '../../relay/ports/versioned.ts'

/** The most items in memory, and the most characters of their values: some megabytes. */
const MAX_ITEMS = 10_000
const MAX_CHARACTERS = 4_000_000

/** What is known of an item. An item that does not exist has no value. */
export interface KnownItem {
  readonly value: Versioned<unknown> | undefined
}

interface Item extends KnownItem {
  readonly expiresAt: number
  readonly characters: number
  /** Whether it was used since it was added, or last considered for eviction. */
  isUsed: boolean
}

const ABSENT: KnownItem = { value: undefined }

/**
 * The items that were used last, as they are, or will be once all that is written is on the disk:
 * one process owns the file, so nobody else can change them. The first to go is the one that is kept
 * for longest and was not used since it was last looked at: a use costs a mark, no place in an order.
 */
export class RecentState {
  readonly #items = new Map<string, Item>()
  #characters = 0

  get(key: string, now: number): KnownItem | undefined {
    const item = this.#items.get(key)
    if (item === undefined) return undefined
    item.isUsed = true
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
    this.#makeRoom(characters)
    this.#items.set(key, { value, expiresAt, characters, isUsed: false })
    this.#characters += characters
  }

  forget(key: string): void {
    const item = this.#items.get(key)
    if (item === undefined) return
    this.#items.delete(key)
    this.#characters -= item.characters
  }

  /** Before an item is added: that one may not be on the disk yet, and so must not go. */
  #makeRoom(characters: number): void {
    for (const [key, item] of this.#items) {
      const hasRoom = this.#characters + characters <= MAX_CHARACTERS
      if (hasRoom && this.#items.size < MAX_ITEMS) return
      if (!item.isUsed) this.forget(key)
      else {
        item.isUsed = false
        this.#items.delete(key)
        // Behind all others: this loop comes to it again only when it needs to.
        this.#items.set(key, item)
      }
    }
  }
}
