import { countedAs, reachedBy } from '../../relay/model/delivery.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { Decision } from '../../relay/ports/observer.ts'
import { providerTypes } from '../../relay/providers/registry.ts'
import type { Environment } from './environment.ts'
import { METRICS, METRICS_SERVICE, PROVIDER_DIMENSION } from './metric-names.ts'

const NAMES = {
  delivered: METRICS.delivered,
  retry: METRICS.retried,
  dead: METRICS.dead,
  suppressed: METRICS.suppressed,
  skipped: METRICS.skipped,
  observed: METRICS.observed,
  held: METRICS.held,
} as const

type MetricsSettings = Pick<Environment, 'metricsNamespace' | 'clusterMetrics'>

/** Writes one line. */
export type WriteLine = (line: string) => void

/** Writes to stdout, where Lambda's own log format leaves a line as it is. */
export const writeToStdout: WriteLine = (line) => {
  process.stdout.write(`${line}\n`)
}

/** Counts the decisions of a call, and writes the sums when it is over. */
export interface DecisionMetrics {
  count(decision: Decision): void
  /** Writes what was counted since the last time. */
  flush(): void
}

/** The most values of one metric in a line. */
const MAX_VALUES = 100

/** The sums of one line. */
interface Sums {
  readonly members: Readonly<Record<string, string>>
  readonly counts: Map<string, number>
  readonly latencies: number[]
}

/**
 * Counts in CloudWatch's embedded metric format: in total, by provider type and, if the deployment
 * wants it, by cluster, but never by both, since each combination is a metric that costs. One line
 * contains what a call decided for one type, since each line costs too.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function createDecisionMetrics(
  write: WriteLine,
  { metricsNamespace, clusterMetrics }: MetricsSettings,
  clock: Pick<Clock, 'now'>,
): DecisionMetrics {
  const sums = new Map<string, Sums>()
  const dimensions = [
    ['service'],
    ['service', PROVIDER_DIMENSION],
    ...(clusterMetrics ? [['service', 'cluster']] : []),
  ]
  const flush = () => {
    for (const { members, counts, latencies } of sums.values()) {
      const metrics = [...counts.keys()].map((Name) => ({ Name, Unit: 'Count' }))
      const hasLatency = latencies.length > 0
      if (hasLatency) metrics.push({ Name: METRICS.latency, Unit: 'Milliseconds' })
      const CloudWatchMetrics = [
        { Namespace: metricsNamespace, Dimensions: dimensions, Metrics: metrics },
      ]
      const latency = latencies.length === 1 ? latencies[0] : latencies
      write(
        JSON.stringify({
          _aws: { Timestamp: clock.now(), CloudWatchMetrics },
          service: METRICS_SERVICE,
          ...members,
          ...Object.fromEntries(counts),
          ...(hasLatency && { [METRICS.latency]: latency }),
        }),
      )
    }
    sums.clear()
  }
  return {
    flush,
    count({ record, latencyMs }) {
      const members = {
        [PROVIDER_DIMENSION]: typeLabel(reachedBy(record).provider?.type),
        ...(clusterMetrics && { cluster: record.cluster }),
      }
      const key = Object.values(members).join(' ')
      const sum: Sums = sums.get(key) ?? { members, counts: new Map(), latencies: [] }
      sums.set(key, sum)
      const name = NAMES[countedAs(record)]
      sum.counts.set(name, (sum.counts.get(name) ?? 0) + 1)
      if (name === METRICS.delivered) sum.latencies.push(latencyMs)
      if (sum.latencies.length === MAX_VALUES) flush()
    },
  }
}

/** The label for a type. A manifest can name any type, so only known ones become a dimension. */
function typeLabel(type: string | undefined): string {
  if (type === undefined) return 'none'
  return providerTypes.has(type) ? type : 'unknown'
}
