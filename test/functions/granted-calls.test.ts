import { expect, it } from 'vitest'
import { secretId } from '../../adapters/aws/secret-ids.ts'
import { encodeRetry } from '../../adapters/aws/sqs-message.ts'
import { putFleetConfig } from '../../relay/api/put-config.ts'
import { type LedgerRecord, outcomeOf } from '../../relay/model/delivery.ts'
import { FLEET, FLEET_SECRETS_NAMESPACE } from '../../relay/model/fleet.ts'
import { createSilence, expireSilence } from '../../relay/pipeline/silences/stored-silences.ts'
import { asRole } from '../support/as-role.ts'
import { type AwsRelay, awsRelay } from '../support/aws-relay.ts'
import { putSecret } from '../support/aws-secrets.ts'
import { contextWith, pollOnce, sqsRecord } from '../support/event-source-mapping.ts'
import { httpApiEvent } from '../support/http-api-event.ts'
import { type SinkAnswers, startSink } from '../support/recording-sink.ts'

const { open } = awsRelay()
const CLUSTER = 'prod'
const HASH = '1'.repeat(40)
const headers = { authorization: 'Bearer a-token' }
const request = { cluster: CLUSTER, headers }

const metadata = (name: string, annotations: Readonly<Record<string, string>> = {}) => ({
  ...{ name, namespace: 'flux-system' },
  annotations: Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [`flux-relay.io/${key}`, value]),
  ),
})
const apiVersion = 'notification.toolkit.fluxcd.io/v1beta3'

function provider(name: string, type: string, address: string, secret?: string) {
  const secretRef = secret !== undefined && { secretRef: { name: secret } }
  return {
    apiVersion,
    kind: 'Provider',
    metadata: metadata(name),
    spec: { type, address, ...secretRef },
  }
}

function alert(name: string, to: string, annotations: Readonly<Record<string, string>>) {
  const eventSources = [{ kind: 'Kustomization', name: '*' }]
  const spec = { providerRef: { name: to }, eventSources }
  return { apiVersion, kind: 'Alert', metadata: metadata(name, annotations), spec }
}

