import { DestinationHealth, type Treatment } from './destination-health.ts'
import type { Clock } from './ports.ts'

export type { Treatment } from './destination-health.ts'

/** How many requests a process has under way at one host, unless its host sets another number. */
export const DEFAULT_CONCURRENCY_PER_HOST = 10

/** Deliveries that wait for a place at one host: enough for a burst, too few to fill the worker. */
const MAX_WAITING_PER_HOST = 100

/** When to come back after finding too many waiting. */
const FULL_RETRY_MS = 1_000

/** Destinations that are remembered; the least recently used is forgotten, as after a restart. */
const MAX_REMEMBERED = 10_000

/** Where a delivery goes. */
export interface Destination {
  /** The Provider's own: one webhook's rate limit must not park another's at the same host. */
  readonly key: string
  /** Name and port. */
  readonly host: string
  /** The delivery's id, the same for each of its tries. */
  readonly delivery: string
}

export type Admission =
  /** Send now, then `leave`, whatever happened. */
  | { readonly kind: 'admitted'; leave(treatment: Treatment): void }
  /** Do not send; come back after `waitMs`. `isFailing`: the destination is known to fail now. */
  | {
      readonly kind: 'refused'
      readonly reason: string
      readonly waitMs: number
      readonly isFailing: boolean
    }

/**
 * Keeps one destination from taking capacity from the others. Known to this process only: after a
 * restart a failing destination is found out anew.
 */
export interface Destinations {
  enter(destination: Destination): Promise<Admission>
}

export function createDestinations(
  clock: Clock,
  concurrencyPerHost = DEFAULT_CONCURRENCY_PER_HOST,
): Destinations {
  const places = new Map<string, Places>()
  const healths = new Map<string, DestinationHealth>()

  return {
    async enter({ key, host, delivery }) {
      const refused = refuseParked(healths.get(key), host, delivery)
      if (refused) return refused
      const atHost = places.get(host) ?? new Places(concurrencyPerHost)
      places.set(host, atHost)
      if (!(await atHost.take())) return refuseFull(host, clock)
      const giveBack = () => {
        atHost.give()
        if (atHost.isIdle) places.delete(host)
      }
      // While it waited the destination may have been parked.
      const parkedMeanwhile = refuseParked(healths.get(key), host, delivery)
      if (parkedMeanwhile) {
        giveBack()
        return parkedMeanwhile
      }
      const isProbe = healths.get(key)?.begin() ?? false
      return {
        kind: 'admitted',
        leave(treatment) {
          giveBack()
          const health = healths.get(key) ?? new DestinationHealth(clock)
          health.end(delivery, treatment, isProbe)
          keep(healths, key, health)
        },
      }
    },
  }
}

/** Refuses while parked, and once the time is up while another delivery probes. */
function refuseParked(
  health: DestinationHealth | undefined,
  host: string,
  delivery: string,
): Admission | undefined {
  const wait = health?.wait(delivery)
  if (!health || !wait) return undefined
  const { waitMs, probedAt, isFailing } = wait
  const times = health.failures === 1 ? 'once' : `${health.failures} times in a row`
  const reason = `parked: ${host} failed ${times}; probed at ${new Date(probedAt).toISOString()}`
  return { kind: 'refused', reason, waitMs, isFailing }
}

/** A little later for each, so that what was refused together does not come back together. */
function refuseFull(host: string, clock: Clock): Admission {
  const reason = `no place: enough deliveries wait for ${host}`
  const waitMs = Math.round(FULL_RETRY_MS * (1 + 0.2 * clock.random()))
  return { kind: 'refused', reason, waitMs, isFailing: false }
}

function keep(
  healths: Map<string, DestinationHealth>,
  key: string,
  health: DestinationHealth,
): void {
  healths.delete(key)
  if (!health.isGood) healths.set(key, health)
  const [oldest] = healths.keys()
  if (healths.size > MAX_REMEMBERED && oldest !== undefined) healths.delete(oldest)
}

/** The places at one host, given out in the order of asking. */
class Places {
  #free: number
  readonly #all: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
    this.#all = count
  }

  get isIdle(): boolean {
    return this.#free === this.#all
  }

  /** False when there is no place, and too many wait for one. */
  take(): Promise<boolean> | boolean {
    if (this.#free > 0) {
      this.#free -= 1
      return true
    }
    if (this.#waiting.length >= MAX_WAITING_PER_HOST) return false
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(true))
    })
  }

  give(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free += 1
  }
}
