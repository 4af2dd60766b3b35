import type { SubjectState } from '../model/stored/subject-state.ts'
import type { Clock } from '../ports/clock.ts'

/** No try takes longer, whatever its Provider says. Milliseconds. */
const LONGEST_TRY_MS = 60_000

/** A claim outlives its attempt by this much, for what is still on its way to the destination. */
const CLAIM_MARGIN_MS = 30_000

/** How long a claim lasts for an attempt that takes so long at most. Milliseconds. */
export function claimLastsMs(timeoutMs: number): number {
  return timeoutMs + CLAIM_MARGIN_MS
}

/**
 * The state with no claim that ends later than any made now: the clock was set back since, and it
 * would keep the subject for as many hours. The same one when there is none.
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

/** A claim that this process made, and until when by `Clock.elapsed`. */
interface UnderWay {
  readonly deliveryId: string
  readonly until: number
}

/** Beyond so many those that are over are looked for. */
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

  /** It is known what became of the request. */
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
