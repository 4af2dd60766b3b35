import type { Clock } from '../../ports/clock.ts'
import { DestinationHealth, type Treatment, type Wait } from './destination-health.ts'
import { Remembered } from './remembered.ts'

/**
 * Destinations that are remembered. Beyond them the cluster with the most forgets the one that it has
 * not used for longest, as after a restart.
 */
const MAX_REMEMBERED = 10_000

/** Why a delivery is not sent to its destination now, and when to come back where nobody wakes. */
export interface Refusal extends Omit<Wait, 'probedAt'> {
  /** For a person. */
  readonly reason: string
}

/** When to come back after finding too many waiting, where nobody wakes. */
const FULL_RETRY_MS = 1_000

/** Why who comes new does not wait in memory; `random` is in [0, 1). */
export function whyCrowded({ name }: { readonly name: string }, random: number): Refusal {
  const reason = `no place: enough deliveries wait for ${name}`
  // A little later for each, so that what was refused together does not come back together.
  return { reason, waitMs: Math.round(FULL_RETRY_MS * (1 + 0.2 * random)), isFailing: false }
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
  readonly #healths = new Remembered<DestinationHealth>(MAX_REMEMBERED)
  /** Destinations whose last answer was one. */
  readonly #answering = new Remembered<true>(MAX_REMEMBERED)

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
      : `probed at ${new Date(this.#timeAt(wait.probedAt)).toISOString()}`
    const reason = `parked: ${host.name} failed ${times}; ${next}`
    return { reason, waitMs, isFailing }
  }

  #timeAt(elapsed: number): number {
    return this.#clock.now() + (elapsed - this.#clock.elapsed())
  }

  /** Notes what became of a delivery that was sent. */
  end(key: string, delivery: string, treatment: Treatment, isProbe: boolean): void {
    const health = this.#healths.get(key) ?? new DestinationHealth(this.#clock)
    health.end(delivery, treatment, isProbe)
    this.#healths.delete(key)
    if (!health.isGood) this.#healths.set(key, health)
    if (treatment.kind === 'answered') this.#answering.set(key, true)
    if (treatment.kind === 'failed') this.#answering.delete(key)
  }

  /** Whether the destination answered when it was last asked, as far as is remembered. */
  isAnswering(key: string): boolean {
    return this.#answering.get(key) === true
  }
}
