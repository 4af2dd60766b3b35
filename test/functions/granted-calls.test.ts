import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { expect, it } from 'vitest'
import { encodeRetry } from '../../adapters/aws/sqs-message.ts'
import { type LedgerRecord, outcomeOf } from '../../relay/model/delivery.ts'
import { allowedTo } from '../stacks/read-template.ts'
import { synth } from '../stacks/synth.ts'
import { type AwsRelay, awsRelay } from '../support/aws-relay.ts'
import { contextWith, sqsRecord } from '../support/event-source-mapping.ts'
import { httpApiEvent } from '../support/http-api-event.ts'
import { intercept } from '../support/intercept.ts'
import { startSink } from '../support/recording-sink.ts'

const { open } = awsRelay()
const { relayTemplate } = synth()
const CLUSTER = 'prod'
const headers = { authorization: 'Bearer a-token' }

/** The resources of the stack, by the names that the environment of a function has for them. */
const RESOURCES = {
  configTable: 'TablesConfig',
  stateTable: 'TablesState',
  ledgerTable: 'TablesLedger',
  eventsQueueUrl: 'QueuesEvents',
  retriesQueueUrl: 'QueuesRetries',
} as const

type FunctionName = 'Ingest' | 'Dispatch' | 'ReconcileConfig'

/** What a function may do, as `TablesState dynamodb:PutItem`. */
function grantsOf(name: FunctionName): ReadonlySet<string> {
  const functions = Object.keys(relayTemplate.findResources('AWS::Lambda::Function'))
  const id = functions.find((each) => each.startsWith(`Functions${name}Function`))
  const allowed = Object.entries(allowedTo(relayTemplate, id ?? ''))
  return new Set(
    allowed.flatMap(([resource, actions]) => actions.map((action) => `${resource} ${action}`)),
  )
}

/** Lets a function work with its rights: a call that its role does not allow is refused, as on AWS. */
async function asRole<T>(relay: AwsRelay, name: FunctionName, work: () => Promise<T>): Promise<T> {
  const grants = grantsOf(name)
  const denied: string[] = []
  const names = new Map(
    Object.entries(RESOURCES).map(([key, resource]) => [
      String(relay.environment[key as keyof typeof RESOURCES]),
      resource,
    ]),
  )
  const check = (operation: string, input: object) => {
    for (const call of callsOf(operation, input, names)) {
      if (grants.has(call)) continue
      denied.push(call)
      throw Object.assign(new Error(`not allowed: ${call}`), { name: 'AccessDeniedException' })
    }
  }
  const { dynamoDb, sqs } = relay.clients
  const ends = [dynamoDb, sqs].map((client) =>
    intercept(client, async ({ operation, input }, pass) => {
      check(operation, input)
      return pass()
    }),
  )
  try {
    return await work()
  } finally {
    for (const end of ends) end()
    expect(denied).toEqual([])
  }
}

function callsOf(
  operation: string,
  input: object,
  names: ReadonlyMap<string, string>,
): readonly string[] {
  const { TableName, QueueUrl, RequestItems, IndexName } = input as Readonly<
    Record<string, unknown>
  >
  const targets = RequestItems ? Object.keys(Object(RequestItems)) : [TableName ?? QueueUrl]
  const service = QueueUrl === undefined ? 'dynamodb' : 'sqs'
  const index = IndexName === undefined ? '' : `/index/${IndexName}`
  const action = service === 'sqs' ? operation.replace(/Batch$/, '') : operation
  return targets.map((target) => `${names.get(String(target))}${index} ${service}:${action}`)
}

const metadata = (name: string, annotations: Readonly<Record<string, string>> = {}) => ({
  ...{ name, namespace: 'flux-system' },
  annotations: Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [`flux-relay.io/${key}`, value]),
  ),
})
const apiVersion = 'notification.toolkit.fluxcd.io/v1beta3'

function provider(name: string, type: string, address: string) {
  return { apiVersion, kind: 'Provider', metadata: metadata(name), spec: { type, address } }
}

function alert(name: string, to: string, annotations: Readonly<Record<string, string>>) {
  const eventSources = [{ kind: 'Kustomization', name: '*' }]
  const spec = { providerRef: { name: to }, eventSources }
  return { apiVersion, kind: 'Alert', metadata: metadata(name, annotations), spec }
}

function failure(name: string) {
  const involvedObject = { kind: 'Kustomization', namespace: 'flux-system', name }
  return { involvedObject, severity: 'error', reason: 'HealthCheckFailed', message: 'no route' }
}

/** All records of the cluster, with as many as one page has. */
async function recordsOf({ ports }: AwsRelay): Promise<readonly LedgerRecord[]> {
  const { records } = await ports.ledger.list({ cluster: CLUSTER }, 200)
  return records.filter((record) => record.kind !== 'unreadable')
}

