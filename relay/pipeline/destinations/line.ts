import type { EventOrder } from '../../model/delivery.ts'
import type { WaitingWindow } from './window.ts'

/**
 * Behind so few deliveries in the store a new one waits in memory, as they are gone soon. If it were written too, one
 * that once had to wait at a destination that answers at once would have all that follow be written and read again.
 */
const FEW_WRITTEN = 50

/** A delivery that asks for a place. */
export interface Asker {
  readonly delivery: string
  /** The bytes of its requests' bodies. */
  readonly bytes: number
  readonly order: EventOrder
  /** Whether the delivery was woken from the store, where its record waits. */
  readonly isWoken: boolean
}

/** A delivery in memory that waits for a place. */
export interface Asking<Answer> extends Asker {
  /** When it asked, by `Clock.elapsed`. */
  readonly askedAt: number
  answer(answer: Answer): void
}

/** A delivery that was woken and has not asked for a place yet. */
export interface Coming {
  readonly order: EventOrder
  /** The value of the host's `given` when the delivery was woken. */
  readonly givenBefore: number
  /** Whether one that comes before it goes to the store meanwhile. */
  mustGoBack?: boolean
}

/**
 * The deliveries that wait for one destination: those that ask for a place now, and then those
 * whose records wait in the store and are woken. Both are in the order of their events.
 */
export class Line<Answer, Host> {
  readonly key: string
  readonly host: Host
  /** How many deliveries have a place. */
  underWay = 0
  /** How many deliveries were woken and have no place yet. */
  awaited = 0
  /** The deliveries that wait in the store. Absent where nothing can be woken. */
  readonly window: WaitingWindow | undefined
  /** Deliveries that were refused and are about to wait in the store, with their orders. */
  readonly postponed = new Map<string, EventOrder>()
  /** Deliveries that were woken and have not asked yet. */
  readonly coming = new Map<string, Coming>()
  /**
   * Whether a new configuration came. Then the first delivery is woken though the destination may
   * be parked, and so are those after it.
   */
  isReviewed = false
  readonly #asking: Asking<Answer>[] = []

  constructor(key: string, host: Host, window: WaitingWindow | undefined) {
    this.key = key
    this.host = host
    this.window = window
  }

  /** Whether deliveries wait in the store, or are about to: a new one goes behind them. */
  get hasWritten(): boolean {
    return this.postponed.size > 0 || this.window?.isEmpty === false
  }

  /** Whether so many do that a new one waits in the store too. Behind a few it waits in memory. */
  get hasManyWritten(): boolean {
    return this.postponed.size + (this.window?.size ?? 0) > FEW_WRITTEN
  }

  /** Whether a delivery that is about to wait in the store comes before all that wait there. */
  get isFirstUnwritten(): boolean {
    const first = this.window?.first?.order
    if (first === undefined) return false
    for (const order of this.postponed.values()) if (order < first) return true
    return false
  }

  get isEmpty(): boolean {
    const isInMemory = this.#asking.length > 0 || this.coming.size > 0 || this.underWay > 0
    return !isInMemory && !this.hasWritten
  }

  /** Whether a delivery asks for a place now. */
  get isAsking(): boolean {
    return this.#asking.length > 0
  }

  /** Puts a delivery in its place in the order. Of equal ones the first that asks comes first. */
  ask(asking: Asking<Answer>): void {
    const before = this.#asking.findLastIndex(({ order }) => order <= asking.order)
    this.#asking.splice(before + 1, 0, asking)
  }

  /**
   * Takes the first delivery that asks. Undefined while one that comes before it has not asked yet: it was
   * woken, or waits in the store, or is about to.
   */
  takeFirst(): Asking<Answer> | undefined {
    const [first] = this.#asking
    if (first === undefined) return undefined
    for (const { order } of this.coming.values()) if (order < first.order) return undefined
    return this.isHeldUp ? undefined : this.#asking.shift()
  }

  /**
   * Whether the first delivery that asks has to let one go before it that waits in the store, or is about to. Not
   * while others that were woken ask: that one came to the store later, and is not woken before one of them has a place.
   */
  get isHeldUp(): boolean {
    const [first] = this.#asking
    const isAnyWokenAsking = this.awaited > this.coming.size
    if (first === undefined || first.isWoken || isAnyWokenAsking) return false
    const { order } = first
    const written = this.window?.first?.order
    if (written !== undefined && written < order) return true
    for (const postponed of this.postponed.values()) if (postponed < order) return true
    return false
  }

  /** When the new delivery asked that waits for longest; undefined when none waits. */
  get newAskSince(): number | undefined {
    const times = this.#asking.filter(({ isWoken }) => !isWoken).map(({ askedAt }) => askedAt)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  /**
   * Takes the new deliveries that asked at a time or before it, and those that were woken and come after one of them.
   * Of the latter who has not asked yet has to go back when it does.
   */
  takeImpatient(until: number): readonly Asking<Answer>[] {
    const isDue = ({ isWoken, askedAt }: Asking<Answer>) => !isWoken && askedAt <= until
    const first = this.#asking.find(isDue)
    if (first === undefined) return []
    const isPassing = ({ order }: { readonly order: EventOrder }) => order > first.order
    const taken = this.#asking.filter((it) => isDue(it) || (it.isWoken && isPassing(it)))
    const left = this.#asking.filter((it) => !taken.includes(it))
    this.#asking.splice(0, this.#asking.length, ...left)
    for (const coming of this.coming.values()) if (isPassing(coming)) coming.mustGoBack = true
    return taken
  }

  /** Takes all deliveries that ask. */
  takeAll(): readonly Asking<Answer>[] {
    return this.#asking.splice(0)
  }
}
