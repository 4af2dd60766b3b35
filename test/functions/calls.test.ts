import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { describe, expect, it } from 'vitest'
import { type AwsRelay, awsRelay } from '../support/aws-relay.ts'
import { contextWith, pollOnce, sqsRecord } from '../support/event-source-mapping.ts'
import { httpApiEvent } from '../support/http-api-event.ts'
import { intercept } from '../support/intercept.ts'
import { startSink } from '../support/recording-sink.ts'
import { kustomizationEvent } from '../support/relay-manifests.ts'

const { open } = awsRelay()
const TOKEN = 'a-token'
const COMMIT = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const headers = { authorization: `Bearer ${TOKEN}` }

/** The calls of AWS while `work` runs, by name of table or queue and operation. */
async function callsOf({ environment, clients }: AwsRelay, work: () => Promise<unknown>) {
  const names = new Map(
    Object.entries(environment).map(([name, value]) => [String(value), name] as const),
  )
  const calls: Record<string, number> = {}
  const ends = Object.values(clients).map((client) =>
    intercept(client, ({ operation, input }, pass) => {
      const resources = resourcesOf(input).map((resource) => String(names.get(resource)))
      const call = `${resources.toSorted().join('+') || 'secrets'} ${operation}`
      calls[call] = (calls[call] ?? 0) + 1
      return pass()
    }),
  )
  await work()
  for (const end of ends) end()
  return calls
}

/** Of a read of several tables all of them. */
function resourcesOf(input: object): readonly string[] {
  const { TableName, QueueUrl, RequestItems } = input as Readonly<Record<string, unknown>>
  return TableName === undefined && QueueUrl === undefined
    ? Object.keys(Object(RequestItems))
    : [String(TableName ?? QueueUrl)]
}

function configOf(type: string): string {
  const metadata = { name: 'sink', namespace: 'flux-system' }
  const apiVersion = 'notification.toolkit.fluxcd.io/v1beta3'
  const eventSources = [{ kind: 'Kustomization', name: '*' }]
  const alert = { providerRef: metadata, eventSources }
  return JSON.stringify({
    takenAt: new Date().toISOString(),
    providers: [{ apiVersion, kind: 'Provider', metadata, spec: { type, secretRef: metadata } }],
    alerts: [{ apiVersion, kind: 'Alert', metadata, spec: alert }],
  })
}

/** A relay with one Provider, whose caches are filled as in a container that has been at work. */
async function openWith(type: string, secret: Readonly<Record<string, string>>) {
  const relay = await open()
  await relay.setTokens('prod', [TOKEN])
  await relay.setSecret('prod', 'sink', secret)
  const request = { cluster: 'prod', headers } as const
  const put = { ...request, method: 'PUT', resource: 'config', body: configOf(type) } as const
  expect(await relay.reconcileConfig(httpApiEvent(put))).toMatchObject({ statusCode: 200 })

  const post = (...names: readonly string[]) => {
    const body = JSON.stringify(names.map((name) => kustomizationEvent(name, COMMIT)))
    return relay.ingest(httpApiEvent({ ...request, method: 'POST', resource: 'events', body }))
  }
  const dispatch = () =>
    pollOnce(relay.clients.sqs, relay.environment.eventsQueueUrl, relay.dispatch)
  await post('first')
  await dispatch()
  return {
    relay,
    callsOfIngest: (...names: readonly string[]) => callsOf(relay, () => post(...names)),
    callsOfDispatch: () => callsOf(relay, dispatch),
  }
}

/** What Lambda's poller does, and what every event is looked up and recorded by. */
const EACH_EVENT = {
  'eventsQueueUrl ReceiveMessage': 1,
  'eventsQueueUrl DeleteMessage': 1,
  'configTable+ledgerTable+stateTable BatchGetItem': 1,
  'ledgerTable PutItem': 1,
}

