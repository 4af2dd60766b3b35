import { expect, it } from 'vitest'
import { createUnfinishedWakes } from '../../functions/shared/unfinished-wakes.ts'
import { asRole } from '../support/as-role.ts'
import { awsRelay, configBody } from '../support/aws-relay.ts'
import { contextWith, pollOnce } from '../support/event-source-mapping.ts'
import { httpApiEvent } from '../support/http-api-event.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { memoryPorts } from '../support/memory-ports.ts'
import { startSink } from '../support/recording-sink.ts'
import { kustomizationEvent } from '../support/relay-manifests.ts'

const { open } = awsRelay()
const TOKEN = 'a-token'
const request = { cluster: 'prod', headers: { authorization: `Bearer ${TOKEN}` } } as const

it('lets a sweep send what the time of a configuration was too short for', async () => {
  const relay = await open()
  const { ports, environment, clients, time } = relay
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  await relay.setTokens('prod', [TOKEN])
  await relay.setSecret('prod', 'sink', { address: `${sink.url}/hook` })
  const body = JSON.stringify(['a', 'b', 'c'].map((name) => kustomizationEvent(name, '3f2c9a1')))
  await relay.ingest(httpApiEvent({ ...request, method: 'POST', resource: 'events', body }))
  const drain = async (url: string) => {
    while ((await pollOnce(clients.sqs, url, relay.dispatch)).records.length > 0);
  }
  await drain(environment.eventsQueueUrl)
  time.offsetMs = 1_000

  relay.configTime.begin(contextWith(11_999))
  const put = httpApiEvent({
    ...{ ...request, method: 'PUT', resource: 'config' },
    body: configBody(ports.clock.now()),
  })
  const stored = await asRole(relay, 'ReconcileConfig', () => relay.reconcileConfig(put))
  expect(stored).toMatchObject({ statusCode: 200 })
  const dueTimes = async () => {
    const { records } = await ports.ledger.list({ cluster: 'prod', outcome: 'retry' }, 10)
    return records.map((record) => record.kind !== 'unreadable' && Object(record.status).dueAt)
  }
  expect(Math.min(...(await dueTimes()))).toBeGreaterThan(ports.clock.now())

  await asRole(relay, 'Dispatch', () => relay.sweep())
  expect(await dueTimes()).toEqual(Array(3).fill(ports.clock.now()))
  await drain(environment.retriesQueueUrl)
  expect(sink.requests).toHaveLength(3)
  expect(await createUnfinishedWakes(ports).list()).toEqual([])
})

it('keeps unfinished wakes for an hour, the latest of each cluster', async () => {
  const clock = new ManualClock()
  const wakes = createUnfinishedWakes(memoryPorts(clock))
  const [a, later, b] = [
    { cluster: 'a', begunAt: clock.now() },
    { cluster: 'a', begunAt: clock.now() + 1 },
    { cluster: 'b', begunAt: clock.now() + 1 },
  ]
  await Promise.all([wakes.add(a), wakes.add(b)])
  await wakes.add(later)
  await wakes.remove(a)
  expect(await wakes.list()).toEqual([b, later])
  await wakes.remove(later)
  expect(await wakes.list()).toEqual([b])
  clock.advance(3_600_001)
  expect(await wakes.list()).toEqual([])
})
