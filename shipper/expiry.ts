import type { Log } from '../embedded/log.ts'
import type { Clock } from '../relay/ports.ts'
import type { ShipperMetrics } from './metrics.ts'
import type { Spool } from './spool/spool.ts'

const CHECK_INTERVAL_MS = 60_000

export interface ExpiryOptions {
  readonly spool: Pick<Spool, 'dropBefore'>
  readonly clock: Pick<Clock, 'now'>
  readonly maxAgeMs: number
  readonly metrics: Pick<ShipperMetrics, 'dropped'>
  readonly log: Log
}

/** Drops events that wait for too long, now and every minute, and says so. */
export function startExpiry(options: ExpiryOptions): { stop(): void } {
  const { spool, clock, maxAgeMs, metrics, log } = options
  const check = async () => {
    try {
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
  return { stop: () => clearInterval(timer) }
}