// The costs in docs/aws.md are made of these.
describe('an event in a container that has been at work', () => {
  it('costs one batch of SQS, shared by ten events, to take', async () => {
    const sink = await startSink({ 'POST /hook': { status: 200 } })
    const { callsOfIngest } = await openWith('generic', { address: `${sink.url}/hook` })
    const names = Array.from({ length: 10 }, (_, index) => `app-${index}`)
    expect(await callsOfIngest(...names)).toEqual({ 'eventsQueueUrl SendMessageBatch': 1 })
  })

  it('costs one read of all that is known, shared by the objects of a batch', async () => {
    const sink = await startSink({ 'POST /hook': { status: 200 } })
    const { relay, callsOfIngest } = await openWith('generic', { address: `${sink.url}/hook` })
    await callsOfIngest('a', 'b', 'c', 'd')
    const { sqs } = relay.clients
    const { eventsQueueUrl: QueueUrl } = relay.environment
    const receive = new ReceiveMessageCommand({
      ...{ QueueUrl, MaxNumberOfMessages: 10 },
      MessageSystemAttributeNames: ['All'],
    })
    const { Messages: messages = [] } = await sqs.send(receive)
    expect(messages).toHaveLength(4)
    const calls = await callsOf(relay, () => {
      const records = messages.map((message) => sqsRecord(message, QueueUrl))
      return relay.dispatch({ Records: records }, contextWith())
    })
    expect(calls).toEqual({
      'configTable+ledgerTable+stateTable BatchGetItem': 1,
      'stateTable PutItem': 4,
      'ledgerTable PutItem': 4,
    })
  })

  it('costs half a unit for each key of the ledger, but not where it may have been written a moment ago', async () => {
    const sink = await startSink({ 'POST /hook': { status: 200 } })
    const { relay, callsOfIngest } = await openWith('generic', { address: `${sink.url}/hook` })
    await callsOfIngest('a', 'b', 'c')
    const { eventsQueueUrl: QueueUrl } = relay.environment
    const { Messages: messages = [] } = await relay.clients.sqs.send(
      new ReceiveMessageCommand({
        ...{ QueueUrl, MaxNumberOfMessages: 10 },
        MessageSystemAttributeNames: ['All'],
      }),
    )
    const [first, behind, again] = messages.map((message) => sqsRecord(message, QueueUrl))
    if (!first || !behind || !again) throw new Error('not three messages')
    const { MessageGroupId } = first.attributes
    const consistent: unknown[] = []
    const end = intercept(relay.clients.dynamoDb, ({ operation, input }, pass) => {
      const { RequestItems } = input as {
        RequestItems?: Record<string, { ConsistentRead: boolean }>
      }
      if (operation === 'BatchGetItem')
        consistent.push(RequestItems?.[relay.environment.ledgerTable]?.ConsistentRead)
      return pass()
    })
    const dispatch = async (...Records: (typeof first)[]) => {
      await relay.dispatch({ Records }, contextWith())
      return consistent.splice(0)
    }
    const inGroup = {
      ...behind,
      attributes: { ...behind.attributes, ...(MessageGroupId && { MessageGroupId }) },
    }
    expect(await dispatch(first, inGroup)).toEqual([false, true])
    const received = { ...again.attributes, ApproximateReceiveCount: '2' }
    expect(await dispatch({ ...again, attributes: received })).toEqual([true])
    end()
    expect(sink.requests).toHaveLength(4)
  })

  it('costs one read of three tables and two writes of DynamoDB to post', async () => {
    const sink = await startSink({ 'POST /hook': { status: 200 } })
    const { callsOfIngest, callsOfDispatch } = await openWith('generic', {
      address: `${sink.url}/hook`,
    })
    await callsOfIngest('second')
    expect(await callsOfDispatch()).toEqual({
      ...EACH_EVENT,
      'stateTable PutItem': 1,
    })
    expect(sink.requests).toHaveLength(2)
  })

  it('costs one more read and two more writes to set a commit status', async () => {
    const path = `POST /api/v4/projects/group%2Fproject/statuses/${COMMIT}`
    const sink = await startSink({ [path]: { status: 201 } })
    const { callsOfIngest, callsOfDispatch } = await openWith('gitlab', {
      address: `${sink.url}/group/project`,
      token: 'glpat-x',
    })
    await callsOfIngest('second')
    expect(await callsOfDispatch()).toEqual({
      ...EACH_EVENT,
      'stateTable BatchGetItem': 1,
      'stateTable PutItem': 3,
    })
    expect(sink.requests).toHaveLength(2)
  })

  it('costs one read of what is known of its object, beside the ledger, to try again', async () => {
    const sink = await startSink({ 'POST /hook': { status: 503 } })
    const { relay, callsOfIngest, callsOfDispatch } = await openWith('generic', {
      address: `${sink.url}/hook`,
    })
    await callsOfIngest('second')
    await callsOfDispatch()
    const { id: deliveryId, attempt, dueAt } = relay.decisions.at(-1)?.record ?? {}
    const body = { MessageId: 'retry', Body: JSON.stringify({ deliveryId, attempt, dueAt }) }
    relay.time.offsetMs = 60_000
    const calls = await callsOf(relay, () => {
      const records = [sqsRecord(body, relay.environment.retriesQueueUrl)]
      return relay.dispatch({ Records: records }, contextWith())
    })
    expect(calls).toMatchObject({
      'configTable BatchGetItem': 1,
      'ledgerTable BatchGetItem': 1,
      'ledgerTable PutItem': 1,
      'stateTable BatchGetItem': 1,
      'retriesQueueUrl SendMessageBatch': 1,
    })
    expect(calls).not.toHaveProperty('stateTable PutItem')
  })

  it('costs one more message and one more write for each retry', async () => {
    const sink = await startSink({ 'POST /hook': { status: 503 } })
    const { callsOfIngest, callsOfDispatch } = await openWith('generic', {
      address: `${sink.url}/hook`,
    })
    await callsOfIngest('second')
    expect(await callsOfDispatch()).toMatchObject({ 'retriesQueueUrl SendMessageBatch': 1 })
  })
})
