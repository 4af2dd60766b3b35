import { Duration } from 'aws-cdk-lib'
import {
  CustomWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { METRICS } from '../../functions/shared/metric-names.ts'
import type { RelayMetrics } from './relay-metrics.ts'

export interface RelayDashboardProps {
  readonly dashboardName: string
  readonly metrics: RelayMetrics
  /** Makes the table of failed deliveries. */
  readonly deliveriesWidget: IFunction
}

const PERIOD = Duration.minutes(5)

const ROW_WIDTH = 24

/** Two to a row. */
const WIDTH = ROW_WIDTH / 2

/** What the relay does, on one page. */
export class RelayDashboard extends Construct {
  readonly dashboard: Dashboard

  constructor(scope: Construct, id: string, props: RelayDashboardProps) {
    super(scope, id)
    const { dashboardName, metrics, deliveriesWidget } = props
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName,
      widgets: [
        deliveryWidgets(metrics),
        [failuresWidget(deliveriesWidget)],
        latencyWidgets(metrics),
        ...queueWidgets(metrics),
      ],
    })
  }
}

function deliveryWidgets(metrics: RelayMetrics): IWidget[] {
  const { delivered, retried, dead, suppressed, skipped } = METRICS
  return [
    graph('Failures by provider', [
      metrics.byProvider(METRICS.dead, 'Sum', PERIOD),
      metrics.byProvider(METRICS.retried, 'Sum', PERIOD),
    ]),
    graph(
      'Outcomes',
      [delivered, retried, dead, suppressed, skipped].map((name) => metrics.sum(name, PERIOD)),
    ),
  ]
}

/** CloudWatch calls the function with the rights of the person who looks at the dashboard. */
function failuresWidget({ functionArn }: IFunction): IWidget {
  return new CustomWidget({
    title: 'Failed deliveries',
    functionArn,
    params: { list: true },
    width: ROW_WIDTH,
    height: 10,
    updateOnRefresh: true,
    // It shows what failed last, whenever that was.
    updateOnTimeRangeChange: false,
    updateOnResize: false,
  })
}

function latencyWidgets(metrics: RelayMetrics): IWidget[] {
  return [
    graph('Latency from event to delivery, ms', [
      metrics.percentile(METRICS.latency, 'p50', PERIOD),
      metrics.percentile(METRICS.latency, 'p99', PERIOD),
    ]),
    graph('Latency by provider, 99th percentile, ms', [
      metrics.byProvider(METRICS.latency, 'p99', PERIOD),
    ]),
  ]
}

function queueWidgets({ queues, functions }: RelayMetrics): IWidget[][] {
  const { events, retries } = queues
  return [
    [
      graph('Age of the oldest message, s', [
        events.metricApproximateAgeOfOldestMessage({ label: 'events' }),
        retries.metricApproximateAgeOfOldestMessage({ label: 'retries' }),
      ]),
      graph('Messages in the queues', [
        events.metricApproximateNumberOfMessagesVisible({ label: 'events' }),
        retries.metricApproximateNumberOfMessagesVisible({ label: 'retries' }),
        retries.metricApproximateNumberOfMessagesDelayed({ label: 'retries, delayed' }),
      ]),
    ],
    [
      graph('Dead letters', [
        queues.eventsDeadLetters.metricApproximateNumberOfMessagesVisible({ label: 'events' }),
        queues.retriesDeadLetters.metricApproximateNumberOfMessagesVisible({ label: 'retries' }),
      ]),
      graph(
        'Throttles and errors of the functions',
        functions.flatMap(([name, lambda]) => [
          lambda.metricThrottles({ label: `${name}, throttles` }),
          lambda.metricErrors({ label: `${name}, errors` }),
        ]),
      ),
    ],
  ]
}

function graph(title: string, left: IMetric[]): IWidget {
  return new GraphWidget({ title, left, width: WIDTH, leftYAxis: { min: 0 } })
}
