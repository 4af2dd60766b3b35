import type { Clock } from '../../ports/clock.ts'

/**
 * How many deliveries must fail one after the other, with no answer between them, to park a
 * destination.
 */
const FAILURES_TO_PARK = 3

/** How long a destination is parked before its first probe. Each further time is twice as long. */
export const FIRST_PARK_MS = 5_000
const MAX_PARK_MS = 10 * 60_000

/** How much later than agreed the delivery that is the better probe may come back. */
const LATE_MS = 10_000

/** How many failed deliveries of a destination are remembered; the oldest are forgotten first. */
const MAX_REMEMBERED = 100

/**
 * How the destination reacted to a try. `limited` means that it asked to be left alone, perhaps for
 * a given time. `error` is what it answered, for people, without secrets.
 */
export type Treatment =
  | { readonly kind: 'answered' }
  | { readonly kind: 'failed'; readonly error?: string }
  | {
      readonly kind: 'limited'
      readonly retryAfterMs: number | undefined
      readonly error?: string
    }
  /** Nothing was sent, or nobody knows what became of it. */
  | { readonly kind: 'unknown' }

/** How long a delivery has to wait for a destination that is parked. */
export interface Wait {
  readonly waitMs: number
  /** When the destination is probed, by `Clock.elapsed`. */
  readonly probedAt: number
  /** Whether the destination is known to fail now. */
  readonly isFailing: boolean
}

/**
 * What is known of one destination. A delivery that fails while others are answered, such as a
 * status that makes the server fail, says nothing about the destination: it does not park it, and
 * it is not the probe while others wait.
 */
export class DestinationHealth {
  readonly #clock: Clock
  /** Deliveries that failed since the last one was answered: the destination may be the cause. */
  readonly #failed = new Set<string>()
  /** Deliveries that failed while others were answered. */
  readonly #failedAlone = new Set<string>()
  #parkMs = 0
  #parkedUntil = 0
  #isProbed = false
  #lastError: string | undefined
  /** When a delivery that has not failed comes back; undefined when none was told to wait. */
  #betterProbeAt: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether nothing is known that is worth remembering. */
  get isGood(): boolean {
    return this.#failed.size === 0 && this.#failedAlone.size === 0 && this.#parkMs === 0
  }

  /** How many deliveries failed one after the other. */
  get failures(): number {
    return Math.max(this.#failed.size, 1)
  }

  /** When a parked destination is probed, by `Clock.elapsed`; 0 when it is not parked. */
  get probedAt(): number {
    return this.#parkMs === 0 ? 0 : this.#parkedUntil
  }

  /** Whether it failed so often, or asked so, that deliveries wait until a probe is answered. */
  get isParked(): boolean {
    return this.#parkMs > 0
  }

  /** Whether it was not answered since a delivery failed, or since it asked to be left alone. */
  get isFailing(): boolean {
    return this.#failed.size > 0 || this.isParked
  }

  /** Whether the next delivery may be sent now, perhaps as the probe. */
  get isOpen(): boolean {
    return this.#parkMs === 0 || (!this.#isProbed && this.#parkedUntil <= this.#clock.elapsed())
  }

  /** Whether the delivery failed since it was last answered. */
  hasFailed(delivery: string): boolean {
    return this.#failed.has(delivery) || this.#failedAlone.has(delivery)
  }

  /**
   * How long the delivery has to wait; undefined when it may be sent now. `isChosen` tells that no
   * other delivery is a better probe.
   */
  wait(delivery: string, isChosen = false): Wait | undefined {
    if (this.#parkMs === 0) return undefined
    const now = this.#clock.elapsed()
    const leftMs = this.#parkedUntil - now
    const hasFailed = this.hasFailed(delivery)
    const mayProbe = isChosen || !(hasFailed && this.#hasBetterProbe(now))
    if (this.isOpen && mayProbe) return undefined
    const waitMs = this.#jitter(Math.max(leftMs, FIRST_PARK_MS))
    if (!hasFailed) {
      this.#betterProbeAt = Math.min(this.#betterProbeAt ?? Number.POSITIVE_INFINITY, now + waitMs)
    }
    return { waitMs, probedAt: this.#parkedUntil, isFailing: leftMs > 0 }
  }

  #hasBetterProbe(now: number): boolean {
    return this.#betterProbeAt !== undefined && now < this.#betterProbeAt + LATE_MS
  }

  /**
   * Adds up to a fifth, so that deliveries that were refused together do not come back together.
   */
  #jitter(ms: number): number {
    return Math.round(ms * (1 + 0.2 * this.#clock.random()))
  }

  /** What the destination answered to the last try that failed; undefined when nobody told. */
  get lastError(): string | undefined {
    return this.#lastError
  }

  /** Whether the delivery that is sent now is the probe, on which the others wait. */
  begin(): boolean {
    if (this.#parkMs === 0) return false
    this.#isProbed = true
    this.#betterProbeAt = undefined
    return true
  }

  /** Remembers what became of a delivery that was sent. */
  end(delivery: string, treatment: Treatment, isProbe: boolean): void {
    if (isProbe) this.#isProbed = false
    if ('error' in treatment) this.#lastError = treatment.error
    if (treatment.kind === 'answered') this.#answered(delivery)
    if (treatment.kind === 'failed') this.#fail(delivery, isProbe)
    if (treatment.kind === 'limited') {
      remember(this.#failed, delivery)
      this.#park(isProbe, treatment.retryAfterMs ?? 0)
    }
  }

  #answered(delivery: string): void {
    for (const failed of this.#failed) remember(this.#failedAlone, failed)
    this.#failedAlone.delete(delivery)
    this.#failed.clear()
    this.#parkMs = 0
    this.#isProbed = false
    this.#betterProbeAt = undefined
  }

  #fail(delivery: string, isProbe: boolean): void {
    // Once more what failed before: nothing new is known of the destination, and another may probe.
    if (this.#failedAlone.has(delivery) || this.#failed.has(delivery)) return
    remember(this.#failed, delivery)
    // One that was sent before the parking found out the same as the others.
    const isNews = this.#parkMs === 0 ? this.#failed.size >= FAILURES_TO_PARK : isProbe
    if (isNews) this.#park(isProbe, 0)
  }

  #park(isProbe: boolean, wantedMs: number): void {
    const now = this.#clock.elapsed()
    if (this.#parkMs > 0 && !isProbe) {
      this.#parkedUntil = Math.max(this.#parkedUntil, now + wantedMs)
      return
    }
    this.#parkMs = Math.max(nextParkMs(this.#parkMs), wantedMs)
    this.#parkedUntil = now + this.#parkMs
  }
}

function nextParkMs(lastMs: number): number {
  return lastMs === 0 ? FIRST_PARK_MS : Math.min(lastMs * 2, MAX_PARK_MS)
}

function remember(deliveries: Set<string>, delivery: string): void {
  deliveries.add(delivery)
  const [first] = deliveries
  if (deliveries.size > MAX_REMEMBERED && first !== undefined) deliveries.delete(first)
}
