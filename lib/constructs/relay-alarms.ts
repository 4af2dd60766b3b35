import { Duration } from 'aws-cdk-lib'
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { METRICS } from '../metrics.ts'
import type { RelayMetrics } from './relay-metrics.ts'

export interface RelayAlarmsProps {
  readonly metrics: RelayMetrics
  readonly topic: ITopic
}

interface AlarmShape {
  readonly description: string
  readonly metric: IMetric
  /** The alarm sounds above it. */
  readonly threshold: number
  /** Periods in a row; 1 by default. */
  readonly periods?: number
}

const PERIOD = Duration.minutes(5)

/** Seconds. */
const OLDEST_EVENT = 300

/** Seconds. The age of a retry counts its delay, of up to 15 minutes. */
const OLDEST_RETRY = 900 + OLDEST_EVENT

const FAILURE_PERCENT = 5

/** Tries in a period, below which a ratio tells nothing. */
const ENOUGH_TRIES = 20

/** What a person has to look at. */
export class RelayAlarms extends Construct {
  readonly #topic: ITopic

  constructor(scope: Construct, id: string, { metrics, topic }: RelayAlarmsProps) {
    super(scope, id)
    this.#topic = topic
    const shapes = { ...deliveryAlarms(metrics), ...queueAlarms(metrics) }
    for (const [name, shape] of Object.entries(shapes)) this.#create(name, shape)
    for (const [name, lambda] of metrics.functions) {
      this.#create(`Errors-${name}`, {
        description: `The function ${name} failed: see its log`,
        metric: lambda.metricErrors({ period: PERIOD }),
        threshold: 0,
      })
    }
  }

  #create(id: string, { description, metric, threshold, periods = 1 }: AlarmShape): void {
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

function deliveryAlarms(metrics: RelayMetrics): Readonly<Record<string, AlarmShape>> {
  return {
    DeadDeliveries: {
      description: 'A delivery failed for good: `flux-relay replay` sends it again',
      metric: metrics.sum(METRICS.dead, PERIOD),
      threshold: 0,
    },
    FailureRatio: {
      description: `More than ${FAILURE_PERCENT} % of the tries to deliver fail`,
      metric: failurePercent(metrics),
      threshold: FAILURE_PERCENT,
      periods: 3,
    },
    SilentClusters: {
      description: 'A cluster sends its configuration no more: is its shipper at work?',
      metric: metrics.maximum(METRICS.silentClusters, PERIOD),
      threshold: 0,
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

function queueAlarms({ queues }: RelayMetrics): Readonly<Record<string, AlarmShape>> {
  const options = { period: Duration.minutes(1) }
  const deadLetters = {
    description: 'Dispatch could not process a message: `flux-relay replay --queue` moves it back',
    threshold: 0,
  }
  return {
    EventsDeadLetters: {
      ...deadLetters,
      metric: queues.eventsDeadLetters.metricApproximateNumberOfMessagesVisible(options),
    },
    RetriesDeadLetters: {
      ...deadLetters,
      metric: queues.retriesDeadLetters.metricApproximateNumberOfMessagesVisible(options),
    },
    OldestEvent: {
      description: `An event waits for more than ${OLDEST_EVENT / 60} minutes`,
      metric: queues.events.metricApproximateAgeOfOldestMessage(options),
      threshold: OLDEST_EVENT,
    },
    OldestRetry: {
      description: `A retry waits for more than ${OLDEST_EVENT / 60} minutes past its delay`,
      metric: queues.retries.metricApproximateAgeOfOldestMessage(options),
      threshold: OLDEST_RETRY,
    },
  }
}
