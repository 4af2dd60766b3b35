import { createHmac } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import { awsRelay, configBody } from '../support/aws-relay.ts'
import { shown } from '../support/delivery-records.ts'
import { contextWith, pollOnce, sqsRecord } from '../support/event-source-mapping.ts'
import { httpApiEvent } from '../support/http-api-event.ts'
import { providerObject } from '../support/notification-objects.ts'
import { jsonBodies, type SinkAnswers, startSink } from '../support/recording-sink.ts'
import { alert, answer, provider } from '../support/relay-harness.ts'
import { kustomizationEvent } from '../support/relay-manifests.ts'

const { open } = awsRelay()
const TOKEN = 'a-token'
const BEARER = { authorization: `Bearer ${TOKEN}` }
const MINUTE_MS = 60_000
const COMMIT = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'

/** A relay whose cluster `prod` posts everything to a sink. */
async function openWithSink(answers: SinkAnswers) {
  const relay = await open()
  const sink = await startSink(answers)
  await relay.setTokens('prod', [TOKEN])
  await relay.setSecret('prod', 'sink', { address: `${sink.url}/hook` })
  await relay.setSecret('prod', 'other', { address: `${sink.url}/other` })
  return { relay, sink }
}

type Relay = Awaited<ReturnType<typeof open>>

function put(relay: Pick<Relay, 'reconcileConfig'>, body: string) {
  const request = { method: 'PUT', resource: 'config', cluster: 'prod', headers: BEARER } as const
  return relay.reconcileConfig(httpApiEvent({ ...request, body }))
}

function post(relay: Pick<Relay, 'ingest'>, ...events: readonly object[]) {
  const headers = { ...BEARER, 'content-encoding': 'gzip' }
  const request = { method: 'POST', resource: 'events', cluster: 'prod', headers } as const
  return relay.ingest(httpApiEvent({ ...request, body: gzipSync(JSON.stringify(events)) }))
}

it('the answer to a configuration says what bounds a try of a Provider that wants more time', async () => {
  const { relay } = await openWithSink({})
  const providers = ['15s', '16s', '51s'].map((timeout, index) =>
    providerObject(`slack-${index}`, { timeout }),
  )
  const takenAt = new Date().toISOString()
  const answer = await put(relay, JSON.stringify({ takenAt, alerts: [], providers }))
  const { objects } = JSON.parse(String(answer.body))
  expect(objects.map(({ message }: { readonly message: string }) => message)).toEqual([
    'Initialized',
    'Initialized; spec.timeout: on AWS a first try takes 15s at most',
    'Initialized; spec.timeout: on AWS a first try takes 15s at most, a later one 50s at most',
  ])
})

