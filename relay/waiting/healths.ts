import { DestinationHealth, type Treatment, type Wait } from '../destination-health.ts'
import type { Clock } from '../ports.ts'

/** Destinations that are remembered; the least recently used is forgotten, as after a restart. */
const MAX_REMEMBERED = 10_000

/** Why a delivery is not sent to its destination now, and when to come back where nobody wakes. */
export interface Refusal extends Omit<Wait, 'probedAt'> {
  /** For a person. */
  readonly reason: string
}

/** The line of a destination, which has a window when it is woken. */
interface ParkedLine {
  readonly key: string
  readonly host: { readonly name: string }
  readonly window: unknown
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
  whyParked(line: ParkedLine, delivery: string, isChosen: boolean): Refusal | undefined {
    const { key, host, window } = line
    const health = this.#healths.get(key)
    const wait = health?.wait(delivery, isChosen)
    if (!health || !wait) return undefined
    const times = health.failures === 1 ? 'once' : `${health.failures} times in a row`
    const { waitMs, isFailing } = wait
    // The record of one that is woken is not written again until then, however often it is probed.
    const next = window
      ? 'goes out when a probe is answered'
      : `probed at ${new Date(wait.probedAt).toISOString()}`
    const reason = `parked: ${host.name} failed ${times}; ${next}`
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
