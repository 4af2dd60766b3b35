import type { Clock } from '../../ports/clock.ts'
import { DestinationHealth, type Treatment, type Wait } from './destination-health.ts'
import type { FailingDestination } from './destinations.ts'
import { clusterOf, hostOf, providerOf } from './lines.ts'
import { Remembered } from './remembered.ts'

/**
 * How many destinations are remembered. Beyond that, the cluster with the most destinations forgets
 * the one that it used longest ago, as a restart would.
 */
const MAX_REMEMBERED = 10_000

/**
 * Why a delivery is not sent to its destination now, and when it should come back if nobody wakes
 * it.
 */
export interface Deferral extends Omit<Wait, 'probedAt'> {
  /** The reason, as people read it. */
  readonly reason: string
}

/** How long a destination counts as limiting the rate after it said so. */
const LIMITED_FOR_MS = 5 * 60_000

/** When a delivery that found too many waiting comes back, if nobody wakes it. */
const FULL_RETRY_MS = 1_000

/** Why a new delivery waits in memory no longer. */
export type Crowding = 'too many deliveries wait' | 'none came free within a second'

/** The reason why a new delivery cannot wait in memory. `random` is in [0, 1). */
export function whyCrowded(
  { name }: { readonly name: string },
  random: number,
  crowding: Crowding,
): Deferral {
  const reason = `no place: ${crowding} for ${name}`
  // A little later for each, so that what was refused together does not come back together.
  return { reason, waitMs: Math.round(FULL_RETRY_MS * (1 + 0.2 * random)), isFailing: false }
}

/** The line of a destination. A line that is woken has a window. */
interface ParkedLine {
  readonly key: string
  readonly host: { readonly name: string }
  readonly window: unknown
}

/** What is known of all destinations, by their keys. */
export class Healths {
  readonly #clock: Clock
  readonly #healths = new Remembered<DestinationHealth>(MAX_REMEMBERED)
  /** Destinations that answered when they were last asked. */
  readonly #answering = new Remembered<true>(MAX_REMEMBERED)

  /** When destinations asked last that less be sent, by `Clock.elapsed`. */
  readonly #limited = new Remembered<number>(MAX_REMEMBERED)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The health of a destination; undefined when nothing about it is worth remembering. */
  of(key: string): DestinationHealth | undefined {
    return this.#healths.get(key)
  }

  /**
   * Why the delivery cannot be sent now; undefined when it can. `isChosen` is that of
   * `DestinationHealth.wait`.
   */
  whyParked(line: ParkedLine, delivery: string, isChosen: boolean): Deferral | undefined {
    const { key, host, window } = line
    const health = this.#healths.get(key)
    const wait = health?.wait(delivery, isChosen)
    if (!health || !wait) return undefined
    const times = health.failures === 1 ? 'once' : `${health.failures} times in a row`
    const { waitMs, isFailing } = wait
    // The record of one that is woken is not written again until then, however often it is probed.
    const next = window
      ? 'this delivery is sent when a probe is answered'
      : `the next probe is at ${new Date(this.#timeAt(wait.probedAt)).toISOString()}`
    const last = health.lastError === undefined ? '' : `, last with: ${health.lastError}`
    const reason = `parked: ${host.name} failed ${times}${last}; ${next}`
    return { reason, waitMs, isFailing }
  }

  #timeAt(elapsed: number): number {
    return this.#clock.now() + (elapsed - this.#clock.elapsed())
  }

  /** How many destinations are parked, by cluster; clusters with none are left out. */
  parkedCounts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const [cluster, healths] of this.#healths.clusters()) {
      const parked = [...healths].filter(({ isParked }) => isParked).length
      if (parked > 0) counts.set(cluster, parked)
    }
    return counts
  }

  /** The destinations that fail now. */
  failing(): readonly FailingDestination[] {
    const failing: FailingDestination[] = []
    for (const [key, health] of this.#healths.entries()) {
      if (!health.isFailing) continue
      const { failures, lastError: error, isParked, probedAt } = health
      failing.push({
        ...{
          key,
          cluster: clusterOf(key),
          providerUid: providerOf(key),
          host: hostOf(key),
          failures,
        },
        ...(error !== undefined && { error }),
        ...(isParked && { probeAt: this.#timeAt(probedAt) }),
      })
    }
    return failing
  }

  /** Remembers what became of a delivery that was sent. */
  end(key: string, delivery: string, treatment: Treatment, isProbe: boolean): void {
    const known = this.#healths.get(key)
    // Of most destinations nothing is known but that they answer.
    if (known || treatment.kind !== 'answered') {
      const health = known ?? new DestinationHealth(this.#clock)
      health.end(delivery, treatment, isProbe)
      this.#healths.delete(key)
      if (!health.isGood) this.#healths.set(key, health)
    }
    if (treatment.kind === 'answered') this.#answering.set(key, true)
    if (treatment.kind === 'failed') this.#answering.delete(key)
    if (treatment.kind === 'limited') this.#limited.set(key, this.#clock.elapsed())
  }

  /** Whether the destination asked within the last minutes that less be sent. */
  isLimited(key: string): boolean {
    const askedAt = this.#limited.get(key)
    if (askedAt === undefined) return false
    if (this.#clock.elapsed() - askedAt < LIMITED_FOR_MS) return true
    this.#limited.delete(key)
    return false
  }

  /** Whether the destination answered when it was last asked. False when that is not remembered. */
  isAnswering(key: string): boolean {
    return this.#answering.get(key) === true
  }
}
