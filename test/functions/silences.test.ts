import { expect, it } from 'vitest'
import { SILENCES_KNOWN_FOR_MS } from '../../functions/shared/silence-times.ts'
import { createSilence, expireSilence } from '../../relay/pipeline/silences/stored-silences.ts'
import { wakeSilenced } from '../../relay/pipeline/wake.ts'
import { awsRelay, configBody } from '../support/aws-relay.ts'
import { shown } from '../support/delivery-records.ts'
import { contextWith, pollOnce, sqsRecord } from '../support/event-source-mapping.ts'
import { httpApiEvent } from '../support/http-api-event.ts'
import { startSink } from '../support/recording-sink.ts'
import { kustomizationEvent } from '../support/relay-manifests.ts'

const { open } = awsRelay()
const TOKEN = 'a-token'
const HEADERS = { authorization: `Bearer ${TOKEN}` }
const HOUR_MS = 3_600_000

/** A relay whose cluster `prod` posts to a sink, as to Slack. */
async function openWithSink() {
  const relay = await open()
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  await relay.setTokens('prod', [TOKEN])
  await relay.setSecret('prod', 'sink', { address: `${sink.url}/hook` })
  const body = configBody(Date.now()).replace('"generic"', '"slack"')
  const request = { resource: 'config', cluster: 'prod', headers: HEADERS } as const
  await relay.reconcileConfig(httpApiEvent({ ...request, method: 'PUT', body }))
  const { sqs } = relay.clients
  const report = async (name: string, changes: object = {}) => {
    const event = { ...kustomizationEvent(name, '3f2c9a1'), ...changes }
    const sent = { method: 'POST', resource: 'events', cluster: 'prod', headers: HEADERS } as const
    await relay.ingest(httpApiEvent({ ...sent, body: JSON.stringify(event) }))
    await pollOnce(sqs, relay.environment.eventsQueueUrl, relay.dispatch)
  }
  /** Dispatches the message of the only record that waits, which the queue hides until it is due. */
  const retry = async () => {
    const { records } = await relay.ports.ledger.list({ cluster: 'prod', outcome: 'held' }, 10)
    const [{ id, attempt, dueAt } = { id: '', attempt: 0, dueAt: 0 }] = records.map(shown)
    const Body = JSON.stringify({ deliveryId: id, attempt, dueAt })
    const message = { MessageId: '1', ReceiptHandle: 'x', Body }
    const Records = [sqsRecord(message, relay.environment.retriesQueueUrl)]
    expect(await relay.dispatch({ Records }, contextWith())).toEqual({ batchItemFailures: [] })
  }
  return { relay, sink, report, retry }
}

const FAILURE = { severity: 'error', reason: 'HealthCheckFailed' }

it('a container that was frozen learns of a silence by its next event', async () => {
  const { relay, sink, report } = await openWithSink()
  await report('before')
  const endsAt = relay.ports.clock.now() + 2 * HOUR_MS
  const wanted = { match: 'true', reason: 'upgrade', endsAt, by: 'arn:aws:iam::1:user/ann' }
  const made = await createSilence(relay.ports, 'prod', wanted)
  if (made.kind !== 'created') throw new Error(made.reason)
  relay.time.frozenMs = SILENCES_KNOWN_FOR_MS
  await report('fails', FAILURE)
  expect(sink.requests).toHaveLength(1)
})

it('a silence holds failures back on AWS, over sweeps, until a person ends it', async () => {
  const { relay, sink, report, retry } = await openWithSink()
  const { ports } = relay
  await report('before')
  const endsAt = ports.clock.now() + 2 * HOUR_MS
  const wanted = { match: 'true', reason: 'upgrade', endsAt, by: 'arn:aws:iam::1:user/ann' }
  const made = await createSilence(ports, 'prod', wanted)
  if (made.kind !== 'created') throw new Error(made.reason)
  // A function that has just looked learns of it by its next look.
  await report('not-seen-yet')
  relay.time.offsetMs = SILENCES_KNOWN_FOR_MS
  await report('succeeds')
  await report('fails', FAILURE)
  expect(sink.requests).toHaveLength(2)
  expect(relay.decisions.map(({ record }) => [record.outcome, record.why])).toEqual([
    ...[
      ['delivered', undefined],
      ['delivered', undefined],
    ],
    ...[
      ['skipped', undefined],
      ['held', 'rule'],
    ],
  ])
  relay.time.offsetMs = HOUR_MS
  await relay.sweep()
  expect(sink.requests).toHaveLength(2)

  await expireSilence(ports, 'prod', made.silence.id, 'arn:aws:iam::1:user/bob')
  expect(await wakeSilenced(ports, 'prod', made.silence.id, SILENCES_KNOWN_FOR_MS)).toBe(1)
  relay.time.offsetMs += SILENCES_KNOWN_FOR_MS
  await retry()
  expect(sink.requests).toHaveLength(3)
})

it('a failure that lasts is told on AWS when its silence ends by itself, and one that has ended is not', async () => {
  const { relay, sink, report, retry } = await openWithSink()
  const { ports } = relay
  const endsAt = ports.clock.now() + 26 * HOUR_MS
  await createSilence(ports, 'prod', { match: 'true', reason: 'upgrade', endsAt })
  await report('ends', FAILURE)
  await report('ends')
  relay.time.offsetMs = 26 * HOUR_MS
  await retry()
  await createSilence(ports, 'prod', { match: 'true', reason: 'again', endsAt: endsAt + HOUR_MS })
  relay.time.offsetMs += SILENCES_KNOWN_FOR_MS
  await report('lasts', FAILURE)
  expect(sink.requests).toEqual([])
  relay.time.offsetMs = 27 * HOUR_MS
  await retry()
  expect(sink.requests).toHaveLength(1)
})
