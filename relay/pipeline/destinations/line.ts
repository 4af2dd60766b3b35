import type { EventOrder } from '../../model/delivery.ts'
import type { WaitingWindow } from './window.ts'

/** A delivery that wants a place. */
export interface Asker {
  readonly delivery: string
  /** Of its bodies. */
  readonly bytes: number
  readonly order: EventOrder
  /** Whether it comes from the store; its record waits there. */
  readonly isWoken: boolean
}

/** A delivery in memory that waits for a place. */
export interface Asking<Answer> extends Asker {
  answer(answer: Answer): void
}

/** A delivery that was woken and has not asked yet. */
export interface Coming {
  readonly order: EventOrder
  /** Places of the host that were given before it was woken. */
  readonly givenBefore: number
}

/**
 * Those that wait for one destination: first the ones that ask for a place now, then the ones whose
 * records wait, which are woken. Both in the order of their events.
 */
export class Line<Answer, Host> {
  readonly key: string
  readonly host: Host
  /** Deliveries that have a place. */
  underWay = 0
  /** Deliveries that were woken, and have no place yet. */
  awaited = 0
  /** Absent where nobody can wake. */
  readonly window: WaitingWindow | undefined
  /** Those that were refused, and are about to wait in the store, with their orders. */
  readonly postponed = new Map<string, EventOrder>()
  /** Those that were woken and have not asked yet. */
  readonly coming = new Map<string, Coming>()
  /** A configuration came: the first is woken though the destination may be parked, and so on. */
  isReviewed = false
  readonly #asking: Asking<Answer>[] = []

  constructor(key: string, host: Host, window: WaitingWindow | undefined) {
    this.key = key
    this.host = host
    this.window = window
  }

  /** Whether some wait in the store, or are about to: who comes new goes behind them. */
  get hasWritten(): boolean {
    return this.postponed.size > 0 || this.window?.isEmpty === false
  }

  /** Whether one goes before all in the store, and is about to wait there. */
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

  /** Whether one asks now. */
  get isAsking(): boolean {
    return this.#asking.length > 0
  }

  /** Of those that are equal the one that asks first is first. */
  ask(asking: Asking<Answer>): void {
    const before = this.#asking.findLastIndex(({ order }) => order <= asking.order)
    this.#asking.splice(before + 1, 0, asking)
  }

  /** Takes the first that asks, unless one that is to leave before it was woken and comes. */
  takeFirst(): Asking<Answer> | undefined {
    const [first] = this.#asking
    if (first === undefined) return undefined
    for (const { order } of this.coming.values()) if (order < first.order) return undefined
    return this.#asking.shift()
  }

  /** Takes all that ask. */
  takeAll(): readonly Asking<Answer>[] {
    return this.#asking.splice(0)
  }
}
