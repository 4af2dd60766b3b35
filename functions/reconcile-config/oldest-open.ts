import { mapConcurrently } from '../../adapters/aws/concurrency.ts'
import type { OldestOpen } from '../../adapters/aws/oldest-open.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { StageMetrics } from '../shared/stage-metrics.ts'

/** What measuring needs. */
export interface OldestOpenParts {
  readonly oldestOpen: OldestOpen
  readonly clock: Pick<Clock, 'now'>
  readonly metrics: Pick<StageMetrics, 'oldestOpen'>
}

const CONCURRENT_READS = 8

/**
 * Measures for how long deliveries have been tried in vain, by the one whose tries began first. It shows a
 * destination that is down, even if there are few events. Rejects when the ledger cannot be read.
 */
export async function measureOldestOpen(
  { oldestOpen, clock, metrics }: OldestOpenParts,
  clusters: readonly string[],
): Promise<void> {
  const times = await mapConcurrently(clusters, CONCURRENT_READS, (cluster) =>
    oldestOpen.since(cluster),
  )
  const now = clock.now()
  metrics.oldestOpen(now - Math.min(now, ...times.filter((time) => time !== undefined)))
}
