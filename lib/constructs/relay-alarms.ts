import { Duration } from 'aws-cdk-lib'
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  type Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { METRICS } from '../../functions/shared/metric-names.ts'
import { ALARM_THRESHOLDS, type AlarmName } from '../alarm-names.ts'
import type { DeploymentSettings } from '../deployment-settings.ts'
import type { FunctionName } from '../function-names.ts'
import type { RelayMetrics } from './relay-metrics.ts'

export interface RelayAlarmsProps {
  readonly metrics: RelayMetrics
  readonly topic: ITopic
  /** The alarms that sound above another threshold than their own, or never (`false`). */
  readonly alarms: DeploymentSettings['alarms']
}

interface AlarmShape {
  /** It names no threshold: a deployment may have another, and CloudWatch tells it beside this. */
  readonly description: string
  readonly metric: IMetric
  /** Periods in a row; 1 by default. */
  readonly periods?: number
}

const PERIOD = Duration.minutes(5)

const SUM = { period: PERIOD, statistic: 'Sum' }

/** Tries in a period, below which a ratio tells nothing. */
const ENOUGH_TRIES = 20

/** What a person has to look at. */
export class RelayAlarms extends Construct {
  readonly #topic: ITopic

  constructor(scope: Construct, id: string, { metrics, topic, alarms }: RelayAlarmsProps) {
    super(scope, id)
    this.#topic = topic
    for (const [name, shape] of shapesOf(metrics)) {
      const threshold = alarms[name] ?? ALARM_THRESHOLDS[name]
      if (threshold !== false) this.#create(name, shape, threshold)
    }
  }

