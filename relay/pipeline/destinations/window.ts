import type { PlaceInLine, WaitingDelivery } from '../../ports/waiting-lines.ts'

/** Reads the deliveries of a destination that come after a given place, in their order. */
export type ReadPage = (
  after: PlaceInLine | undefined,
  limit: number,
) => Promise<readonly WaitingDelivery[]>

/**
 * The first of the deliveries that wait in the store for one destination, in their order. All that
 * wait up to its end are in memory, or were taken; those beyond the end are only in the store.
 */
export class WaitingWindow {
  readonly #readPage: ReadPage
  /** The most deliveries that may be in memory now; the rest stays in the store. */
  readonly #mostHeld: () => number
  readonly #held: WaitingDelivery[] = []
  /** The place up to which all deliveries are in memory; undefined before the first read. */
  #end: PlaceInLine | undefined
  #hasMore: boolean
  #isReading = false
  /**
   * The first delivery beyond the end that came while the store was read. The read may have missed
   * it.
   */
  #missed: PlaceInLine | undefined

  /** `hasMore` tells that the store may have some. */
  constructor(readPage: ReadPage, hasMore: boolean, mostHeld: () => number) {
    this.#readPage = readPage
    this.#mostHeld = mostHeld
    this.#hasMore = hasMore
  }

  /** Whether no delivery waits, here or in the store. */
  get isEmpty(): boolean {
    return this.#held.length === 0 && !this.#hasMore
  }

  /** How many deliveries wait; infinite while the store may have more. */
  get size(): number {
    return this.#hasMore ? Number.POSITIVE_INFINITY : this.#held.length
  }

  /** The first delivery that can be taken. */
  get first(): WaitingDelivery | undefined {
    return this.#held[0]
  }

  /** Whether more deliveries should be read from the store. */
  get isShort(): boolean {
    return this.#hasMore && !this.#isReading && this.#held.length < this.#mostHeld() / 2
  }

  /** Adds a delivery that waits in the store. */
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

  /** Removes a delivery that no longer waits, or waits for something else. */
  remove(id: string): void {
    const at = this.#held.findIndex((held) => held.id === id)
    if (at >= 0) this.#held.splice(at, 1)
  }

  /**
   * Takes the first delivery that is `wanted`, or the first of all; undefined when there is none.
   */
  take(wanted: (id: string) => boolean = () => true): WaitingDelivery | undefined {
    const at = this.#held.findIndex(({ id }) => wanted(id))
    return this.#held.splice(Math.max(at, 0), 1)[0]
  }

  /** Reads the next deliveries. Rejects when the store fails; nothing is lost then. */
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
