import type { Duration } from 'aws-cdk-lib'
import type { IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { METRICS } from '../../functions/shared/metric-names.ts'
import {
  METRICS_SERVICE,
  metricsNamespace,
  PROVIDER_DIMENSION,
} from '../../functions/shared/metric-names.ts'
import type { FunctionName } from '../function-names.ts'
import type { RelayQueues } from './relay-queues.ts'

type MetricName = (typeof METRICS)[keyof typeof METRICS]

export interface RelayMetricsProps {
  readonly stageName: string
  readonly queues: RelayQueues
  readonly api: IHttpApi
  /** A function that takes requests past the API too. */
  readonly withUrl?: IFunction
  readonly functions: Readonly<Record<FunctionName, IFunction>>
}

/** What dashboard and alarms look at. */
export class RelayMetrics {
  readonly queues: RelayQueues
  readonly api: IHttpApi
  readonly withUrl: IFunction | undefined
  readonly dispatch: IFunction
  readonly functions: ReadonlyArray<readonly [name: FunctionName, lambda: IFunction]>
  readonly #namespace: string

  constructor({ stageName, queues, api, withUrl, functions }: RelayMetricsProps) {
    this.queues = queues
    this.api = api
    this.withUrl = withUrl
    this.dispatch = functions.dispatch
    this.functions = Object.entries(functions) as Array<[FunctionName, IFunction]>
    this.#namespace = metricsNamespace(stageName)
  }

  /** The sum over the whole stage. */
  sum(name: MetricName, period: Duration): Metric {
    return this.#metric(name, 'Sum', period)
  }

  /** The maximum over the whole stage. */
  maximum(name: MetricName, period: Duration): Metric {
    return this.#metric(name, 'Maximum', period)
  }

  /** A percentile over the whole stage, such as `p50` or `p99`. */
  percentile(name: MetricName, statistic: `p${number}`, period: Duration): Metric {
    return this.#metric(name, statistic, period)
  }

  /** One line for each Provider type that ever counted. Not for alarms, which allow no search. */
  byProvider(name: MetricName, statistic: 'Sum' | `p${number}`, period: Duration): MathExpression {
    const schema = `{"${this.#namespace}","service","${PROVIDER_DIMENSION}"}`
    return new MathExpression({
      expression: `SEARCH('${schema} MetricName="${name}"', '${statistic}', ${period.toSeconds()})`,
      label: '',
      period,
    })
  }

  #metric(metricName: MetricName, statistic: string, period: Duration): Metric {
    const namespace = this.#namespace
    const dimensionsMap = { service: METRICS_SERVICE }
    return new Metric({ namespace, metricName, dimensionsMap, statistic, period })
  }
}