describe('functions, end to end', () => {
  it('delivers an event, and does not again when the message comes again', async () => {
    const { relay, sink } = await openWithSink({ 'POST /hook': { status: 200 } })
    expect(await put(relay, configBody(Date.now()))).toMatchObject({ statusCode: 200 })
    const answer = await post(relay, kustomizationEvent('podinfo', '3f2c9a1'))
    expect(answer).toMatchObject({ statusCode: 202, body: '{"accepted":1,"rejected":[]}' })

    const { eventsQueueUrl } = relay.environment
    const { records, failed } = await pollOnce(relay.clients.sqs, eventsQueueUrl, relay.dispatch)
    expect([records.length, failed]).toEqual([1, []])
    expect(jsonBodies(sink)).toMatchObject([{ involvedObject: { name: 'podinfo' } }])

    const again = await relay.dispatch({ Records: [...records] }, contextWith())
    expect(again).toEqual({ batchItemFailures: [] })
    expect(sink.requests).toHaveLength(1)
    expect(relay.decisions.map(({ record }) => record.outcome)).toEqual(['delivered'])
    expect(await pollOnce(relay.clients.sqs, eventsQueueUrl, relay.dispatch)).toMatchObject({
      records: [],
    })
  })

  it('sends what waited for a configuration as soon as it has come', async () => {
    const { relay, sink } = await openWithSink({ 'POST /hook': { status: 200 } })
    const { eventsQueueUrl, retriesQueueUrl } = relay.environment
    await post(relay, kustomizationEvent('podinfo', '3f2c9a1'))
    await pollOnce(relay.clients.sqs, eventsQueueUrl, relay.dispatch)
    expect(relay.decisions.map(({ record }) => record.outcome)).toEqual(['retry'])
    expect(await put(relay, configBody(Date.now()))).toMatchObject({ statusCode: 200 })

    const [waiting] = await relay.ports.ledger
      .list({ cluster: 'prod' }, 1)
      .then((it) => it.records.map(shown))
    const dueAt = relay.ports.clock.now()
    expect(waiting).toMatchObject({ why: 'configuration', attempt: 3, dueAt })
    const { records, failed } = await pollOnce(relay.clients.sqs, retriesQueueUrl, relay.dispatch)
    expect([records.length, failed]).toEqual([1, []])
    expect(sink.requests).toHaveLength(1)

    // The message of the attempt before is hidden in the queue; here it comes when it is due.
    relay.time.offsetMs = 7_000
    const body = { deliveryId: waiting?.id, attempt: 2, dueAt }
    const message = { MessageId: '2', ReceiptHandle: 'x', Body: JSON.stringify(body) }
    const stale = { Records: [sqsRecord(message, retriesQueueUrl)] }
    expect(await relay.dispatch(stale, contextWith())).toEqual({ batchItemFailures: [] })
    expect(sink.requests).toHaveLength(1)
  })

  it.each<[string, string, string, string[]]>([
    ['of another Provider', '"name":"sink"', '"name":"other"', ['POST /hook', 'POST /other']],
    ['of a suspended Alert', '"providerRef"', '"suspend":true,"providerRef"', ['POST /hook']],
    ['of other objects', '"name":"*"', '"name":"else"', ['POST /hook']],
    [
      'that exclude its message',
      '"providerRef"',
      '"exclusionList":[""],"providerRef"',
      ['POST /hook'],
    ],
  ])('dispatches by rules %s as soon as they are taken', async (_, was, is, sent) => {
    const routes = { 'POST /hook': { status: 200 }, 'POST /other': { status: 200 } }
    const { relay, sink } = await openWithSink(routes)
    const deliver = async (name: string) => {
      await post(relay, kustomizationEvent(name, '3f2c9a1'))
      await pollOnce(relay.clients.sqs, relay.environment.eventsQueueUrl, relay.dispatch)
    }
    const takenAt = Date.now()
    await put(relay, configBody(takenAt))
    await deliver('one')
    const changed = configBody(takenAt + 1).replaceAll(was, is)
    expect(await put(relay, changed)).toMatchObject({ statusCode: 200 })
    await deliver('two')
    expect(sink.requests.map(({ line }) => line)).toEqual(sent)
    expect(relay.decisions).toHaveLength(2)
  })

  it('delivers what it put back when a store failed', async () => {
    const { relay } = await openWithSink({ 'POST /hook': { status: 200 } })
    const { eventsQueueUrl } = relay.environment
    await put(relay, configBody(Date.now()))
    await post(relay, kustomizationEvent('podinfo', '3f2c9a1'))
    vi.spyOn(relay.ports.ledger, 'readMany').mockRejectedValueOnce(new Error('throttled'))
    const first = await pollOnce(relay.clients.sqs, eventsQueueUrl, relay.dispatch)
    expect(first.failed).toEqual(first.records.map(({ messageId }) => messageId))
    const second = await pollOnce(relay.clients.sqs, eventsQueueUrl, relay.dispatch)
    expect([second.records.length, second.failed]).toEqual([1, []])
    expect(relay.decisions.map(({ record }) => record.outcome)).toEqual(['delivered'])
  })

  it('shows a success that is stamped before the error it follows', async () => {
    const path = `/api/v4/projects/group%2Fproject/statuses/${COMMIT}`
    const { relay, sink } = await openWithSink({ [`POST ${path}`]: { status: 201 } })
    await relay.setSecret('prod', 'sink', {
      address: `${sink.url}/group/project`,
      token: 'glpat-x',
    })
    await put(relay, configBody(Date.now()).replace('"generic"', '"gitlab"'))
    const success = kustomizationEvent('podinfo', COMMIT)
    const [now, anHourAgo] = [0, 60 * MINUTE_MS].map((ago) => new Date(Date.now() - ago))
    const failure = { ...success, severity: 'error', reason: 'HealthCheckFailed' }
    for (const event of [
      { ...failure, timestamp: now?.toISOString() },
      { ...success, timestamp: anHourAgo?.toISOString() },
    ]) {
      await post(relay, event)
      await pollOnce(relay.clients.sqs, relay.environment.eventsQueueUrl, relay.dispatch)
    }
    expect(jsonBodies(sink)).toMatchObject([{ state: 'failed' }, { state: 'success' }])
  })

  it('takes a signed body', async () => {
    const { relay } = await openWithSink({})
    const body = JSON.stringify(kustomizationEvent('podinfo', '3f2c9a1'))
    const digest = createHmac('sha256', TOKEN).update(body).digest('hex')
    const request = { method: 'POST', resource: 'events', cluster: 'prod', body } as const
    const sign = (hex: string) =>
      relay.ingest(httpApiEvent({ ...request, headers: { 'x-signature': `sha256=${hex}` } }))
    expect(await sign(digest)).toMatchObject({ statusCode: 202 })
    expect(await sign('0'.repeat(64))).toMatchObject({ statusCode: 401 })
  })

  it('follows a new configuration within 5 s', async () => {
    const { relay, sink } = await openWithSink({
      'POST /hook': { status: 200 },
      'POST /other': { status: 200 },
    })
    const { eventsQueueUrl } = relay.environment
    await put(relay, configBody(Date.now()))
    await post(relay, kustomizationEvent('one', '3f2c9a1'))
    await pollOnce(relay.clients.sqs, eventsQueueUrl, relay.dispatch)
    await put(relay, configBody(Date.now(), 'other'))
    relay.time.offsetMs = 5_000
    await post(relay, kustomizationEvent('two', '3f2c9a1'))
    await pollOnce(relay.clients.sqs, eventsQueueUrl, relay.dispatch)
    expect(sink.requests.map(({ line }) => line)).toEqual(['POST /hook', 'POST /other'])
  })
})