it('what every rule makes a function do is what its role allows', async () => {
  const sink = await startSink({ 'POST /chat': { status: 200 }, 'POST /gone': { status: 410 } })
  const relay = await open()
  const { sqs } = relay.clients
  await relay.setTokens(CLUSTER, ['a-token'])
  const put = JSON.stringify({
    takenAt: new Date(relay.ports.clock.now()).toISOString(),
    providers: [
      provider('chat', 'slack', `${sink.url}/chat`),
      provider('gone', 'generic', `${sink.url}/gone`),
    ],
    alerts: [
      alert('grouped', 'chat', { 'group-by': "'all'", 'group-wait': '30s' }),
      alert('lasting', 'chat', { only: 'failures', after: '1m', remind: '4h' }),
      alert('dead', 'gone', {}),
      alert('self', 'chat', { self: 'deliveries,clusters,alerts' }),
      alert('lost', 'nowhere', {}),
      alert('silenced', 'chat', {}),
    ],
    silences: [
      {
        ...{ apiVersion: 'flux-relay.io/v1alpha1', kind: 'Silence', metadata: metadata('night') },
        spec: {
          match: "alert.metadata.name == 'silenced'",
          reason: 'nobody is awake',
          endsAt: new Date(relay.ports.clock.now() + 3_600_000).toISOString(),
        },
      },
    ],
  })
  const request = { cluster: CLUSTER, headers }
  const stored = await asRole(relay, 'ReconcileConfig', () =>
    relay.reconcileConfig(
      httpApiEvent({ ...request, method: 'PUT', resource: 'config', body: put }),
    ),
  )
  expect(stored).toMatchObject({ statusCode: 200 })
  await asRole(relay, 'ReconcileConfig', () => relay.check())
  const body = JSON.stringify(['a', 'b', 'c'].map(failure))
  await asRole(relay, 'Ingest', () =>
    relay.ingest(httpApiEvent({ ...request, method: 'POST', resource: 'events', body })),
  )

  /** Dispatches all events that are queued, those of the relay about itself included. */
  const dispatchEvents = async () => {
    const { eventsQueueUrl: QueueUrl } = relay.environment
    for (;;) {
      const receive = new ReceiveMessageCommand({
        ...{ QueueUrl, MaxNumberOfMessages: 10 },
        MessageSystemAttributeNames: ['All'],
      })
      const { Messages: messages = [] } = await sqs.send(receive)
      if (messages.length === 0) return
      const records = messages.map((message) => sqsRecord(message, QueueUrl))
      const answer = await asRole(relay, 'Dispatch', () =>
        relay.dispatch({ Records: records }, contextWith()),
      )
      expect(answer.batchItemFailures).toEqual([])
    }
  }
  /** Lets time pass, and brings what is due then. */
  const dispatchDue = async (ms: number) => {
    relay.time.offsetMs += ms
    const now = relay.ports.clock.now()
    for (const { id, attempt, status } of await recordsOf(relay)) {
      if (status.kind !== 'waiting' || status.dueAt > now) continue
      const Body = encodeRetry({ deliveryId: id, attempt, dueAt: status.dueAt })
      const { retriesQueueUrl } = relay.environment
      const record = sqsRecord(
        { MessageId: id, ReceiptHandle: id, Body, Attributes: {} },
        retriesQueueUrl,
      )
      await asRole(relay, 'Dispatch', () => relay.dispatch({ Records: [record] }, contextWith()))
    }
  }
  await dispatchEvents()
  const held = (await recordsOf(relay)).filter((record) => outcomeOf(record) === 'held')
  expect(held.map((record) => record.kind === 'delivery' && record.alert.name)).toContain(
    'silenced',
  )
  for (let minutes = 0; minutes < 5; minutes += 1) await dispatchDue(60_000)
  await dispatchDue(4 * 3_600_000)
  await asRole(relay, 'Dispatch', () => relay.sweep())
  await dispatchEvents()

  const outcomes = new Map<string, Set<string>>()
  for (const record of await recordsOf(relay)) {
    const name = record.kind === 'delivery' ? record.alert.name : 'event'
    outcomes.set(name, (outcomes.get(name) ?? new Set()).add(outcomeOf(record)))
  }
  expect(outcomes.get('grouped')).toEqual(new Set(['delivered']))
  expect(outcomes.get('lasting')).toEqual(new Set(['delivered', 'held']))
  expect(outcomes.get('silenced')).toEqual(new Set(['delivered']))
  expect(outcomes.get('dead')).toEqual(new Set(['dead']))
  expect(outcomes.get('self')).toContain('delivered')
  const told = sink.requests.map(({ body }) => String(body)).join('\n')
  for (const text of ['3 events of 3 objects', 'gone is dead: HTTP 410', 'lost is not ready']) {
    expect(told).toContain(text)
  }
}, 60_000)
