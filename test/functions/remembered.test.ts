import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { annotated } from '../relay/pipeline/rules/annotated.ts'
import { awsRelay } from '../support/aws-relay.ts'
import { pollOnce } from '../support/event-source-mapping.ts'
import { startForge } from '../support/forge-double.ts'
import { httpApiEvent } from '../support/http-api-event.ts'
import { fixtureJson } from '../support/notifications.ts'
import { jsonBodies, startSink } from '../support/recording-sink.ts'
import { alert, provider } from '../support/relay-harness.ts'

/** What types remember, in the tables of AWS. */

const { open } = awsRelay()
const TOKEN = 'a-token'
const BEARER = { authorization: `Bearer ${TOKEN}` }
const HASH = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'

async function openFor(
  spec: Readonly<Record<string, unknown>>,
  rules: Readonly<Record<string, string>> = {},
) {
  const relay = await open()
  await relay.setTokens('prod', [TOKEN])
  await relay.setSecret('prod', 'p', { token: 'ghp_1' })
  const takenAt = new Date().toISOString()
  const providers = [annotated(provider('p', { secretRef: { name: 'p' }, ...spec }), rules)]
  const body = JSON.stringify({ takenAt, alerts: [alert('a', 'p')], providers })
  const request = { method: 'PUT', resource: 'config', cluster: 'prod', headers: BEARER } as const
  const answer = await relay.reconcileConfig(httpApiEvent({ ...request, body }))
  expect(answer).toMatchObject({ statusCode: 200 })
  return {
    relay,
    async deliver(name: Parameters<typeof fixtureJson>[0], changes: object = {}) {
      relay.time.offsetMs += 60_000
      const events = [{ ...fixtureJson(name), ...changes }]
      const headers = { ...BEARER, 'content-encoding': 'gzip' }
      const request = { method: 'POST', resource: 'events', cluster: 'prod', headers } as const
      const accepted = await relay.ingest(
        httpApiEvent({ ...request, body: gzipSync(JSON.stringify(events)) }),
      )
      expect(accepted).toMatchObject({ statusCode: 202 })
      await pollOnce(relay.clients.sqs, relay.environment.eventsQueueUrl, relay.dispatch)
    },
  }
}

it('resolves the alerts that fired', async () => {
  const sink = await startSink({ 'POST /api/v2/alerts': { status: 200 } })
  const { relay, deliver } = await openFor({
    type: 'alertmanager',
    address: `${sink.url}/api/v2/alerts`,
  })
  await deliver('kustomization-health-check-failed')
  await deliver('kustomization-finished')
  expect(relay.decisions.map(({ record }) => record.outcome)).toEqual(['delivered', 'delivered'])
  expect(jsonBodies(sink)).toMatchObject([
    [{ status: 'firing', labels: { reason: 'HealthCheckFailed' } }],
    [
      { status: 'resolved', labels: { reason: 'HealthCheckFailed' } },
      { status: 'firing', labels: { reason: 'ReconciliationSucceeded' } },
    ],
  ])
})

it('takes the deployment that it made through its states', async () => {
  const forge = await startForge()
  const { relay, deliver } = await openFor({
    type: 'githubdeployment',
    address: `${forge.url}/example/fleet-infra`,
    commitStatusExpr: 'cluster',
  })
  const deployments = '/api/v3/repos/example/fleet-infra/deployments'
  const made = { status: 201, json: { id: 7 } }
  const status = { line: `POST ${deployments}/7/statuses`, ...made }
  forge.expects(
    { line: `GET ${deployments}?sha=${HASH}&environment=prod&per_page=30`, json: [] },
    { line: `POST ${deployments}`, ...made },
    status,
    status,
  )
  await deliver('kustomization-configured')
  await deliver('kustomization-applied')
  expect(relay.decisions.map(({ record }) => record.outcome)).toEqual(['delivered', 'delivered'])
  const states = forge.requests.slice(2).map(({ body }) => JSON.parse(body).state)
  expect(states).toEqual(['in_progress', 'success'])
})

it('replies in the thread that it began, and has its first message show the latest', async () => {
  const posted = { status: 200, body: '{"ok":true,"channel":"C1","ts":"1.2"}' }
  const sink = await startSink({
    'POST /api/chat.postMessage': posted,
    'POST /api/chat.update': posted,
  })
  const spec = { type: 'slack', channel: 'ops', address: `${sink.url}/api/chat.postMessage` }
  const { relay, deliver } = await openFor(spec, { thread: 'object' })
  await deliver('kustomization-health-check-failed')
  await deliver('kustomization-finished')
  expect(relay.decisions.map(({ record }) => record.outcome)).toEqual(['delivered', 'delivered'])
  expect(jsonBodies(sink)).toMatchObject([
    { channel: 'ops', attachments: [{ color: 'danger' }] },
    { channel: 'C1', thread_ts: '1.2', attachments: [{ color: 'good' }] },
    { channel: 'C1', ts: '1.2', attachments: [{ color: 'good' }] },
  ])
})
