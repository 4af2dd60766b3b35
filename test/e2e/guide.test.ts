import { expect, it } from 'vitest'
import { jsonBodies, type RecordingSink, startSink } from '../support/recording-sink.ts'
import { example, exampleEvent, manifestsFolder } from '../support/relay-manifests.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'

const SHA = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const STATUSES = `POST /api/v3/repos/example/fleet-infra/statuses/${SHA}`
const WEBHOOK = '/services/YOUR/SLACK/WEBHOOK'

const APPLIED = exampleEvent('kustomization-applied')
const FAILED = exampleEvent('kustomization-health-check-failed')

it('sends the message of the guide to Slack', async () => {
  const slack = await startSink({ [`POST ${WEBHOOK}`]: { status: 200, body: 'ok' } })
  const address = { 'https://hooks.slack.com': slack.url }
  const manifests = manifestsFolder({
    'slack.yaml': example('guide/slack.yaml'),
    'slack-secret.yaml': example('secrets/guide/slack.yaml', address),
  })
  const relay = await startRelay({ manifests })

  const answer = await relay.post(FAILED)
  expect(answer.status).toBe(202)
  expect(await answer.text()).toBe('')

  await expectDecision(relay, 'delivered', {
    alert: 'flux-system/on-call-webapp',
    provider: 'flux-system/slack',
    reason: 'HTTP 200',
  })
  const message =
    "health check failed after 1m0.012847183s: timeout waiting for: [Deployment/podinfo/podinfo status: 'InProgress']"
  expect(jsonBodies(slack)).toEqual([
    {
      channel: 'general',
      username: 'kustomize-controller',
      icon_url: '',
      icon_emoji: '',
      attachments: [
        {
          fallback: `kustomization/podinfo.flux-system: ${message}`,
          color: 'danger',
          author_name: 'kustomization/podinfo.flux-system',
          // The example is of the past.
          text: `${message}\nEvent of 2026-11-20 09:20:41 UTC, delivered late`,
          mrkdwn_in: ['text'],
          fields: [{ title: 'revision', value: `main@sha1:${SHA}`, short: false }],
        },
      ],
    },
  ])
  expect(slack.requests[0]?.headers['content-type']).toBe('application/json')
  expect(await relay.deliveries()).toMatchObject([
    {
      outcome: 'delivered',
      object: 'Kustomization/flux-system/podinfo',
      alert: { namespace: 'flux-system', name: 'on-call-webapp' },
      provider: { namespace: 'flux-system', name: 'slack', type: 'slack' },
      attempts: [{ attempt: 1, outcome: 'delivered', status: 200 }],
    },
  ])
  expect(await relay.metric(deliveries('delivered', 'slack'))).toBe(1)
  expectSecretsHidden(relay, WEBHOOK)
})

it('sets the commit status of the guide, and only when it changes', async () => {
  const { forge, relay } = await startWithGithub()

  for (const event of [APPLIED, FAILED, FAILED]) expect((await relay.post(event)).status).toBe(202)
  await relay.logged({ msg: 'delivered' }, 2)
  await postRepeats(relay)

  expect(statusesAt(forge)).toEqual([
    ['success', 'reconciliation succeeded'],
    ['failure', 'health check failed'],
  ])
  expect(forge.requests.map(({ line }) => line)).toEqual([STATUSES, STATUSES])
  expect(forge.requests[0]?.headers).toMatchObject({
    authorization: 'Bearer ghp_example',
    accept: 'application/vnd.github.v3+json',
    'content-type': 'application/json',
  })
  expect((await relay.deliveries()).map(({ outcome }) => outcome).toReversed()).toEqual([
    'delivered',
    'delivered',
    'suppressed',
    'suppressed',
  ])
  expect(await relay.metric(deliveries('delivered', 'github'))).toBe(2)
  expect(await relay.metric('flux_relay_events_accepted_total')).toBe(4)
  expect(await relay.metric('flux_relay_events_duplicate_total')).toBe(1)
  expectSecretsHidden(relay, 'ghp_example')
})

async function startWithGithub() {
  const forge = await startSink({ [STATUSES]: { status: 201, body: '{"id":1}' } })
  const address = { 'https://github.com/': `${forge.url}/` }
  const manifests = manifestsFolder({
    'github.yaml': example('guide/github.yaml', address),
    'github-secret.yaml': example('secrets/guide/github.yaml'),
  })
  return { forge, relay: await startRelay({ manifests }) }
}

/** What Flux reports again: in other words for the same, and of another object of the same commit. */
async function postRepeats(relay: RelayProcess): Promise<void> {
  const again = (timestamp: string, seconds: number, name: string) => ({
    ...FAILED,
    timestamp,
    message: `health check failed after 1m${seconds}s: timeout waiting for: [Deployment/podinfo/${name} status: 'InProgress']`,
  })
  await relay.post(again('2026-11-20T09:21:41Z', 2, 'podinfo'))
  const [repeat] = await relay.logged({ msg: 'suppressed' })
  expect(repeat?.reason).toMatch(/^repeats the event [0-9a-f]{12} of \d{4}-\d\d-\d\dT[\d:.]+Z$/)

  await relay.post(again('2026-11-20T09:31:41Z', 3, 'backend'))
  const [, unchanged] = await relay.logged({ msg: 'suppressed' }, 2)
  expect(unchanged?.reason).toMatch(/^unchanged: failure/)
}

function statusesAt(forge: RecordingSink) {
  const bodies = jsonBodies(forge) as readonly Record<string, unknown>[]
  const contexts = new Set(bodies.map(({ context }) => context))
  expect([...contexts]).toEqual([expect.stringMatching(/^kustomization\/podinfo\/[0-9a-f]{8}$/)])
  return bodies.map(({ state, description }) => [state, description])
}

function deliveries(outcome: string, type: string): string {
  return `flux_relay_deliveries_total{outcome="${outcome}",provider_type="${type}"}`
}

/** A decision is one JSON line that says what, about what, by which rule, why and how late. */
async function expectDecision(
  relay: RelayProcess,
  outcome: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const lines = await relay.logged({ msg: outcome, outcome })
  expect(lines).toEqual([
    expect.objectContaining({
      level: 'info',
      event: expect.stringMatching(/^[0-9a-f]{64}$/),
      cluster: 'local',
      object: 'Kustomization/flux-system/podinfo',
      attempt: 1,
      latencyMs: expect.any(Number),
      ...values,
    }),
  ])
}

function expectSecretsHidden(relay: RelayProcess, secret: string): void {
  expect(relay.lines().join('\n') + relay.stderr()).not.toContain(secret)
}
