import type { SubjectState } from '../model/stored/subject-state.ts'
import type { Clock } from '../ports/clock.ts'

/** The longest time of one try, whatever its Provider says. Milliseconds. */
const LONGEST_TRY_MS = 60_000

/** A claim outlives its attempt by this much, for what is still on its way to the destination. */
const CLAIM_MARGIN_MS = 30_000

/** How long a claim lasts for an attempt that takes at most `timeoutMs`. Milliseconds. */
export function claimLastsMs(timeoutMs: number): number {
  return timeoutMs + CLAIM_MARGIN_MS
}

/**
 * The state without a claim that ends later than any claim made now could. Such a claim was made
 * before the clock was set back, and would block the subject for hours. Returns the same object
 * when there is no such claim.
 */
export function broughtBack(state: SubjectState, now: number): SubjectState {
  const latest = now + claimLastsMs(LONGEST_TRY_MS)
  const { claim, onItsWay } = state
  const isTooFar = (request: SubjectState['claim']) =>
    request !== undefined && request.until > latest
  if (!isTooFar(claim) && !isTooFar(onItsWay)) return state
  const brought = (request: NonNullable<SubjectState['claim']>) => ({
    ...request,
    until: Math.min(request.until, latest),
  })
  return {
    ...state,
    ...(claim && { claim: brought(claim) }),
    ...(onItsWay && { onItsWay: brought(onItsWay) }),
  }
}

/** A claim that this process made, with its end by `Clock.elapsed`. */
interface UnderWay {
  readonly deliveryId: string
  readonly until: number
}

/** Claims that are over are removed once there are more than this. */
const SWEPT_FROM = 1_000

/**
 * The claims of this process whose requests may still land. What is stored tells the same to other
 * processes by the clock's time, which may be set forward while a request is under way.
 */
export class ClaimsUnderWay {
  readonly #clock: Pick<Clock, 'elapsed'>
  readonly #claims = new Map<string, UnderWay>()
  #sweptAbove = SWEPT_FROM

  constructor(clock: Pick<Clock, 'elapsed'>) {
    this.#clock = clock
  }

  begin(key: string, deliveryId: string, lastsMs: number): void {
    this.#claims.set(key, { deliveryId, until: this.#clock.elapsed() + lastsMs })
    if (this.#claims.size > this.#sweptAbove) this.#sweep()
  }

  /** Forgets the claim: the outcome of its request is known. */
  end(key: string, deliveryId: string): void {
    if (this.#claims.get(key)?.deliveryId === deliveryId) this.#claims.delete(key)
  }

  /** Whether a request of another delivery for the subject may still land. */
  isOther(key: string, deliveryId: string): boolean {
    const claim = this.#claims.get(key)
    if (claim === undefined || claim.deliveryId === deliveryId) return false
    return claim.until > this.#clock.elapsed()
  }

  #sweep(): void {
    const now = this.#clock.elapsed()
    for (const [key, { until }] of this.#claims) if (until <= now) this.#claims.delete(key)
    this.#sweptAbove = Math.max(SWEPT_FROM, 2 * this.#claims.size)
  }
}
