import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { ALARM_NAMES } from '../../lib/alarm-names.ts'
import { synth } from './synth.ts'

const { observabilityTemplate: template } = synth()

const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(
  ({ Properties }) => Properties,
)

/** The alarm on what a formula makes of several metrics. */
const withMath = (label: string) => alarms.find(({ Metrics }) => Metrics?.[0].Label === label)

const RELAY = {
  Namespace: 'flux-relay/prod',
  Dimensions: [{ Name: 'service', Value: 'flux-relay' }],
}

const inRelayStack = (id: string) => ({
  'Fn::ImportValue': Match.stringLikeRegexp(`^flux-relay-prod:ExportsOutput\\w*${id}[0-9A-F]{8}`),
})

describe('alarms', () => {
  it.each([
    ['dead deliveries', { ...RELAY, MetricName: 'Dead', Statistic: 'Sum', Threshold: 0 }],
    [
      'silent clusters',
      { ...RELAY, MetricName: 'SilentClusters', Statistic: 'Maximum', Threshold: 0 },
    ],
    [
      'a delivery that fails for long',
      { ...RELAY, MetricName: 'OldestOpen', Statistic: 'Maximum', Threshold: 300 },
    ],
    ['clusters that are refused', { ...RELAY, MetricName: 'Refused', Statistic: 'Sum' }],
    ['retries whose message was lost', { ...RELAY, MetricName: 'FoundOverdue', Statistic: 'Sum' }],
    ['failures without a failed call', { ...RELAY, MetricName: 'Failed', Statistic: 'Sum' }],
    ...['EventsDeadLetters', 'RetriesDeadLetters'].map((queue) => [
      `messages in ${queue}`,
      {
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Dimensions: [{ Name: 'QueueName', Value: inRelayStack(`Queues${queue}`) }],
        Threshold: 0,
      },
    ]),
    ...(
      [
        ['Events', 300],
        ['Retries', 1_200],
      ] as const
    ).map(([queue, seconds]) => [
      `old messages in ${queue}`,
      {
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateAgeOfOldestMessage',
        Dimensions: [{ Name: 'QueueName', Value: inRelayStack(`Queues${queue}`) }],
        Threshold: seconds,
      },
    ]),
    ...['Ingest', 'Dispatch', 'ReconcileConfig', 'DeliveriesWidget'].map((name) => [
      `errors of ${name}`,
      {
        Namespace: 'AWS/Lambda',
        MetricName: 'Errors',
        Dimensions: [{ Name: 'FunctionName', Value: inRelayStack(`${name}Function`) }],
        Threshold: 0,
      },
    ]),
    ...['Ingest', 'Dispatch', 'ReconcileConfig', 'DeliveriesWidget'].map((name) => [
      `throttles of ${name}`,
      {
        Namespace: 'AWS/Lambda',
        MetricName: 'Throttles',
        Dimensions: [{ Name: 'FunctionName', Value: inRelayStack(`${name}Function`) }],
        EvaluationPeriods: 3,
        Threshold: 0,
      },
    ]),
    [
      'retries that Lambda dropped as a loop',
      {
        Namespace: 'AWS/Lambda',
        MetricName: 'RecursiveInvocationsDropped',
        Dimensions: [{ Name: 'FunctionName', Value: inRelayStack('DispatchFunction') }],
        Statistic: 'Sum',
        Threshold: 0,
      },
    ],
  ] as ReadonlyArray<readonly [string, object]>)('sound for %s', (_, properties) => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', properties)
  })

  it('sound when more than 5 % of the tries fail, a quarter of an hour long', () => {
    const ratio = withMath('failed tries, %')
    expect(ratio).toMatchObject({ Threshold: 5, EvaluationPeriods: 3 })
    const used = ratio?.Metrics.flatMap(
      (entry: { MetricStat?: { Metric: { MetricName: string } } }) =>
        entry.MetricStat === undefined ? [] : [entry.MetricStat.Metric.MetricName],
    )
    expect(used.sort()).toEqual(['Dead', 'Delivered', 'Retried'])
    expect(ratio?.Metrics[0].Expression).toBe(
      'IF(failed + delivered >= 20, 100 * failed / (failed + delivered), 0)',
    )
  })

  it('sound when more than 5 % of the requests get a 5xx, a quarter of an hour long', () => {
    const errors = withMath('requests answered with 5xx, %')
    expect(errors).toMatchObject({ Threshold: 5, EvaluationPeriods: 3 })
    expect(errors?.Metrics[0].Expression).toBe(
      'IF(requests > 0, 100 * FILL(failed, 0) / requests, 0)',
    )
    const stats = errors?.Metrics.slice(1).map(
      ({ Id, MetricStat }: { Id: string; MetricStat: { Metric: object; Stat: string } }) => [
        Id,
        MetricStat,
      ],
    )
    const api = { Name: 'ApiId', Value: expect.objectContaining({}) }
    const of = (MetricName: string) =>
      expect.objectContaining({
        Metric: { Namespace: 'AWS/ApiGateway', MetricName, Dimensions: [api] },
        Stat: 'Sum',
      })
    expect(Object.fromEntries(stats)).toEqual({ requests: of('Count'), failed: of('5xx') })
  })

  it('sound above another threshold, or not at all, as the settings say', () => {
    const { observabilityTemplate } = synth({
      alarms: {
        SilentClusters: false,
        'Throttles-ingest': false,
        OldestEvent: 60,
        DeadDeliveries: 0,
      },
    })
    const shown = Object.values(observabilityTemplate.findResources('AWS::CloudWatch::Alarm'))
    expect(shown).toHaveLength(alarms.length - 2)
    const thresholdsOf = (metric: string) =>
      shown
        .filter(({ Properties }) => Properties.MetricName === metric)
        .map(({ Properties }) => Properties.Threshold)
    expect(thresholdsOf('SilentClusters')).toEqual([])
    expect(thresholdsOf('Throttles')).toEqual([0, 0, 0])
    expect(thresholdsOf('ApproximateAgeOfOldestMessage').sort()).toEqual([1_200, 60])
    expect(thresholdsOf('Dead')).toEqual([0])
  })

  it('name no threshold, since the settings may say another', () => {
    const numbers = alarms.flatMap(({ AlarmDescription = '' }) =>
      String(AlarmDescription).replaceAll('5xx', '').match(/\d+/g),
    )
    expect(numbers.filter((number) => number !== null)).toEqual([])
    expect(alarms.every(({ AlarmDescription }) => AlarmDescription !== undefined)).toBe(true)
  })

  it('are those that the settings can name', () => {
    const ids = Object.keys(template.findResources('AWS::CloudWatch::Alarm'))
    const names = ids.map((id) => id.replace(/^Alarms|[0-9A-F]{8}$/g, '')).sort()
    expect(names).toEqual(ALARM_NAMES.map((name) => name.replaceAll('-', '')).sort())
  })

  it('sound above the threshold, stay silent without data, and tell when all is well', () => {
    expect(alarms).toHaveLength(ALARM_NAMES.length)
    const topic = [{ Ref: expect.stringMatching('^AlarmTopic') }]
    for (const alarm of alarms) {
      expect(alarm).toMatchObject({
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
        AlarmActions: topic,
        OKActions: topic,
      })
    }
  })
})