  #create(id: string, { description, metric, periods = 1 }: AlarmShape, threshold: number): void {
    const alarm = new Alarm(this, id, {
      alarmDescription: description,
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    })
    alarm.addAlarmAction(new SnsAction(this.#topic))
    alarm.addOkAction(new SnsAction(this.#topic))
  }
}

type Shapes = { readonly [name in AlarmName]?: AlarmShape }

function shapesOf(metrics: RelayMetrics): ReadonlyArray<readonly [AlarmName, AlarmShape]> {
  const shapes = {
    ...deliveryAlarms(metrics),
    ...relayAlarms(metrics),
    ...queueAlarms(metrics),
    ...apiAlarms(metrics),
  }
  const named = Object.entries(shapes) as Array<[AlarmName, AlarmShape]>
  return [...named, ...metrics.functions.flatMap(functionAlarms)]
}

function functionAlarms([name, lambda]: readonly [FunctionName, IFunction]): ReadonlyArray<
  readonly [AlarmName, AlarmShape]
> {
  return [
    [
      `Errors-${name}`,
      {
        description: `Calls of the function ${name} crashed or ran out of time or memory: see its log`,
        metric: lambda.metricErrors({ period: PERIOD }),
      },
    ],
    [
      `Throttles-${name}`,
      {
        description: `Lambda did not start the function ${name}: see the concurrency of the account`,
        metric: lambda.metricThrottles({ period: PERIOD }),
        periods: 3,
      },
    ],
  ]
}

/** What no function can count: the answers of the API, and what Lambda takes for a loop. */
function apiAlarms({ api, withUrl, dispatch }: RelayMetrics): Shapes {
  return {
    ApiErrors: {
      description: 'Too many of the requests are answered with 5xx: see the logs of the functions',
      metric: new MathExpression({
        label: 'requests answered with 5xx, %',
        expression: 'IF(requests > 0, 100 * FILL(failed, 0) / requests, 0)',
        period: PERIOD,
        usingMetrics: {
          requests: withThoseOf(withUrl, 'UrlRequestCount', api.metricCount(SUM)),
          failed: withThoseOf(withUrl, 'Url5xxCount', api.metricServerError(SUM)),
        },
      }),
      periods: 3,
    },
    RecursionDropped: {
      description:
        'Lambda took retries for a loop and dropped them: check that RecursiveLoop is Allow',
      metric: dispatch.metric('RecursiveInvocationsDropped', SUM),
    },
  }
}

/** What the API counts, and with it what Lambda counts of the requests to a function's own URL. */
function withThoseOf(lambda: IFunction | undefined, metricName: string, ofApi: Metric): IMetric {
  if (lambda === undefined) return ofApi
  // https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html
  const ofUrl = lambda.metric(metricName, SUM)
  const [api, url] = [`api${metricName}`, `of${metricName}`]
  return new MathExpression({
    expression: `FILL(${api}, 0) + FILL(${url}, 0)`,
    period: PERIOD,
    usingMetrics: { [api]: ofApi, [url]: ofUrl },
  })
}

function deliveryAlarms(metrics: RelayMetrics): Shapes {
  return {
    DeadDeliveries: {
      description: 'A delivery failed for good: `flux-relay replay` sends it again',
      metric: metrics.sum(METRICS.dead, PERIOD),
    },
    FailureRatio: {
      description: 'Too many of the tries to deliver fail: see the table of the dashboard',
      metric: failurePercent(metrics),
      periods: 3,
    },
    OldestOpen: {
      description: 'A delivery fails for too long: check its destination',
      metric: metrics.maximum(METRICS.oldestOpen, PERIOD),
    },
  }
}

/** What goes wrong between the clusters and the relay, and in its functions. */
function relayAlarms(metrics: RelayMetrics): Shapes {
  return {
    SilentClusters: {
      description: 'A cluster no longer sends its configuration: check its shipper',
      metric: metrics.maximum(METRICS.silentClusters, PERIOD),
    },
    Refusals: {
      description: 'Requests of a cluster are refused: check its token',
      metric: metrics.sum(METRICS.refused, PERIOD),
    },
    Failures: {
      description: 'Messages or requests failed, and come again: see the logs of the functions',
      metric: metrics.sum(METRICS.failed, PERIOD),
    },
    FoundOverdue: {
      description: 'Messages of retries were lost, and are queued again: was a queue purged?',
      metric: metrics.sum(METRICS.overdue, PERIOD),
    },
  }
}

function failurePercent(metrics: RelayMetrics): MathExpression {
  return new MathExpression({
    label: 'failed tries, %',
    expression: `IF(failed + delivered >= ${ENOUGH_TRIES}, 100 * failed / (failed + delivered), 0)`,
    period: PERIOD,
    usingMetrics: {
      failed: new MathExpression({
        expression: 'FILL(retried, 0) + FILL(dead, 0)',
        period: PERIOD,
        usingMetrics: {
          retried: metrics.sum(METRICS.retried, PERIOD),
          dead: metrics.sum(METRICS.dead, PERIOD),
        },
      }),
      delivered: new MathExpression({
        expression: 'FILL(deliveredSum, 0)',
        period: PERIOD,
        usingMetrics: { deliveredSum: metrics.sum(METRICS.delivered, PERIOD) },
      }),
    },
  })
}

function queueAlarms({ queues }: RelayMetrics): Shapes {
  const options = { period: Duration.minutes(1) }
  const description =
    'Dispatch could not process a message: `flux-relay replay --queue` moves it back'
  return {
    EventsDeadLetters: {
      description,
      metric: queues.eventsDeadLetters.metricApproximateNumberOfMessagesVisible(options),
    },
    RetriesDeadLetters: {
      description,
      metric: queues.retriesDeadLetters.metricApproximateNumberOfMessagesVisible(options),
    },
    OldestEvent: {
      description: 'An event waits for too long: see the log and the throttles of dispatch',
      metric: queues.events.metricApproximateAgeOfOldestMessage(options),
    },
    OldestRetry: {
      description:
        'A retry waits for too long past its delay: see the log and the throttles of dispatch',
      metric: queues.retries.metricApproximateAgeOfOldestMessage(options),
    },
  }
}
