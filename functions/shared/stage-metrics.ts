import type { Clock } from '../../relay/ports/clock.ts'
import { METRICS, METRICS_SERVICE } from './metric-names.ts'
import type { WriteLine } from './metrics.ts'

/** The counts and measurements of the whole stage. */
export interface StageMetrics {
  /** Counts a message that was moved to a dead-letter queue. */
  setAside(): void
  /** Counts a message or request that failed because of the function or a service. */
  failed(): void
  /** Counts a request that named an existing cluster and did not prove to come from it. */
  refused(): void
  /** Counts deliveries that were long past due and are queued again. */
  overdue(count: number): void
  /** Sets how many clusters are silent now. */
  silentClusters(count: number): void
  /**
   * Sets how long the oldest unfinished delivery has waited, in milliseconds; 0 when there is none.
   */
  oldestOpen(ageMs: number): void
}

/**
 * Writes each number as a line of CloudWatch's embedded metric format, with only the dimension
 * `service`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function createStageMetrics(
  write: WriteLine,
  namespace: string,
  clock: Pick<Clock, 'now'>,
): StageMetrics {
  const report = (name: string, unit: 'Count' | 'Seconds', value: number) => {
    const metric = { Name: name, Unit: unit }
    const CloudWatchMetrics = [
      { Namespace: namespace, Dimensions: [['service']], Metrics: [metric] },
    ]
    const _aws = { Timestamp: clock.now(), CloudWatchMetrics }
    write(JSON.stringify({ _aws, service: METRICS_SERVICE, [name]: value }))
  }
  return {
    setAside: () => report(METRICS.setAside, 'Count', 1),
    failed: () => report(METRICS.failed, 'Count', 1),
    refused: () => report(METRICS.refused, 'Count', 1),
    overdue: (count) => report(METRICS.overdue, 'Count', count),
    silentClusters: (count) => report(METRICS.silentClusters, 'Count', count),
    oldestOpen: (ageMs) => report(METRICS.oldestOpen, 'Seconds', Math.round(ageMs / 1_000)),
  }
}
