import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { createDeliveriesWidget } from '../../functions/deliveries-widget/deliveries-widget.ts'
import { createStorePorts } from '../../functions/shared/ports.ts'
import type { DeliveryRecord } from '../../relay/model/delivery.ts'
import { hashParts } from '../../relay/model/hash.ts'
import { type AwsRelay, awsRelay } from '../support/aws-relay.ts'
import { deliveryRecord, event, type RecordChanges } from '../support/delivery-records.ts'

const relays = awsRelay()

beforeEach(() => {
  // Pages are compared, and each says how old its deliveries are.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-20T09:14:03Z') })
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

const ARN = 'arn:aws:lambda:eu-central-1:111122223333:function:flux-relay-test-deliveries-widget'

/** What CloudWatch sends along, as its documentation shows it. */
const widgetContext = {
  dashboardName: 'flux-relay-test',
  widgetId: 'widget-16',
  accountId: '111122223333',
  locale: 'en',
  timezone: { label: 'UTC', offsetISO: '+00:00', offsetInMinutes: 0 },
  period: 300,
  isAutoPeriod: true,
  timeRange: { mode: 'relative', start: 1, end: 2, relativeStart: 3, zoom: { start: 1, end: 2 } },
  theme: 'light',
  linkCharts: true,
  title: 'Failed deliveries',
  forms: { all: {} },
  params: { list: true },
  width: 588,
  height: 369,
}

/** A failed delivery about an object of this name; the id follows from cluster and name. */
function failed(cluster: string, name: string, changes: RecordChanges = {}) {
  const id = hashParts(cluster, name)
  const outcome = 'dead'
  return deliveryRecord({ id, cluster, event: event(name), outcome, reason: 'no', ...changes })
}

function invocationWith(remainingMs = 20_000) {
  return {
    awsRequestId: 'request',
    invokedFunctionArn: ARN,
    getRemainingTimeInMillis: () => remainingMs,
  }
}

async function open({ replayButton = false, clusters = ['prod'], readsAsItsHandler = false } = {}) {
  const relay = await relays.open()
  for (const cluster of clusters) {
    const empty = { manifests: [], objects: [], revision: 'empty', takenAt: Date.now() }
    await relay.ports.configs.replace({ ...empty, cluster })
  }
  const { log, environment, clients } = relay
  // Dispatch reads items jointly; this function reads them as its handler has it read them.
  const ports = readsAsItsHandler
    ? createStorePorts(environment, clients, relay.ports.clock)
    : relay.ports
  const widget = createDeliveriesWidget({ ports, log, onFailed: () => undefined, replayButton })
  return {
    relay,
    call: (parameters: unknown) => widget(parameters, invocationWith()),
    show: (parameters: object, remainingMs?: number) =>
      widget({ ...parameters, widgetContext }, invocationWith(remainingMs)),
  }
}

async function store({ ports }: AwsRelay, records: readonly DeliveryRecord[]) {
  // What is final expires some time after its last change.
  const writes = records.map((record) => ({
    record: { ...record, updatedAt: Date.now() },
    expected: 'absent' as const,
  }))
  expect(await ports.ledger.writeMany(writes)).toEqual(records.map(() => true))
}

/** Names of the objects in the two tables. */
function namesIn(page: string) {
  const [dead = '', retry = ''] = page.split('<h3>Waiting for a retry</h3>')
  const names = (part: string) =>
    [...part.matchAll(/<summary>Kustomization\/flux-system\/(.*?)<\/summary>/g)].map(
      ([, name]) => name,
    )
  return { dead: names(dead), retry: names(retry) }
}

async function queuedRetries({ clients, environment }: AwsRelay) {
  const QueueUrl = environment.retriesQueueUrl
  const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 })
  const { Messages: messages = [] } = await clients.sqs.send(receive)
  return messages.map(({ Body }) => JSON.parse(Body ?? ''))
}

