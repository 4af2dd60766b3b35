import { expect, it } from 'vitest'
import { asRole } from '../support/as-role.ts'
import { awsRelay, configBody } from '../support/aws-relay.ts'
import { pollOnce } from '../support/event-source-mapping.ts'
import { httpApiEvent } from '../support/http-api-event.ts'
import { intercept } from '../support/intercept.ts'
import { startSink } from '../support/recording-sink.ts'
import { kustomizationEvent } from '../support/relay-manifests.ts'

const { open } = awsRelay()
const TOKEN = 'a-token'
const request = { cluster: 'prod', headers: { authorization: `Bearer ${TOKEN}` } } as const
const MINUTE_MS = 60_000

/** A relay with a delivery that waits for its Secret. */
async function waiting() {
  const relay = await open()
  const { ports, environment, clients, time } = relay
  await relay.setTokens('prod', [TOKEN])
  const put = async (asIs = false) => {
    const event = httpApiEvent({
      ...{ ...request, method: 'PUT', resource: 'config' },
      body: configBody(ports.clock.now()),
    })
    const work = () => relay.reconcileConfig(event)
    const answer = await (asIs ? work() : asRole(relay, 'ReconcileConfig', work))
    expect(answer).toMatchObject({ statusCode: 200 })
  }
  const drain = async (url: string) => {
    while ((await pollOnce(clients.sqs, url, relay.dispatch)).records.length > 0);
  }
  const attempt = async () => {
    const { records } = await ports.ledger.list({ cluster: 'prod', outcome: 'retry' }, 10)
    const [record] = records
    return record && record.kind !== 'unreadable' ? record.attempt : undefined
  }
  await put()
  const body = JSON.stringify([kustomizationEvent('a', '3f2c9a1')])
  await relay.ingest(httpApiEvent({ ...request, method: 'POST', resource: 'events', body }))
  await drain(environment.eventsQueueUrl)
  const later = () => {
    time.offsetMs += MINUTE_MS
  }
  return { relay, put, drain, attempt, later }
}

it('wakes what waits no more by a set that is sent again and again, until it changes', async () => {
  const { relay, put, drain, attempt, later } = await waiting()
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const first = (await attempt()) ?? Number.NaN
  later()
  // What came to wait while the set was new may have been missed.
  await put()
  expect(await attempt()).toBe(first + 1)
  for (let sent = 0; sent < 3; sent += 1) {
    later()
    await put()
  }
  expect(await attempt()).toBe(first + 1)

  await relay.setSecret('prod', 'sink', { address: `${sink.url}/hook` })
  later()
  await put()
  later()
  await drain(relay.environment.retriesQueueUrl)
  expect(sink.requests).toHaveLength(1)
})

it('sends what missed its Secret a moment before that came and a set followed', async () => {
  const { relay, put, drain } = await waiting()
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  await relay.setSecret('prod', 'sink', { address: `${sink.url}/hook` })
  await put()
  relay.time.offsetMs += 1_000
  await drain(relay.environment.retriesQueueUrl)
  expect(sink.requests).toHaveLength(1)
})

it('wakes by the same set after a wake that failed', async () => {
  const { relay, put, attempt, later } = await waiting()
  const first = (await attempt()) ?? Number.NaN
  const { dynamoDb } = relay.clients
  intercept(dynamoDb, async ({ operation, input }, pass) => {
    const isLedger = JSON.stringify(input).includes(relay.environment.ledgerTable)
    if (operation === 'Query' && isLedger) {
      throw Object.assign(new Error('the ledger is down'), { name: 'Crash' })
    }
    return pass()
  })
  later()
  await put(true)
  dynamoDb.middlewareStack.remove('intercept')
  expect(await attempt()).toBe(first)
  later()
  await put()
  expect(await attempt()).toBe(first + 1)
})
