import { DestinationHealth, type Treatment, type Wait } from '../destination-health.ts'
import type { Clock } from '../ports.ts'

/** Destinations that are remembered; the least recently used is forgotten, as after a restart. */
const MAX_REMEMBERED = 10_000

/** Why a delivery is not sent to its destination now, and when to come back where nobody wakes. */
export interface Refusal extends Omit<Wait, 'probedAt'> {
  /** For a person. */
  readonly reason: string
}

/** What is known of destinations, by their keys. */
export class Healths {
  readonly #clock: Clock
  readonly #healths = new Map<string, DestinationHealth>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Undefined of a destination of which nothing is known that is worth to be remembered. */
  of(key: string): DestinationHealth | undefined {
    return this.#healths.get(key)
  }

  /** Undefined when the delivery may be sent now. `isChosen` as in `DestinationHealth.wait`. */
  whyParked(key: string, host: string, delivery: string, isChosen: boolean): Refusal | undefined {
    const health = this.#healths.get(key)
    const wait = health?.wait(delivery, isChosen)
    if (!health || !wait) return undefined
    const times = health.failures === 1 ? 'once' : `${health.failures} times in a row`
    const probed = new Date(wait.probedAt).toISOString()
    const { waitMs, isFailing } = wait
    const reason = `parked: ${host} failed ${times}; probed at ${probed}`
    return { reason, waitMs, isFailing }
  }

  /** Notes what became of a delivery that was sent. */
  end(key: string, delivery: string, treatment: Treatment, isProbe: boolean): void {
    const health = this.#healths.get(key) ?? new DestinationHealth(this.#clock)
    health.end(delivery, treatment, isProbe)
    this.#healths.delete(key)
    if (!health.isGood) this.#healths.set(key, health)
    const [oldest] = this.#healths.keys()
    if (this.#healths.size > MAX_REMEMBERED && oldest !== undefined) this.#healths.delete(oldest)
  }
}