describe('retries', () => {
  it('hops until it is due, then tries again', async () => {
    const { relay, sink } = await openWithSink({
      'POST /hook': (_, earlier) => ({ status: earlier === 0 ? 503 : 200 }),
    })
    const { eventsQueueUrl, retriesQueueUrl } = relay.environment
    await put(relay, configBody(Date.now()))
    await post(relay, kustomizationEvent('podinfo', '3f2c9a1'))
    await pollOnce(relay.clients.sqs, eventsQueueUrl, relay.dispatch)
    const [decision] = relay.decisions
    if (!decision) throw new Error('nothing was decided')
    const { id: deliveryId, attempt, dueAt = 0, outcome } = decision.record
    expect(outcome).toBe('retry')

    const sendRetries = vi.spyOn(relay.ports.queue, 'sendRetries')
    const message = { deliveryId, attempt, dueAt }
    const body = { MessageId: 'retry', Body: JSON.stringify(message) }
    const batch = { Records: [sqsRecord(body, retriesQueueUrl)] }
    expect(await relay.dispatch(batch, contextWith())).toEqual({ batchItemFailures: [] })
    expect(sendRetries.mock.calls).toEqual([[[message]]])
    expect(sink.requests).toHaveLength(1)

    relay.time.offsetMs = MINUTE_MS
    expect(await relay.dispatch(batch, contextWith())).toEqual({ batchItemFailures: [] })
    expect(sink.requests).toHaveLength(2)
    expect(relay.decisions.at(-1)?.record.outcome).toBe('delivered')
  })

  it('belong to the group of their cluster, and stay in it while they hop', async () => {
    const { relay } = await openWithSink({ 'POST /hook': { status: 503 } })
    const { eventsQueueUrl, retriesQueueUrl } = relay.environment
    const send = vi.spyOn(relay.clients.sqs, 'send')
    const groups = () =>
      send.mock.calls
        .map(([command]) => command.input as { QueueUrl?: string; Entries?: unknown })
        .flatMap(({ QueueUrl, Entries }) => (QueueUrl === retriesQueueUrl ? [Entries] : []))
        .flat()
    await put(relay, configBody(Date.now()))
    await post(relay, kustomizationEvent('podinfo', '3f2c9a1'))
    await pollOnce(relay.clients.sqs, eventsQueueUrl, relay.dispatch)
    expect(groups()).toMatchObject([{ MessageGroupId: 'prod' }])
    const dueAt = Date.now() + 3_600_000
    const message = {
      MessageId: 'retry',
      Body: JSON.stringify({ v: 1, deliveryId: 'd', attempt: 2, dueAt }),
      Attributes: { MessageGroupId: 'prod' },
    }
    await relay.dispatch({ Records: [sqsRecord(message, retriesQueueUrl)] }, contextWith())
    expect(groups()).toMatchObject([{ MessageGroupId: 'prod' }, { MessageGroupId: 'prod' }])
  })

  it('get the whole time of their Provider, and the first try 15 s', async () => {
    const { relay } = await openWithSink({})
    const timeouts: number[] = []
    relay.ports.http.send = async (_, { timeoutMs }) => {
      timeouts.push(timeoutMs)
      return answer(503)
    }
    for (const timeout of ['45s', '14s', '15m']) {
      await relay.ports.configs.replace(
        await reconcile(
          'prod',
          [
            provider('a', { type: 'generic', address: 'https://a.test/', timeout }),
            alert('a', 'a'),
          ],
          Date.now(),
          relay.ports.secrets,
        ),
      )
      await post(relay, kustomizationEvent(`of-${timeout}`, '3f2c9a1'))
      await pollOnce(relay.clients.sqs, relay.environment.eventsQueueUrl, relay.dispatch)
      const { id: deliveryId, attempt, dueAt = 0 } = relay.decisions.at(-1)?.record ?? {}
      relay.time.offsetMs += dueAt - relay.ports.clock.now() + 1_000
      const body = { MessageId: 'retry', Body: JSON.stringify({ deliveryId, attempt, dueAt }) }
      const Records = [sqsRecord(body, relay.environment.retriesQueueUrl)]
      await relay.dispatch({ Records }, contextWith())
    }
    expect(timeouts).toEqual([15_000, 45_000, 14_000, 14_000, 15_000, 50_000])
  })
})