describe('the description', () => {
  it('is Markdown whose YAML are parameters that the widget takes', async () => {
    const { call, show } = await open()
    const text = await call({ describe: true })
    expect(text).toMatch(/^## Failed deliveries/)
    expect(text).not.toContain('<')
    const [, yaml = ''] = /``` yaml\n([\s\S]*?)```/.exec(text) ?? []
    expect(await call(parse(yaml))).toContain('<h3>Dead</h3>')
    expect(await show({ describe: true })).toBe(text)
    expect(await call({ describe: 'yes' })).toContain('and nothing else')
  })
})

describe('the list', () => {
  it('shows what is dead and what waits for a retry, of all clusters, latest first', async () => {
    const { relay, show } = await open({ clusters: ['prod', 'staging', 'idle'] })
    const now = Date.now()
    const retry = { outcome: 'retry', attempt: 2, dueAt: now + 600_000 } as const
    await store(relay, [
      failed('prod', 'first', { acceptedAt: now - 3_000 }),
      failed('staging', 'second', { acceptedAt: now - 2_000 }),
      failed('prod', 'third', { acceptedAt: now - 1_000 }),
      failed('staging', 'waiting', { ...retry, acceptedAt: now }),
      failed('prod', 'waits-longer', { ...retry, acceptedAt: now - 60_000 }),
      failed('prod', 'fine', { outcome: 'delivered' }),
      failed('prod', 'not-wanted', { outcome: 'skipped' }),
      failed('prod', 'again', { outcome: 'suppressed' }),
    ])
    const page = await show({ list: true })
    expect(namesIn(page)).toEqual({
      dead: ['third', 'second', 'first'],
      retry: ['waiting', 'waits-longer'],
    })
    expect(page).toContain('<p>3 in all.</p>')
    expect(await show({ list: {} })).toBe(page)
    expect(namesIn(await show({ list: { cluster: 'staging' } }))).toEqual({
      dead: ['second'],
      retry: ['waiting'],
    })
    expect(page).not.toMatch(/cwdb-action|class="btn"/)
  })

  it('says so when there is nothing', async () => {
    const { show } = await open()
    const page = await show({ list: true })
    expect(page).not.toContain('<table>')
    expect(page.match(/<p>None\.<\/p>/g)).toHaveLength(2)
  })

  it('shows the newest 50, and says that there are more', async () => {
    const { relay, show } = await open({ clusters: ['prod', 'staging'] })
    const start = Date.now() - 60_000
    const records = Array.from({ length: 52 }, (_, index) =>
      failed(index % 2 === 0 ? 'prod' : 'staging', `n${index}`, { acceptedAt: start + index }),
    )
    await store(relay, records.slice(0, 50))
    expect(await show({ list: true })).toContain('<p>50 in all.</p>')
    await store(relay, records.slice(50))
    const page = await show({ list: true })
    expect(page).toContain('Only the newest 50 are shown: there are more.')
    expect(namesIn(page).dead).toEqual(Array.from({ length: 50 }, (_, index) => `n${51 - index}`))
  })

  it('says so when the ledger was not searched to its end', async () => {
    const { relay, show } = await open()
    const page = { records: [failed('prod', 'one')], nextCursor: 'next' }
    vi.spyOn(relay.ports.ledger, 'list').mockResolvedValue(page)
    expect(await show({ list: true })).toContain(
      '1 in all in the part of the ledger that could be searched: there may be older ones.',
    )
  })

  it('ends in time, and says so', async () => {
    const { relay, show } = await open()
    await store(relay, [failed('prod', 'one')])
    expect(await show({ list: true }, 8_001)).toContain('<p>1 in all.</p>')
    const page = await show({ list: true }, 8_000)
    expect(page.match(/None in the part of the ledger that could be searched/g)).toHaveLength(2)
  })

  it('makes text of whatever clusters and destinations sent', async () => {
    const { relay, show } = await open({ replayButton: true })
    const evil = `<script>alert("1")</script>'><a href=x>[x](javascript:y)`
    const record = failed('prod', evil, {
      reason: evil,
      event: event(evil, evil),
      alert: { namespace: evil, name: evil, uid: '' },
      provider: { namespace: evil, name: evil, uid: '', type: evil },
    })
    await store(relay, [record])
    const page = await show({ list: true })
    expect(page).not.toMatch(/<script|<a href|alert\("/)
    expect(page).toContain('[x](javascript:y)')
    expect(page).toMatch(/^<h3>/)
    const [, question = ''] = /confirmation="([^"]*)">\{"replay"/.exec(page) ?? []
    expect(question).toContain('&lt;script&gt;alert(&quot;1&quot;)')
  })

  it('says that it failed, and logs why, when a store fails', async () => {
    const { relay, show } = await open()
    vi.spyOn(relay.ports.ledger, 'list').mockRejectedValue(new Error('<throttled>'))
    const page = await show({ list: true })
    expect(page).toMatch(/^<p><strong>The deliveries cannot be read now: .*<\/strong><\/p>\n$/)
    expect(page).not.toMatch(/throttled|Error|\bat /)
    expect(relay.lines).toMatchObject([{ level: 'error', message: 'list failed' }])
  })
})

describe('the function', () => {
  /** Names of the operations that the work calls, and the indexes that it queries. */
  async function callsOf({ clients }: AwsRelay, work: () => Promise<unknown>) {
    const spies = [vi.spyOn(clients.dynamoDb, 'send'), vi.spyOn(clients.sqs, 'send')]
    await work()
    const commands = spies.flatMap((spy) => spy.mock.calls.map(([command]) => command))
    for (const spy of spies) spy.mockRestore()
    return [
      ...new Set(
        commands.map((command) => {
          const { TableName, IndexName } = command.input as {
            TableName?: string
            IndexName?: string
          }
          return [command.constructor.name, IndexName ?? TableName?.split('-').at(-1)].join(' ')
        }),
      ),
    ].sort()
  }

  it('calls what its role allows, and nothing else', async () => {
    const { relay, show } = await open({ replayButton: true, readsAsItsHandler: true })
    const { configTable, stateTable, ledgerTable } = relay.environment
    const subjectStateKey = 'prod#subject'
    const record = failed('prod', 'podinfo', { subjectStateKey })
    await store(relay, [record])
    const end = (table: string) => table.split('-').at(-1)
    const listing = ['BatchGetItemCommand ', 'QueryCommand by-part', 'QueryCommand open-by-outcome']
    expect(await callsOf(relay, () => show({ list: true }))).toEqual(listing)
    expect(await callsOf(relay, () => show({ replay: record.id }))).toEqual(
      [
        ...listing,
        `GetItemCommand ${end(configTable)}`,
        `GetItemCommand ${end(stateTable)}`,
        `PutItemCommand ${end(ledgerTable)}`,
        'SendMessageBatchCommand ',
      ].sort(),
    )
  })

  it.each([
    ['true', true],
    ['false', false],
  ])('runs as Lambda loads it, with REPLAY_BUTTON=%s', async (REPLAY_BUTTON, hasButtons) => {
    const { relay } = await open()
    await store(relay, [failed('prod', 'podinfo')])
    const environment = {
      ...relay.variables,
      REPLAY_BUTTON,
      AWS_ENDPOINT_URL_DYNAMODB: relay.services.dynamoDb.options.endpoint,
      AWS_REGION: process.env.AWS_REGION ?? 'eu-central-1',
      AWS_ACCESS_KEY_ID: process.env.AWS_ACCESS_KEY_ID ?? 'test',
      AWS_SECRET_ACCESS_KEY: process.env.AWS_SECRET_ACCESS_KEY ?? 'test',
    }
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
    vi.resetModules()
    const { handler } = await import('../../functions/deliveries-widget/handler.ts')
    const page = await handler({ list: true, widgetContext }, invocationWith())
    expect(namesIn(page).dead).toEqual(['podinfo'])
    expect(page.includes('cwdb-action')).toBe(hasButtons)
  })
})

describe('requests', () => {
  const id = hashParts('prod', 'podinfo')

  it.each([
    ['nothing', {}],
    ['no object', 'list'],
    ['null', null],
    ['a list that is not one', { list: false }],
    ['a list of more', { list: { cluster: 'prod', outcome: 'delivered' } }],
    ['no name of a cluster', { list: { cluster: 'prod#x<script>' } }],
    ['both at once', { list: true, replay: id }],
    ['a list with something else', { list: true, '<script>': 1 }],
    ['a short id', { replay: id.slice(1) }],
    ['a long id', { replay: `${id}0` }],
    ['an id with a tag', { replay: `<script>${id.slice(8)}` }],
    ['several ids', { replay: [id] }],
    ['a context that is none', { list: true, widgetContext: 'x' }],
  ])('are refused: %s', async (_, call) => {
    const { relay, call: invoke } = await open({ replayButton: true })
    const send = vi.spyOn(relay.clients.dynamoDb, 'send')
    const answer = await invoke(call)
    expect(answer).toMatch(/^<p><strong>This widget takes [^<>]*<\/strong><\/p>\n$/)
    expect(send).not.toHaveBeenCalled()
  })

  it('are taken with any context of CloudWatch, and without', async () => {
    const { call } = await open()
    for (const context of [{}, { accountId: '<x>', params: 'x', isNew: true }, undefined]) {
      expect(await call({ list: true, widgetContext: context })).toContain('<h3>Dead</h3>')
    }
  })
})

describe('a replay', () => {
  const id = hashParts('prod', 'podinfo')

  it('has a button for each delivery', async () => {
    const { relay, show } = await open({ replayButton: true })
    await store(relay, [failed('prod', 'podinfo')])
    expect(await show({ list: true })).toContain(
      `<td><a class="btn">Replay</a><cwdb-action action="call" display="widget" endpoint="${ARN}" confirmation="Send the notification about Kustomization/flux-system/podinfo again?">{"replay":"${id}"}</cwdb-action></td>`,
    )
  })

  it('queues the delivery, logs who asked, and shows the list again', async () => {
    const { relay, show } = await open({ replayButton: true, clusters: ['prod', 'staging'] })
    await store(relay, [failed('prod', 'podinfo'), failed('prod', 'other')])
    const page = await show({ replay: id })
    expect(page).toMatch(
      /^<p><strong>Queued to be sent again: Kustomization\/flux-system\/podinfo of prod\.</,
    )
    expect(namesIn(page)).toEqual({ dead: ['other'], retry: ['podinfo'] })
    const [stored] = await relay.ports.ledger.readMany([id])
    expect(stored?.value).toMatchObject({
      status: { kind: 'waiting', why: 'replay' },
      attempt: 2,
      replayedBy: [{ by: 'CloudWatch widget of account 111122223333' }],
    })
    expect(await queuedRetries(relay)).toMatchObject([{ deliveryId: id, attempt: 2 }])
    expect(relay.lines).toEqual([
      {
        level: 'info',
        message: 'replay requested',
        fields: { delivery: id, cluster: 'prod', account: '111122223333' },
      },
    ])
  })

  it('shows the list that the widget had', async () => {
    const { relay, call } = await open({ replayButton: true, clusters: ['prod', 'staging'] })
    await store(relay, [failed('prod', 'podinfo'), failed('staging', 'other')])
    const context = { ...widgetContext, params: { list: { cluster: 'prod' } } }
    const page = await call({ replay: id, widgetContext: context })
    expect(namesIn(page)).toEqual({ dead: [], retry: ['podinfo'] })
  })

  it('is refused with the reason, and shows the list again', async () => {
    const { relay, show } = await open({ replayButton: true })
    const subjectStateKey = 'prod#subject'
    await store(relay, [failed('prod', 'podinfo', { subjectStateKey })])
    const newer = { order: '2999-01-01T00:00:00.000Z/1' }
    await relay.ports.state.write(subjectStateKey, newer, 'absent', Date.now() + 60_000)
    const page = await show({ replay: id })
    expect(page).toMatch(/^<p><strong>Not replayed: superseded: a newer event .*<\/strong>/)
    expect(namesIn(page).dead).toEqual(['podinfo'])
    expect(await queuedRetries(relay)).toEqual([])
  })

  it('says so when there is no such delivery', async () => {
    const { show } = await open({ replayButton: true })
    const page = await show({ replay: id })
    expect(page).toContain(`There is no delivery ${id}.`)
    expect(page).toContain('<h3>Dead</h3>')
  })

  it('says that it failed, logs why, and shows the list all the same', async () => {
    const { relay, show } = await open({ replayButton: true })
    await store(relay, [failed('prod', 'podinfo')])
    vi.spyOn(relay.ports.queue, 'sendRetries').mockRejectedValue(new Error('<down>'))
    const page = await show({ replay: id })
    expect(page).toMatch(/^<p><strong>The replay failed, and may be queued all the same: /)
    expect(namesIn(page).dead).toEqual(['podinfo'])
    expect(page).not.toContain('down')
    expect(relay.lines).toMatchObject([
      { level: 'error', message: 'replay failed', fields: { delivery: id } },
    ])
  })

  it('is told of when the list then fails', async () => {
    const { relay, show } = await open({ replayButton: true })
    await store(relay, [failed('prod', 'podinfo')])
    vi.spyOn(relay.ports.configs, 'clustersSeen').mockRejectedValue(new Error('down'))
    const page = await show({ replay: id })
    expect(page).toContain('Queued to be sent again')
    expect(page).toContain('The deliveries cannot be read now')
  })

  it('is refused where the deployment does not allow it', async () => {
    const { relay, show } = await open()
    await store(relay, [failed('prod', 'podinfo')])
    expect(await show({ replay: id })).toMatch(
      /^<p><strong>Replay is off here: .*<\/strong><\/p>\n$/,
    )
    const [stored] = await relay.ports.ledger.readMany([id])
    expect(stored?.value.status).toMatchObject({ outcome: 'dead' })
    expect(await queuedRetries(relay)).toEqual([])
  })
})
