import { type Datum, evaluateMath } from './metric-math.ts'

/** A number that CloudWatch got, or that a service of AWS counts. */
export interface Datapoint {
  /** `NAMESPACE/NAME` and its dimensions, as `metricKey` writes them. */
  readonly key: string
  readonly value: number
  /** Milliseconds since the epoch. */
  readonly time: number
}

interface AlarmMetric {
  readonly Namespace: string
  readonly MetricName: string
  readonly Dimensions?: ReadonlyArray<{ readonly Name: string; readonly Value: unknown }>
}

interface MetricQuery {
  readonly Id: string
  readonly Expression?: string
  readonly MetricStat?: {
    readonly Metric: AlarmMetric
    readonly Period: number
    readonly Stat: string
  }
  readonly ReturnData?: boolean
}

/** The properties of an `AWS::CloudWatch::Alarm` that its state follows from. */
export interface AlarmProperties extends Partial<AlarmMetric> {
  readonly Statistic?: string
  readonly Period?: number
  readonly Metrics?: readonly MetricQuery[]
  readonly Threshold: number
  readonly ComparisonOperator: string
  readonly EvaluationPeriods: number
  readonly DatapointsToAlarm?: number
  readonly TreatMissingData: string
}

const STATISTICS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  Sum: (values) => values.reduce((sum, value) => sum + value, 0),
  Maximum: (values) => Math.max(...values),
}

/** Names a metric of one place; the dimensions by value, or by the part of the stack that they refer to. */
export function metricKey(
  namespace: string,
  name: string,
  dimensions: Readonly<Record<string, unknown>>,
): string {
  const values = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))
  return `${namespace}/${name} ${values.map(([name, value]) => `${name}=${textOf(value)}`).join(' ')}`
}

/**
 * Whether an alarm of the template sounds at a time, as CloudWatch judges: by its periods up to then.
 * Throws for a property that this does not know.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
 */
export function sounds(alarm: AlarmProperties, data: readonly Datapoint[], now: number): boolean {
  const { ComparisonOperator, TreatMissingData, Threshold, EvaluationPeriods } = alarm
  if (ComparisonOperator !== 'GreaterThanThreshold') throw new Error(ComparisonOperator)
  if (TreatMissingData !== 'notBreaching') throw new Error(TreatMissingData)
  const queries = queriesOf(alarm)
  const periodMs = 1_000 * Math.max(...queries.map(({ MetricStat }) => MetricStat?.Period ?? 0))
  const breaching = Array.from({ length: EvaluationPeriods }, (_, index) => {
    const until = now - index * periodMs
    const within = data.filter(({ time }) => time > until - periodMs && time <= until)
    const value = returned(queries, within)
    return value !== undefined && value > Threshold
  }).filter(Boolean)
  return breaching.length >= (alarm.DatapointsToAlarm ?? EvaluationPeriods)
}

function queriesOf(alarm: AlarmProperties): readonly MetricQuery[] {
  const { Metrics, Namespace, MetricName, Dimensions = [], Period, Statistic } = alarm
  if (Metrics !== undefined) return Metrics
  if (!Namespace || !MetricName || !Period || !Statistic) throw new Error('an alarm on no metric')
  const Metric = { Namespace, MetricName, Dimensions }
  return [{ Id: 'only', MetricStat: { Metric, Period, Stat: Statistic } }]
}

function returned(queries: readonly MetricQuery[], data: readonly Datapoint[]): Datum {
  const numberOf = (id: string): Datum => {
    const query = queries.find(({ Id }) => Id === id)
    if (query?.Expression !== undefined) return evaluateMath(query.Expression, numberOf)
    if (query?.MetricStat === undefined) throw new Error(`there is no ${id}`)
    return statistic(query.MetricStat, data)
  }
  const [query] = queries.filter(({ ReturnData }) => ReturnData !== false)
  return numberOf(query?.Id ?? '')
}

function statistic(
  { Metric, Stat }: NonNullable<MetricQuery['MetricStat']>,
  data: readonly Datapoint[],
): Datum {
  const { Namespace, MetricName, Dimensions = [] } = Metric
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]))
  const key = metricKey(Namespace, MetricName, dimensions)
  const values = data.filter((point) => point.key === key).map(({ value }) => value)
  const compute = STATISTICS[Stat]
  if (compute === undefined) throw new Error(`the statistic ${Stat}`)
  return values.length === 0 ? undefined : compute(values)
}

/** A reference to a part of the relay's stack as that part's name, such as `Queues/Events`. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  const [, group, name] =
    /(Queues|Functions|HttpApi)([A-Z][A-Za-z]*?|)(?:Function)?[0-9A-F]{8}/.exec(
      JSON.stringify(value),
    ) ?? []
  if (group === undefined) throw new Error(`refers to no known part: ${JSON.stringify(value)}`)
  return `${group}/${name}`
}

interface EmbeddedMetrics {
  readonly _aws: {
    readonly Timestamp: number
    readonly CloudWatchMetrics: ReadonlyArray<{
      readonly Namespace: string
      readonly Dimensions: ReadonlyArray<readonly string[]>
      readonly Metrics: ReadonlyArray<{ readonly Name: string }>
    }>
  }
  readonly [member: string]: unknown
}

/** What CloudWatch makes of a line in its embedded metric format. */
export function datapointsOf(line: string): readonly Datapoint[] {
  const { _aws, ...members } = JSON.parse(line) as EmbeddedMetrics
  return _aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name }) =>
      Dimensions.map((names) => ({
        key: metricKey(Namespace, Name, Object.fromEntries(names.map((n) => [n, members[n]]))),
        value: Number(members[Name]),
        time: _aws.Timestamp,
      })),
    ),
  )
}
