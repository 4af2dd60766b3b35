import { describe, expect, it } from 'vitest'
import { createDecisionMetrics } from '../../functions/shared/metrics.ts'
import { createStageMetrics } from '../../functions/shared/stage-metrics.ts'
import type { Outcome } from '../../relay/model/outcomes.ts'
import { deliveryRecord } from '../support/delivery-records.ts'
import { synth } from './synth.ts'

/** A metric as somebody names it. */
interface NamedMetric {
  readonly namespace: string
  readonly name: string
  /** A search names dimensions without their values. */
  readonly dimensions: Readonly<Record<string, string | undefined>>
}

interface EmbeddedMetricLine {
  readonly _aws: {
    readonly CloudWatchMetrics: ReadonlyArray<{
      readonly Namespace: string
      readonly Dimensions: ReadonlyArray<readonly string[]>
      readonly Metrics: ReadonlyArray<{ readonly Name: string; readonly Unit: string }>
    }>
  }
  readonly [member: string]: unknown
}

const OUTCOMES: readonly Outcome[] = ['delivered', 'suppressed', 'skipped', 'retry', 'dead']

const { relayTemplate, observabilityTemplate } = synth()

/** The namespace that the deployment tells its functions. */
const [namespace = ''] = Object.values(relayTemplate.findResources('AWS::Lambda::Function')).map(
  ({ Properties }) => Properties.Environment.Variables.POWERTOOLS_METRICS_NAMESPACE as string,
)

/** What the functions write for every outcome, and of the whole stage. */
function writtenLines(): readonly EmbeddedMetricLine[] {
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  const settings = { metricsNamespace: namespace, clusterMetrics: false }
  const decisions = createDecisionMetrics(write, settings, { now: () => 0 })
  for (const outcome of OUTCOMES)
    decisions.count({ record: deliveryRecord({ outcome }), latencyMs: 1 })
  decisions.flush()
  const metrics = createStageMetrics(write, namespace, { now: () => 0 })
  for (const report of Object.values(metrics)) report(1)
  return lines.map((line) => JSON.parse(line))
}

/** The metrics that CloudWatch makes of a line. */
function metricsOf({ _aws, ...members }: EmbeddedMetricLine): readonly NamedMetric[] {
  return _aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.filter(({ Name }) => typeof members[Name] === 'number').flatMap(({ Name: name }) =>
      Dimensions.map((names) => ({
        namespace: Namespace,
        name,
        dimensions: Object.fromEntries(names.map((key) => [key, String(members[key])])),
      })),
    ),
  )
}

function isEmitted(named: NamedMetric, emitted: readonly NamedMetric[]): boolean {
  return emitted.some(
    ({ namespace, name, dimensions }) =>
      namespace === named.namespace &&
      name === named.name &&
      Object.keys(dimensions).sort().join() === Object.keys(named.dimensions).sort().join() &&
      Object.entries(named.dimensions).every(
        ([key, value]) => value === undefined || value === dimensions[key],
      ),
  )
}

function dashboardBody(): string {
  const [dashboard] = Object.values(
    observabilityTemplate.findResources('AWS::CloudWatch::Dashboard'),
  )
  const parts: readonly unknown[] = dashboard?.Properties.DashboardBody['Fn::Join'][1]
  return parts.map((part) => (typeof part === 'string' ? part : 'TOKEN')).join('')
}

type Line = readonly (string | { readonly expression?: string })[]

/** A line of a graph: a metric, or an expression that searches for some. */
function namedByLine(line: Line): NamedMetric {
  const [first, name, ...rest] = line
  if (typeof first === 'object') return namedBySearch(first.expression ?? '')
  const texts = rest.filter((part) => typeof part === 'string')
  const pairs = Array.from({ length: texts.length / 2 }, (_, index) =>
    texts.slice(2 * index, 2 * index + 2),
  )
  return {
    namespace: String(first),
    name: String(name),
    dimensions: Object.fromEntries(pairs),
  }
}

function namedBySearch(expression: string): NamedMetric {
  const [, schema = '', name = ''] = /\{([^}]*)\} MetricName="(\w+)"/.exec(expression) ?? []
  const [namespace = '', ...dimensions] = JSON.parse(`[${schema}]`) as readonly string[]
  return {
    namespace,
    name,
    dimensions: Object.fromEntries(dimensions.map((key) => [key, undefined])),
  }
}

interface AlarmMetric {
  readonly Namespace: string
  readonly MetricName: string
  readonly Dimensions?: ReadonlyArray<{ readonly Name: string; readonly Value: string }>
}

function namedByAlarm({ Namespace, MetricName, Dimensions = [] }: AlarmMetric): NamedMetric {
  return {
    namespace: Namespace,
    name: MetricName,
    dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
  }
}

function isOurs({ namespace }: NamedMetric): boolean {
  return namespace.startsWith('flux-relay')
}

describe('metrics', () => {
  const emitted = writtenLines().flatMap(metricsOf)

  it('of the dashboard are those that the functions emit', () => {
    const body = dashboardBody()
    const widgets: ReadonlyArray<{ properties: { metrics?: readonly Line[] } }> =
      JSON.parse(body).widgets
    const named = widgets
      .flatMap(({ properties }) => properties.metrics ?? [])
      .map(namedByLine)
      .filter(isOurs)
    // None was overlooked.
    expect(named).toHaveLength(body.match(/"flux-relay\//g)?.length ?? 0)
    expect(named.length).toBeGreaterThan(8)
    expect(named.filter((metric) => !isEmitted(metric, emitted))).toEqual([])
  })

  it('of the alarms are those that the functions emit', () => {
    const alarms = observabilityTemplate.findResources('AWS::CloudWatch::Alarm')
    const named = Object.values(alarms)
      .flatMap(({ Properties }): readonly AlarmMetric[] =>
        Properties.Metrics === undefined
          ? [Properties]
          : Properties.Metrics.flatMap(
              ({ MetricStat }: { MetricStat?: { Metric: AlarmMetric } }) =>
                MetricStat === undefined ? [] : [MetricStat.Metric],
            ),
      )
      .map(namedByAlarm)
      .filter(isOurs)
    expect(named).toHaveLength(JSON.stringify(alarms).match(/"flux-relay\//g)?.length ?? 0)
    expect(named.map(({ name }) => name).sort()).toEqual(
      [
        ...['Dead', 'Dead', 'Delivered', 'Retried'],
        ...['SilentClusters', 'OldestOpen', 'Refused', 'Failed', 'FoundOverdue'],
      ].sort(),
    )
    expect(named.filter((metric) => !isEmitted(metric, emitted))).toEqual([])
  })

  it('are told from others by name, namespace and dimensions', () => {
    const dead = { namespace, name: 'Dead', dimensions: { service: 'flux-relay' } }
    expect(isEmitted(dead, emitted)).toBe(true)
    for (const change of [
      { name: 'Died' },
      { namespace: 'flux-relay/other' },
      { dimensions: {} },
      { dimensions: { service: 'other' } },
      { dimensions: { service: 'flux-relay', provider: 'slack', cluster: 'local' } },
    ]) {
      expect(isEmitted({ ...dead, ...change }, emitted)).toBe(false)
    }
  })
})
