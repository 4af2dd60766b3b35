import { describe, expect, it } from 'vitest'
import { reconcile } from '../../../../relay/pipeline/reconcile.ts'
import { providerTypes } from '../../../../relay/providers/registry.ts'
import type { FixtureName } from '../../../support/notifications.ts'
import { alert, createHarness, type Harness, provider } from '../../../support/relay-harness.ts'
import { annotated } from './annotated.ts'

const NO_SECRETS = { read: async () => undefined }
const FAILED: FixtureName = 'kustomization-health-check-failed'
const APPLIED: FixtureName = 'kustomization-finished'

const SPECS = {
  pagerduty: { address: 'https://events.pagerduty.com', channel: 'r'.repeat(32) },
  opsgenie: { address: 'https://api.opsgenie.com/v2/alerts', secretRef: { name: 's' } },
  'incident.io': { address: 'https://incident.test/v2/x', secretRef: { name: 's' } },
  alertmanager: { address: 'https://am.test/api/v2/alerts' },
} as const
type IncidentType = keyof typeof SPECS

type Annotations = Readonly<Record<string, string>>

async function start(type: IncidentType, onAlert: Annotations, onProvider: Annotations = {}) {
  const harness = createHarness()
  harness.secrets.set('local/flux-system/s', { token: 't' })
  await harness.configure(
    annotated(provider('p', { type, ...SPECS[type] }), onProvider),
    annotated(alert('a', 'p'), onAlert),
  )
  return harness
}

async function deliver(harness: Harness, name: FixtureName, changes: object = {}) {
  harness.clock.advance(60_000)
  const timestamp = new Date(harness.clock.now()).toISOString()
  await harness.send(name, { timestamp, ...changes })
  await harness.drain()
}

function bodies({ requests }: Harness): readonly unknown[] {
  return requests.map(({ body }) => JSON.parse(String(body)))
}

async function notes(harness: Harness) {
  return (await harness.records()).flatMap((record) => record.notes ?? [])
}

const BY_NAME = "cluster + '/' + event.involvedObject.name"

describe('the rule incident-key', () => {
  it.each([
    ['pagerduty', 'dedup_key'],
    ['opsgenie', 'alias'],
    ['incident.io', 'deduplication_key'],
  ] as const)('is the key of an incident in %s', async (type, field) => {
    const harness = await start(type, { 'incident-key': BY_NAME })
    await deliver(harness, FAILED)
    expect(bodies(harness)).toMatchObject([{ [field]: 'local/podinfo' }])
    expect(await notes(harness)).toEqual([])
  })

  it('opens one incident with several objects, and orders their events', async () => {
    const harness = await start('pagerduty', { 'incident-key': 'event.involvedObject.namespace' })
    await deliver(harness, FAILED)
    const other = { kind: 'Kustomization', namespace: 'flux-system', name: 'other', uid: 'u' }
    await deliver(harness, FAILED, { involvedObject: other })
    const keys = (await harness.records()).map(({ subjectStateKey }) => subjectStateKey)
    expect(new Set(keys).size).toBe(1)
    expect(bodies(harness)).toMatchObject([
      { dedup_key: 'flux-system' },
      { dedup_key: 'flux-system' },
    ])
  })

  it('says in Alertmanager which failures an event ends', async () => {
    const harness = await start('alertmanager', {
      'incident-key': 'event.involvedObject.namespace',
    })
    const other = { kind: 'Kustomization', namespace: 'flux-system', name: 'other' }
    await deliver(harness, FAILED, { involvedObject: other })
    await deliver(harness, APPLIED)
    expect(bodies(harness).at(-1)).toMatchObject([
      { status: 'resolved', labels: { name: 'other' } },
      { status: 'firing', labels: { name: 'podinfo' } },
    ])
  })

  it('of the Alert counts before that of the Provider', async () => {
    const harness = await start(
      'pagerduty',
      { 'incident-key': "'of the Alert'" },
      { 'incident-key': "'of the Provider'" },
    )
    await deliver(harness, FAILED)
    expect(bodies(harness)).toMatchObject([{ dedup_key: 'of the Alert' }])
  })

  it('is hashed where the service takes none of its length', async () => {
    const harness = await start('pagerduty', { 'incident-key': `'${'k'.repeat(256)}'` })
    await deliver(harness, FAILED)
    expect(bodies(harness)).toMatchObject([{ dedup_key: expect.stringMatching(/^[\da-f]{64}$/) }])
  })

  it.each([
    ['event.metadata.team', /^the rule incident-key has no effect, as it failed: /],
    ["' '", /^the rule incident-key has no effect, as it gave an empty text$/],
  ])('%s gives way to the usual key, with a note', async (key, note) => {
    const harness = await start('pagerduty', { 'incident-key': key })
    await deliver(harness, FAILED)
    expect(bodies(harness)).toMatchObject([{ dedup_key: '7d0cdc51-ddcf-4743-b223-83ca5c699632' }])
    expect(await notes(harness)).toEqual([expect.stringMatching(note)])
  })

  it.each([
    ['7', /gives int, and it must give a string/],
    ['event.', /./],
    ['', /^\S+: expected a CEL expression that gives a text, such as cluster/],
  ])('of %j makes the Alert not ready', async (key, message) => {
    const { objects } = await reconcile(
      'local',
      [
        provider('p', { type: 'pagerduty', ...SPECS.pagerduty }),
        annotated(alert('a', 'p'), { 'incident-key': key }),
      ],
      0,
      NO_SECRETS,
    )
    expect(objects[0]).toMatchObject({ ready: false, message: expect.stringMatching(message) })
  })
})

