import { METRICS, METRICS_SERVICE, PROVIDER_DIMENSION } from '../../lib/metrics.ts'
import { outcomeOf, reachedBy } from '../../relay/model/delivery.ts'
import type { Decision } from '../../relay/ports.ts'
import { providerTypes } from '../../relay/providers/registry.ts'
import type { Environment } from './environment.ts'

const NAMES = {
  delivered: METRICS.delivered,
  retry: METRICS.retried,
  dead: METRICS.dead,
  suppressed: METRICS.suppressed,
  skipped: METRICS.skipped,
} as const

type MetricsSettings = Pick<Environment, 'metricsNamespace' | 'clusterMetrics'>

/** Takes one line. */
export type WriteLine = (line: string) => void

/** Writes to stdout, where Lambda's own log format leaves a line as it is. */
export const writeToStdout: WriteLine = (line) => {
  process.stdout.write(`${line}\n`)
}

/**
 * Counts a decision in CloudWatch's embedded metric format: once in all, once by provider type and, if
 * the deployment wants it, once by cluster, never by both, since each combination would be a metric of
 * its own to pay.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function countDecision(
  write: WriteLine,
  { metricsNamespace, clusterMetrics }: MetricsSettings,
  { record, latencyMs }: Decision,
  now: number,
): void {
  const { cluster } = record
  const outcome = outcomeOf(record)
  const name = NAMES[outcome]
  const isDelivered = outcome === 'delivered'
  const metrics = [
    { Name: name, Unit: 'Count' },
    ...(isDelivered ? [{ Name: METRICS.latency, Unit: 'Milliseconds' }] : []),
  ]
  const dimensions = [
    ['service'],
    ['service', PROVIDER_DIMENSION],
    ...(clusterMetrics ? [['service', 'cluster']] : []),
  ]
  const line = {
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [
        { Namespace: metricsNamespace, Dimensions: dimensions, Metrics: metrics },
      ],
    },
    service: METRICS_SERVICE,
    [PROVIDER_DIMENSION]: typeLabel(reachedBy(record).provider?.type),
    cluster,
    [name]: 1,
    ...(isDelivered && { [METRICS.latency]: latencyMs }),
  }
  write(JSON.stringify(line))
}

/** A manifest can name any type, so only known ones become a dimension. */
function typeLabel(type: string | undefined): string {
  if (type === undefined) return 'none'
  return providerTypes.has(type) ? type : 'unknown'
}
