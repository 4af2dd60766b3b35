import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createDeliveriesWidget } from '../../functions/deliveries-widget/deliveries-widget.ts'
import { createIngest } from '../../functions/ingest/ingest.ts'
import { createLog, logDecision } from '../../functions/shared/log.ts'
import { createDoorLog } from '../../hosts/kit/door-log.ts'
import { OPERATIONS } from '../../relay/api/operations.ts'
import { problem } from '../../relay/api/problem.ts'
import type { Outcome } from '../../relay/model/outcomes.ts'
import { deliveryRecord } from '../support/delivery-records.ts'
import { httpApiEvent } from '../support/http-api-event.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { memoryPorts } from '../support/memory-ports.ts'
import { synth } from './synth.ts'

type Line = Readonly<Record<string, unknown>>

interface Query {
  readonly name: string
  readonly text: string
  /** Where it looks, as keys of `Logged`. */
  readonly logs: readonly (keyof Logged)[]
}

/** Lines as they are really logged, by log group. */
interface Logged {
  readonly dispatch: readonly Line[]
  readonly widget: readonly Line[]
  readonly requests: readonly Line[]
  readonly access: readonly Line[]
}

const OUTCOMES: readonly Outcome[] = ['delivered', 'suppressed', 'skipped', 'retry', 'dead']

/** What CloudWatch adds to each line. */
const SYSTEM_FIELDS = ['@timestamp', '@message', '@log', '@logStream']

const KEYWORDS = new Set('as by and or not in like asc desc'.split(' '))

const { relayTemplate, observabilityTemplate } = synth()

const queries: readonly Query[] = Object.values(
  observabilityTemplate.findResources('AWS::Logs::QueryDefinition'),
).map(({ Properties }) => ({
  name: Properties.Name,
  text: Properties.QueryString,
  logs: Properties.LogGroupNames.map((group: unknown) => logOf(JSON.stringify(group))),
}))

function logOf(group: string): keyof Logged {
  if (group.includes('FunctionsDispatchLogs')) return 'dispatch'
  if (group.includes('FunctionsDeliveriesWidgetLogs')) return 'widget'
  if (group.includes('HttpApiAccessLog')) return 'access'
  if (/Functions(Ingest|ReconcileConfig)Logs/.test(group)) return 'requests'
  throw new Error(`no log of the relay: ${group}`)
}

/** What the functions' own logger writes while `work` runs. */
async function linesOf(work: (log: ReturnType<typeof createLog>) => unknown) {
  const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    await work(createLog({ logLevel: 'INFO' }))
    const calls = [...stdout.mock.calls, ...stderr.mock.calls]
    return calls.map(([line]) => JSON.parse(String(line)) as Line)
  } finally {
    stdout.mockRestore()
    stderr.mockRestore()
  }
}

function logDecisions() {
  return linesOf((log) => {
    for (const outcome of OUTCOMES) {
      const dueAt = outcome === 'retry' ? { dueAt: 0 } : {}
      logDecision(log, { record: deliveryRecord({ outcome, ...dueAt }), latencyMs: 1 })
    }
  })
}

async function logReplay() {
  const id = 'a'.repeat(64)
  const ports = { ...memoryPorts(), configs: { clustersSeen: async () => [] } }
  await ports.ledger.writeMany([{ record: deliveryRecord({ id }), expected: 'absent' }])
  const invocation = { invokedFunctionArn: 'arn', getRemainingTimeInMillis: () => 20_000 }
  const call = { replay: id, widgetContext: { accountId: '111122223333' } }
  return linesOf((log) =>
    createDeliveriesWidget({ ports, log, onFailed: () => undefined, replayButton: true })(
      call,
      invocation,
    ),
  )
}

function logFailedRequest() {
  const onFailed = () => undefined
  const judge = () => Promise.reject(new Error('throttled'))
  const parts = { ports: memoryPorts(), access: { judge }, onFailed, onRefused: onFailed }
  const request = { method: 'POST', resource: 'events', cluster: 'prod' } as const
  return linesOf((log) => createIngest({ ...parts, log })(httpApiEvent(request)))
}