describe('the rule incident-labels', () => {
  const RENAMED = [
    'alertname: FluxFailure',
    'cluster: $(cluster)',
    'controller: $(event.reportingController)',
    'reportingcontroller:',
    'reason:',
    'severity: critical',
    'revision:',
  ].join('\n')
  const labels = {
    alertname: 'FluxFailure',
    cluster: 'local',
    controller: 'kustomize-controller',
    severity: 'critical',
    kind: 'Kustomization',
    name: 'podinfo',
    namespace: 'flux-system',
  }

  it('renames, adds and takes away labels of an alert', async () => {
    const harness = await start('alertmanager', { 'incident-labels': RENAMED })
    await deliver(harness, FAILED)
    expect(bodies(harness)).toEqual([[expect.objectContaining({ status: 'firing', labels })]])
    expect(await notes(harness)).toEqual([])
  })

  it('resolves the labels that a failure and its end share, and fires nothing then', async () => {
    const harness = await start('alertmanager', {}, { 'incident-labels': RENAMED })
    await deliver(harness, FAILED)
    await deliver(harness, APPLIED)
    await deliver(harness, APPLIED, { message: 'again' })
    expect(bodies(harness).slice(1)).toEqual([
      [expect.objectContaining({ status: 'resolved', labels })],
      [expect.objectContaining({ status: 'resolved', labels })],
    ])
  })

  it('resolves also what fired before the rule came', async () => {
    const harness = await start('alertmanager', {})
    await deliver(harness, FAILED)
    await harness.configure(
      provider('p', { type: 'alertmanager', ...SPECS.alertmanager }),
      annotated(alert('a', 'p'), { 'incident-labels': RENAMED }),
    )
    await deliver(harness, APPLIED)
    expect(bodies(harness).at(-1)).toMatchObject([
      { status: 'resolved', labels: { reason: 'HealthCheckFailed' } },
      { status: 'resolved', labels },
    ])
  })

  it('leaves a label as it is where its text fails, with a note', async () => {
    const harness = await start('alertmanager', {
      'incident-labels': 'severity: $(event.metadata.severity)\nteam: web',
    })
    await deliver(harness, FAILED)
    expect(bodies(harness)).toMatchObject([[{ labels: { severity: 'error', team: 'web' } }]])
    expect(await notes(harness)).toEqual([
      expect.stringMatching(/^the rule incident-labels \(severity\) has no effect, as it failed: /),
    ])
  })
})

describe('rules of incidents', () => {
  it('hold with after, which waits with a failure and never with its end', async () => {
    const harness = await start('alertmanager', {
      after: '2 times',
      'incident-key': BY_NAME,
      'incident-labels': 'team: web\nreason:',
    })
    await deliver(harness, FAILED)
    expect(bodies(harness)).toEqual([])
    await deliver(harness, FAILED, { message: 'again' })
    await deliver(harness, APPLIED)
    expect(bodies(harness)).toMatchObject([
      [{ status: 'firing', labels: { team: 'web', severity: 'error' } }],
      [
        { status: 'resolved', labels: { team: 'web', severity: 'error' } },
        { status: 'resolved', labels: { team: 'web', severity: 'info' } },
      ],
    ])
  })

  it('hold with when and text', async () => {
    const harness = await start('alertmanager', {
      when: "event.severity == 'error' || event.reason.endsWith('Succeeded')",
      text: '$(event.reason) in $(cluster)',
      'incident-labels': 'cluster: $(cluster)',
    })
    await deliver(harness, FAILED)
    await deliver(harness, 'kustomization-configured')
    await deliver(harness, APPLIED)
    expect(bodies(harness)).toMatchObject([
      [{ annotations: { message: 'HealthCheckFailed in local' }, labels: { cluster: 'local' } }],
      [
        { status: 'resolved', annotations: { message: 'ReconciliationSucceeded in local' } },
        { status: 'resolved' },
      ],
    ])
  })

  it('go with the types that have such a thing, and hold back on others', async () => {
    const having = (name: 'hasIncidentKey' | 'hasIncidentLabels') =>
      [...providerTypes.values()].filter((type) => type[name]).map(({ type }) => type)
    expect(having('hasIncidentKey')).toEqual(Object.keys(SPECS).toSorted())
    expect(having('hasIncidentLabels')).toEqual(['alertmanager'])
    const { objects } = await reconcile(
      'local',
      [
        provider('p', { type: 'generic', address: 'https://p.test' }),
        annotated(alert('a', 'p'), { 'incident-key': "'x'", 'incident-labels': 'a: b' }),
      ],
      0,
      NO_SECRETS,
    )
    expect(objects[0]?.message).toBe(
      'metadata.annotations.flux-relay.io/incident-key: what generic takes has no key of an incident; remove the annotation; ' +
        'metadata.annotations.flux-relay.io/incident-labels: what generic takes has no labels; remove the annotation',
    )
  })
})