describe('alarm topic', () => {
  it('takes what the alarms of this account publish, over TLS', () => {
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: Match.objectLike({
        Statement: [
          Match.objectLike({
            Effect: 'Deny',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ],
      }),
    })
    template.resourceCountIs('AWS::SNS::Subscription', 0)
  })

  it('mails to the address of the settings', () => {
    const { observabilityTemplate } = synth({ alarmEmail: 'ops@example.com' })
    observabilityTemplate.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    })
  })

  it('is the one of the settings', () => {
    const alarmTopicArn = 'arn:aws:sns:eu-central-1:111122223333:alarms'
    const { observabilityTemplate } = synth({ alarmTopicArn })
    observabilityTemplate.resourceCountIs('AWS::SNS::Topic', 0)
    observabilityTemplate.allResourcesProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: [alarmTopicArn],
    })
  })
})

describe('dashboard', () => {
  const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'))
  const parts: readonly unknown[] = dashboard?.Properties.DashboardBody['Fn::Join'][1]
  const body = parts.map((part) => (typeof part === 'string' ? part : 'TOKEN')).join('')
  const widgets: ReadonlyArray<{ properties: { title: string; metrics: unknown[][] } }> =
    JSON.parse(body).widgets

  it.each([
    [
      'Failures by provider',
      [/"service","provider"\} .*"Dead"/, /"service","provider"\} .*"Retried"/],
    ],
    ['Outcomes', [/Delivered/, /Retried/, /Dead/, /Suppressed/, /Skipped/]],
    ['Latency from event to delivery, ms', [/Latency.*p50/, /Latency.*p99/]],
    ['Latency by provider, 99th percentile, ms', [/"provider"\} .*"Latency"', 'p99'/]],
    ['Age of the oldest message, s', [/OldestMessage.*events/, /OldestMessage.*retries/]],
    ['Messages in the queues', [/Visible.*events/, /Visible.*retries/, /Delayed.*retries/]],
    ['Dead letters', [/Visible.*events/, /Visible.*retries/]],
    [
      'Throttles and errors of the functions',
      ['ingest', 'dispatch', 'reconcile-config', 'deliveries-widget'].flatMap((name) => [
        new RegExp(`Throttles.*${name}`),
        new RegExp(`Errors.*${name}`),
      ]),
    ],
  ])('shows %s', (title, lines) => {
    const widget = widgets.find(({ properties }) => properties.title === title)
    const shown = widget?.properties.metrics.map((line) =>
      JSON.stringify(line).replaceAll('\\"', '"'),
    )
    expect(shown).toEqual(lines.map((line) => expect.stringMatching(line)))
  })

  it('shows what the function makes of the failed deliveries', () => {
    const custom = JSON.parse(body).widgets.filter(
      ({ type }: { type: string }) => type === 'custom',
    )
    expect(custom).toMatchObject([
      {
        width: 24,
        properties: {
          endpoint: 'TOKEN',
          title: 'Failed deliveries',
          params: { list: true },
          updateOn: { refresh: true, resize: false, timeRange: false },
        },
      },
    ])
    const endpoint = parts[parts.findIndex((part) => String(part).endsWith('"endpoint":"')) + 1]
    expect(endpoint).toEqual({
      'Fn::ImportValue': expect.stringMatching('FunctionsDeliveriesWidgetFunction.*Arn'),
    })
  })

  it('is where the output says', () => {
    template.hasOutput('DashboardUrl', {
      Value: {
        'Fn::Join': ['', Match.arrayWith(['#dashboards/dashboard/flux-relay-prod'])],
      },
    })
  })
})
