import type { Clock } from '../../relay/ports/clock.ts'
import type { Log } from '../kit/log.ts'
import type { ShipperMetrics } from './metrics.ts'
import type { Spool } from './spool/spool.ts'

const CHECK_INTERVAL_MS = 60_000

export interface ExpiryOptions {
  readonly spool: Pick<Spool, 'dropBefore' | 'lastSequence' | 'shiftTimes'>
  readonly clock: Pick<Clock, 'now' | 'elapsed'>
  readonly maxAgeMs: number
  readonly metrics: Pick<ShipperMetrics, 'dropped'>
  readonly log: Log
}

export interface SpoolExpiry {
  /** Drops the events that are too old now. Never rejects. */
  check(): Promise<void>
  stop(): void
}

/** Drops events that wait for too long, at once and every minute, and logs it. */
export function startExpiry(options: ExpiryOptions): SpoolExpiry {
  const { spool, clock, maxAgeMs, metrics, log } = options
  const ages = createAgeKeeper(options)
  const check = async () => {
    try {
      await ages.keep()
      const events = await spool.dropBefore(clock.now() - maxAgeMs)
      if (events === 0) return
      metrics.dropped(events)
      log.error(
        { events, olderThanHours: maxAgeMs / 3_600_000 },
        'events dropped, too old to be sent',
      )
    } catch (err) {
      log.error({ err }, 'old events could not be dropped, will be repeated')
    }
  }
  const timer = setInterval(() => void check(), CHECK_INTERVAL_MS)
  void check()
  return { check, stop: () => clearInterval(timer) }
}

/**
 * Keeps the ages of events when the clock is set. Otherwise a jump of some days would drop them
 * all.
 */
function createAgeKeeper({ spool, clock, log }: ExpiryOptions) {
  const mark = () => ({ at: clock.now(), elapsed: clock.elapsed(), sequence: spool.lastSequence() })
  let last: ReturnType<typeof mark> | undefined
  return {
    async keep(): Promise<void> {
      const now = mark()
      const before = last ?? now
      const elapsed = now.elapsed - before.elapsed
      const jumpMs = Math.round(now.at - before.at - elapsed)
      // Those of before the jump are told apart from later ones only if it is longer than that.
      if (Math.abs(jumpMs) > Math.max(elapsed, CHECK_INTERVAL_MS)) {
        await spool.shiftTimes(jumpMs, before.sequence, before.at, before.at + elapsed)
        log.warn({ jumpMs }, 'the clock was set; events are as old as before')
      }
      last = now
    },
  }
}
