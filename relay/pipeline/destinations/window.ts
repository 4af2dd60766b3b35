import type { PlaceInLine, WaitingDelivery } from '../../ports/waiting-lines.ts'

/** Reads the deliveries of a destination that come after a place, in their order. */
export type ReadPage = (
  after: PlaceInLine | undefined,
  limit: number,
) => Promise<readonly WaitingDelivery[]>

/**
 * The first of the deliveries that the store has waiting for one destination, in their order. All that
 * wait up to its end are held, or were taken; those beyond are in the store alone.
 */
export class WaitingWindow {
  readonly #readPage: ReadPage
  /** How many are held in memory now at most; the rest stays in the store. */
  readonly #mostHeld: () => number
  readonly #held: WaitingDelivery[] = []
  /** The place up to which all is held; undefined before the first one. */
  #end: PlaceInLine | undefined
  #hasMore: boolean
  #isReading = false
  /** The first of those that came, beyond the end, while the store was read, which may have missed them. */
  #missed: PlaceInLine | undefined

  /** `hasMore`: the store may have some. */
  constructor(readPage: ReadPage, hasMore: boolean, mostHeld: () => number) {
    this.#readPage = readPage
    this.#mostHeld = mostHeld
    this.#hasMore = hasMore
  }

  /** Whether none waits, here or in the store. */
  get isEmpty(): boolean {
    return this.#held.length === 0 && !this.#hasMore
  }

  /** The first that can be taken. */
  get first(): WaitingDelivery | undefined {
    return this.#held[0]
  }

  /** Whether the next ones are to be read. */
  get isShort(): boolean {
    return this.#hasMore && !this.#isReading && this.#held.length < this.#mostHeld() / 2
  }

  /** One waits that the store has. */
  add(delivery: WaitingDelivery): void {
    this.remove(delivery.id)
    const isBeyond = this.#end === undefined || compare(delivery, this.#end) > 0
    if (isBeyond && (this.#hasMore || this.#held.length >= this.#mostHeld())) {
      this.#hasMore = true
      if (this.#missed === undefined || compare(delivery, this.#missed) < 0) this.#missed = delivery
      return
    }
    if (isBeyond) this.#end = delivery
    const after = this.#held.findLastIndex((held) => compare(held, delivery) < 0)
    this.#held.splice(after + 1, 0, delivery)
    if (this.#held.length <= this.#mostHeld()) return
    this.#held.pop()
    this.#end = this.#held.at(-1)
    this.#hasMore = true
  }

  /** Lets go of one that waits no more, or differently. */
  remove(id: string): void {
    const at = this.#held.findIndex((held) => held.id === id)
    if (at >= 0) this.#held.splice(at, 1)
  }

  /** Takes the first one that is `wanted`, or the first of all; undefined when none is held. */
  take(wanted: (id: string) => boolean = () => true): WaitingDelivery | undefined {
    const at = this.#held.findIndex(({ id }) => wanted(id))
    return this.#held.splice(Math.max(at, 0), 1)[0]
  }

  /** Reads the next ones. Rejects when the store fails; nothing is lost then. */
  async read(): Promise<void> {
    const after = this.#end
    const limit = Math.max(this.#mostHeld() - this.#held.length, 1)
    this.#isReading = true
    this.#missed = undefined
    try {
      const page = await this.#readPage(after, limit)
      // So many came before the end that it is another one now: what was read is not next to it.
      if (this.#end !== after) return
      const missed = this.#missed
      const next = page.filter((it) => missed === undefined || compare(it, missed) < 0)
      this.#held.push(...next)
      this.#end = next.at(-1) ?? after
      this.#hasMore = page.length === limit || missed !== undefined
    } finally {
      this.#isReading = false
    }
  }
}

function compare(a: PlaceInLine, b: PlaceInLine): number {
  if (a.order !== b.order) return a.order < b.order ? -1 : 1
  if (a.id === b.id) return 0
  return a.id < b.id ? -1 : 1
}