function event(name: string, severity: string, reason: string) {
  const involvedObject = {
    ...{ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' },
    ...{ namespace: 'flux-system', name },
  }
  const revision = { 'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${HASH}` }
  return { involvedObject, severity, reason, message: `${reason} of ${name}`, metadata: revision }
}

const failure = (name: string) => event(name, 'error', 'HealthCheckFailed')
const success = (name: string) => event(name, 'info', 'ReconciliationSucceeded')

/** The functions of a relay, each with its own rights, and a destination. */
async function openWithRights(answers: SinkAnswers) {
  const sink = await startSink(answers)
  const relay = await open()
  const { sqs } = relay.clients
  await relay.setTokens(CLUSTER, ['a-token'])
  return {
    relay,
    sink,
    async put(set: object) {
      const takenAt = new Date(relay.ports.clock.now()).toISOString()
      const body = JSON.stringify({ takenAt, ...set })
      const put = httpApiEvent({ ...request, method: 'PUT', resource: 'config', body })
      const stored = await asRole(relay, 'ReconcileConfig', () => relay.reconcileConfig(put))
      expect(stored).toMatchObject({ statusCode: 200 })
    },
    async post(...events: readonly object[]) {
      const body = JSON.stringify(events)
      const post = httpApiEvent({ ...request, method: 'POST', resource: 'events', body })
      await asRole(relay, 'Ingest', () => relay.ingest(post))
    },
    /** Dispatches all events that are queued, those of the relay about itself included. */
    async dispatchEvents() {
      const { eventsQueueUrl } = relay.environment
      const dispatch: AwsRelay['dispatch'] = (batch, context) =>
        asRole(relay, 'Dispatch', () => relay.dispatch(batch, context))
      for (;;) {
        const { records, failed } = await pollOnce(sqs, eventsQueueUrl, dispatch)
        expect(failed).toEqual([])
        if (records.length === 0) return
      }
    },
    /** Lets time pass, and brings what is due then. */
    async dispatchDue(ms: number) {
      relay.time.offsetMs += ms
      const now = relay.ports.clock.now()
      for (const { id, attempt, status } of await recordsOf(relay)) {
        if (status.kind !== 'waiting' || status.dueAt > now) continue
        const Body = encodeRetry({ deliveryId: id, attempt, dueAt: status.dueAt })
        const message = { MessageId: id, ReceiptHandle: id, Body, Attributes: {} }
        const Records = [sqsRecord(message, relay.environment.retriesQueueUrl)]
        await asRole(relay, 'Dispatch', () => relay.dispatch({ Records }, contextWith()))
      }
    },
    /** The outcomes of the deliveries of each Alert. */
    async outcomes() {
      const outcomes = new Map<string, Set<string>>()
      for (const record of await recordsOf(relay)) {
        const name = record.kind === 'delivery' ? record.alert.name : 'event'
        outcomes.set(name, (outcomes.get(name) ?? new Set()).add(outcomeOf(record)))
      }
      return outcomes
    },
  }
}

/** All records of the cluster, with as many as one page has. */
async function recordsOf({ ports }: AwsRelay): Promise<readonly LedgerRecord[]> {
  const { records } = await ports.ledger.list({ cluster: CLUSTER }, 200)
  return records.filter((record) => record.kind !== 'unreadable')
}

it('what rules that hold back make a function do is what its role allows', async () => {
  const running = await openWithRights({
    'POST /chat': { status: 200 },
    'POST /gone': { status: 410 },
  })
  const { relay, sink } = running
  const { ports } = relay
  await running.put({
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
      alert('quiet', 'chat', {}),
    ],
    silences: [
      {
        ...{ apiVersion: 'flux-relay.io/v1alpha1', kind: 'Silence', metadata: metadata('night') },
        spec: {
          match: "alert.metadata.name == 'silenced'",
          reason: 'nobody is awake',
          endsAt: new Date(ports.clock.now() + 3_600_000).toISOString(),
        },
      },
    ],
  })
  const made = await createSilence(ports, CLUSTER, {
    match: "alert.metadata.name == 'quiet'",
    reason: 'upgrade',
    endsAt: ports.clock.now() + 7_200_000,
  })
  await asRole(relay, 'ReconcileConfig', () => relay.check())
  await running.post(...['a', 'b', 'c'].map(failure))
  await running.dispatchEvents()
  const held = (await recordsOf(relay)).filter((record) => outcomeOf(record) === 'held')
  const alerts = new Set(held.map((record) => record.kind === 'delivery' && record.alert.name))
  expect(alerts).toEqual(new Set(['grouped', 'lasting', 'silenced', 'quiet']))
  for (let minutes = 0; minutes < 5; minutes += 1) await running.dispatchDue(60_000)
  if (made.kind === 'created') await expireSilence(ports, CLUSTER, made.silence.id)
  await running.dispatchDue(4 * 3_600_000)
  await asRole(relay, 'Dispatch', () => relay.sweep())
  await running.dispatchEvents()

  const outcomes = await running.outcomes()
  expect(outcomes.get('grouped')).toEqual(new Set(['delivered']))
  expect(outcomes.get('lasting')).toEqual(new Set(['delivered', 'held']))
  expect(outcomes.get('silenced')).toEqual(new Set(['delivered']))
  expect(outcomes.get('quiet')).toEqual(new Set(['delivered']))
  expect(outcomes.get('dead')).toEqual(new Set(['dead']))
  expect(outcomes.get('self')).toContain('delivered')
  const told = sink.requests.map(({ body }) => String(body)).join('\n')
  for (const text of [
    ...['3 events of 3 objects', 'gone is dead: HTTP 410', 'lost is not ready'],
    'Still failing since',
  ]) {
    expect(told).toContain(text)
  }
}, 60_000)

it('what remembers or leads elsewhere makes a function do what its role allows', async () => {
  const deployments = '/api/v3/repos/example/fleet/deployments'
  const environment = 'prod/kustomization/flux-system/a'
  const listed = new URLSearchParams({ sha: HASH, environment, per_page: '30' })
  const posted = { status: 200, body: JSON.stringify({ ok: true, channel: 'C1', ts: '1.1' }) }
  const { relay, sink, ...running } = await openWithRights({
    'POST /api/chat.postMessage': posted,
    'POST /api/chat.update': posted,
    'POST /alerts': { status: 200 },
    'POST /fleet': { status: 200 },
    [`GET ${deployments}?${listed}`]: { status: 200, body: '[]' },
    [`POST ${deployments}`]: { status: 201, body: JSON.stringify({ id: 7, sha: HASH }) },
    [`POST ${deployments}/7/statuses`]: { status: 201, body: JSON.stringify({ id: 1 }) },
  })
  await relay.setSecret(CLUSTER, 'token', { token: 'a-secret-token' })
  const id = secretId(relay.environment.secretPrefix, FLEET, FLEET_SECRETS_NAMESPACE, 'hook')
  await putSecret(
    relay.clients.secretsManager,
    id,
    JSON.stringify({ address: `${sink.url}/fleet` }),
  )
  const hook = {
    ...{ apiVersion, kind: 'Provider', spec: { type: 'generic', secretRef: { name: 'hook' } } },
    metadata: { name: 'hook', annotations: { 'flux-relay.io/allow-clusters': CLUSTER } },
  }
  const takenAt = new Date(relay.ports.clock.now()).toISOString()
  const fleet = Buffer.from(JSON.stringify({ takenAt, providers: [hook] }))
  expect((await putFleetConfig(relay.ports, { body: fleet })).status).toBe(200)
  await running.put({
    providers: [
      provider('bot', 'slack', `${sink.url}/api/chat.postMessage`, 'token'),
      provider('am', 'alertmanager', `${sink.url}/alerts`),
      provider('deployments', 'githubdeployment', `${sink.url}/example/fleet`, 'token'),
    ],
    alerts: [
      alert('threaded', 'bot', { thread: 'object', when: "last[?'reason'].orValue('') != 'x'" }),
      alert('incidents', 'am', { 'incident-key': 'cluster' }),
      alert('deployed', 'deployments', {}),
      alert('of-the-fleet', 'none', { provider: '_fleet/hook' }),
    ],
  })
  await running.post(failure('a'))
  await running.dispatchEvents()
  await running.post(success('a'))
  await running.dispatchEvents()
  for (let tries = 0; tries < 3; tries += 1) await running.dispatchDue(60_000)

  const names = ['threaded', 'incidents', 'deployed', 'of-the-fleet']
  expect(await running.outcomes()).toEqual(
    new Map(names.map((name) => [name, new Set(['delivered'])])),
  )
  const lines = sink.requests.map(({ line }) => line)
  expect(lines).toContain('POST /api/chat.update')
  expect(lines.filter((line) => line === 'POST /fleet')).toHaveLength(2)
}, 60_000)
