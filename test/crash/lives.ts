import type { Journal } from './journal.ts'
import { putEdgeConfig, type SinkAddresses } from './manifests.ts'
import type { Moments } from './moments.ts'
import { type ClockSetting, jumped, relayTimeAt } from './relay-clock.ts'
import { type RelayLife, startLife } from './relay-life.ts'

/**
 * Eight times as fast: the shortest retry comes within a life. Not faster, since a claim lasts 31
 * seconds of the relay's time, and an attempt up to one of the machine's.
 */
const CLOCK_FACTOR = 8

const HOUR_MS = 3_600_000

/** The relay over all its lives, with one clock. */
export interface Lives {
  /** Starts the relay, with the machine off for `offMs` of the relay's time since the last life. */
  start(offMs: number): RelayLife
  /** Sets the clock of what runs by so many milliseconds, forward, or back if less than 0. */
  setClockBy(ms: number): void
  kill(life: RelayLife): Promise<void>
  /** Kills what still runs. */
  end(): Promise<void>
  /** How often it was started. */
  number(): number
  /** Its address while clients may post to it. */
  url(): string | undefined
  /** Milliseconds since the epoch. */
  relayTime(): number
}

export interface LivesOptions {
  readonly data: string
  readonly manifests: string
  readonly journal: Journal
  readonly moments: Moments
  readonly sinks: SinkAddresses
  /** Resolves once the sinks have read all that a relay has sent which is gone. */
  drained(): Promise<void>
}

export function createLives(options: LivesOptions): Lives {
  const { data, manifests, journal, moments, sinks } = options
  const startedAt = Date.now()
  const running = new Set<RelayLife>()
  let clock: ClockSetting = { realAt: startedAt, relayAt: startedAt, factor: CLOCK_FACTOR }
  let number = 0
  let url: string | undefined
  let isEdgeConfigured = false

  /** Lets the clients post, once the relay knows both clusters. A kill may come at any time. */
  async function open(life: RelayLife): Promise<void> {
    const ready = await life.ready
    // Its clock may be set back by then, and no set may be taken ahead of it.
    if (!isEdgeConfigured) await putEdgeConfig(ready, sinks, startedAt - HOUR_MS)
    isEdgeConfigured = true
    if (running.has(life)) url = ready
  }

  return {
    start(offMs) {
      clock = jumped(clock, offMs)
      number += 1
      const own = number
      const life = startLife({
        ...{ manifests, data, clock },
        onLine(line) {
          journal.logged(own, line)
          if (line.delivery !== undefined) moments.happened('decision')
        },
      })
      running.add(life)
      open(life).catch(() => undefined)
      return life
    },
    setClockBy(ms) {
      clock = jumped(clock, ms)
      for (const life of running) life.setClock(clock)
    },
    async kill(life) {
      url = undefined
      running.delete(life)
      await life.kill()
      await options.drained()
    },
    async end() {
      await Promise.all([...running].map((life) => life.kill()))
    },
    number: () => number,
    url: () => url,
    relayTime: () => relayTimeAt(clock, Date.now()),
  }
}
