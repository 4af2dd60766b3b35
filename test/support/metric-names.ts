import { createMetrics } from '../../hosts/embedded/metrics.ts'
import { ManualClock } from './manual-clock.ts'

/** Metrics of the embedded host with something to tell of each cluster. */
export function exampleMetrics() {
  const clock = new ManualClock()
  return createMetrics({
    queueDepth: async () => ({ events: 0, retries: 0 }),
    quarantineDepth: async () => ({ messages: { event: 0, retry: 0 }, bytes: 0 }),
    clusters: {
      earlierEvents: async () => new Map([['prod', clock.now() - 5_000]]),
      configurations: async () => [
        { cluster: 'prod', takenAt: clock.now() - 600_000, notReady: 2, source: 'sent' },
      ],
      isServed: () => true,
      parkedCounts: () => new Map([['prod', 1]]),
    },
    store: {
      oldestOpen: async () => clock.now() - 90_000,
      deadCount: async () => 3,
      diskSpace: async () => ({ databaseBytes: 1, freeBytes: 2, diskBytes: 3 }),
    },
    clock,
  })
}

/** The names of the relay's own metrics, without the suffixes of the series of a histogram. */
export async function metricNames(): Promise<readonly string[]> {
  const text = await exampleMetrics().text()
  return [...text.matchAll(/^# TYPE (flux_relay_\w+)/gm)].map(([, name = '']) => name)
}