function logNotTaken() {
  const clock = new ManualClock()
  return linesOf((log) => {
    const door = createDoorLog((level, fields, message) => log[level](message, fields), clock)
    const refused = () =>
      door.refused({
        ...{ problem: problem('unauthorized', 'x'), method: 'POST', cluster: 'prod' },
        ...{ path: OPERATIONS.postEvents.path, address: '10.0.0.7' },
      })
    refused()
    refused()
    clock.advance(60_000)
    refused()
  })
}

function accessLine(): Line {
  const [stage] = Object.values(relayTemplate.findResources('AWS::ApiGatewayV2::Stage'))
  return JSON.parse(stage?.Properties.AccessLogSettings.Format)
}

/** The fields of a line as Logs Insights discovers them: `error.name`. */
function fieldsIn(lines: readonly Line[]): ReadonlySet<string> {
  const paths = (value: unknown, path: string): readonly string[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => paths(inner, path ? `${path}.${key}` : key))
      : [path]
  return new Set(lines.flatMap((line) => paths(line, '')))
}

/** The fields that a query names, and those of them that it filters by. */
function fieldsOf(query: string) {
  const fields = { all: new Set<string>(), filtered: new Set<string>() }
  const aliases = new Set([...query.matchAll(/\bas (\w+)/g)].map(([, alias = '']) => alias))
  for (const part of query.split('|')) {
    const [command = '', ...rest] = part.trim().split(' ')
    if (command === 'limit') continue
    const names = rest.join(' ').replaceAll(/"[^"]*"/g, '')
    for (const [name] of names.matchAll(/@?[A-Za-z_][\w.]*(?!\w*\()/g)) {
      if (KEYWORDS.has(name) || aliases.has(name)) continue
      fields.all.add(name)
      if (command === 'filter') fields.filtered.add(name)
    }
  }
  return fields
}

describe('saved queries', () => {
  let logged: Logged
  beforeAll(async () => {
    logged = {
      dispatch: await logDecisions(),
      widget: await logReplay(),
      requests: [...(await logFailedRequest()), ...(await logNotTaken())],
      access: [accessLine()],
    }
  })
  afterAll(() => vi.restoreAllMocks())

  it('answer the usual questions, each in the logs that it needs', () => {
    const named = queries.map(({ name, logs }) => [name, [...logs].sort()])
    expect(Object.fromEntries(named)).toEqual({
      'flux-relay/prod/Why was this event not delivered': ['dispatch'],
      'flux-relay/prod/Which deliveries died, by provider and reason': ['dispatch'],
      'flux-relay/prod/Which requests were refused or failed': ['access', 'requests', 'requests'],
      'flux-relay/prod/Which events were not taken, by cluster and cause': ['requests'],
      'flux-relay/prod/What happened to one delivery': ['dispatch', 'widget'],
    })
  })

  it.each(queries)('$name: names fields that are logged', ({ text, logs }) => {
    const known = logs.map((log) => fieldsIn(logged[log]))
    const { all, filtered } = fieldsOf(text)
    expect(all.size).toBeGreaterThan(3)
    const isKnown = (field: string) => known.some((fields) => fields.has(field))
    expect([...all].filter((field) => !SYSTEM_FIELDS.includes(field) && !isKnown(field))).toEqual(
      [],
    )
    for (const field of filtered) {
      expect(known.every((fields) => fields.has(field))).toBe(true)
    }
  })

  it('filter by values of the form that is logged', () => {
    const filters = queries.flatMap(({ text, logs }) =>
      [...text.matchAll(/\b(\w+) = "([^"]+)"/g)].map(([, field = '', value]) => {
        return { field, value, lines: logs.flatMap((log) => logged[log]) }
      }),
    )
    expect(filters.map(({ field }) => field).sort()).toEqual(
      ['delivery', 'object', 'outcome'].sort(),
    )
    for (const { field, value, lines } of filters.filter(({ field }) => field !== 'delivery')) {
      expect(lines.map((line) => line[field])).toContain(value)
    }
  })

  it('are read for all fields', () => {
    const query = 'fields @timestamp, a.b\n| filter c = "d e" and f >= 4\n| stats max(g) as h by i'
    const { all, filtered } = fieldsOf(`${query}\n| sort h desc\n| limit 20`)
    expect([...all]).toEqual(['@timestamp', 'a.b', 'c', 'f', 'g', 'i'])
    expect([...filtered]).toEqual(['c', 'f'])
  })
})
