import type { Clock } from './ports.ts'

/** How many requests a process has under way at one host, unless its host sets another number. */
export const DEFAULT_CONCURRENCY_PER_HOST = 10

/** Failures in a row after which a destination is parked. One that asks to be left alone is parked at once. */
const FAILURES_TO_PARK = 3

/** A parked destination is probed after this long, then after twice as long, … */
const FIRST_PARK_MS = 5_000
const MAX_PARK_MS = 10 * 60_000

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
}

/** How the destination took a try. `limited`: it wants to be left alone, perhaps for so long. */
export type Treatment =
  | { readonly kind: 'answered' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'limited'; readonly retryAfterMs: number | undefined }
  /** Nothing was sent, or nobody knows what became of it. */
  | { readonly kind: 'unknown' }

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

interface Health {
  failuresInARow: number
  parkedUntil: number
  parkMs: number
  isProbed: boolean
}

export function createDestinations(
  clock: Clock,
  concurrencyPerHost = DEFAULT_CONCURRENCY_PER_HOST,
): Destinations {
  const places = new Map<string, Places>()
  const healths = new Map<string, Health>()

  return {
    async enter({ key, host }) {
      const refused = refuseParked(healths.get(key), host, clock)
      if (refused) return refused
      const atHost = places.get(host) ?? new Places(concurrencyPerHost)
      places.set(host, atHost)
      if (!(await atHost.take())) return refuseFull(host, clock)
      const giveBack = () => {
        atHost.give()
        if (atHost.isIdle) places.delete(host)
      }
      // While it waited the destination may have been parked.
      const parkedMeanwhile = refuseParked(healths.get(key), host, clock)
      if (parkedMeanwhile) {
        giveBack()
        return parkedMeanwhile
      }
      const isProbe = probe(healths.get(key))
      return {
        kind: 'admitted',
        leave(treatment) {
          giveBack()
          remember(healths, key, treatment, isProbe, clock)
        },
      }
    },
  }
}

/** Refuses while parked, and once the time is up while another delivery probes. */
function refuseParked(
  health: Health | undefined,
  host: string,
  clock: Clock,
): Admission | undefined {
  if (!health || health.parkMs === 0) return undefined
  const leftMs = health.parkedUntil - clock.now()
  if (leftMs <= 0 && !health.isProbed) return undefined
  const times = health.failuresInARow === 1 ? 'once' : `${health.failuresInARow} times in a row`
  const reason = `parked: ${host} failed ${times}; probed at ${new Date(health.parkedUntil).toISOString()}`
  const waitMs = jitter(Math.max(leftMs, FIRST_PARK_MS), clock)
  return { kind: 'refused', reason, waitMs, isFailing: leftMs > 0 }
}

function refuseFull(host: string, clock: Clock): Admission {
  const reason = `no place: enough deliveries wait for ${host}`
  return { kind: 'refused', reason, waitMs: jitter(FULL_RETRY_MS, clock), isFailing: false }
}

/** Lets one delivery through; the others wait for what it finds out. Whether this one probes. */
function probe(health: Health | undefined): boolean {
  if (!health || health.parkMs === 0) return false
  health.isProbed = true
  return true
}

function remember(
  healths: Map<string, Health>,
  key: string,
  treatment: Treatment,
  isProbe: boolean,
  clock: Clock,
): void {
  const known = healths.get(key)
  if (treatment.kind === 'unknown') {
    if (known && isProbe) known.isProbed = false
    return
  }
  healths.delete(key)
  if (treatment.kind === 'answered') return
  healths.set(key, healthAfter(known, treatment, isProbe, clock))
  const [oldest] = healths.keys()
  if (healths.size > MAX_REMEMBERED && oldest !== undefined) healths.delete(oldest)
}

function healthAfter(
  known: Health | undefined,
  treatment: Exclude<Treatment, { kind: 'answered' | 'unknown' }>,
  isProbe: boolean,
  clock: Clock,
): Health {
  const now = clock.now()
  const failuresInARow = (known?.failuresInARow ?? 0) + 1
  const wantedMs = treatment.kind === 'limited' ? (treatment.retryAfterMs ?? 0) : 0
  if (known && known.parkMs > 0 && !isProbe) {
    // It was sent before the parking, so it is the same failure once more.
    return { ...known, failuresInARow, parkedUntil: Math.max(known.parkedUntil, now + wantedMs) }
  }
  const parks = treatment.kind === 'limited' || failuresInARow >= FAILURES_TO_PARK
  const parkMs = parks ? Math.max(nextParkMs(known?.parkMs ?? 0), wantedMs) : 0
  return { failuresInARow, parkMs, parkedUntil: now + parkMs, isProbed: false }
}

function nextParkMs(lastMs: number): number {
  return lastMs === 0 ? FIRST_PARK_MS : Math.min(lastMs * 2, MAX_PARK_MS)
}

/** Up to a fifth longer, so that what was refused together does not come back together. */
function jitter(ms: number, clock: Clock): number {
  return Math.round(ms * (1 + 0.2 * clock.random()))
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
