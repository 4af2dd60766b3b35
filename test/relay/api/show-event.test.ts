import { describe, expect, it } from 'vitest'
import type { Answer } from '../../../relay/api/answer.ts'
import { answerEvent } from '../../../relay/api/event-query.ts'
import { createRulesReader } from '../../../relay/api/rules-of-then.ts'
import type { ExplainedEvent } from '../../../relay/api/schemas/explain.ts'
import type { ConfigHistory } from '../../../relay/ports/config-history.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'

const MANIFESTS = [
  provider('hook', { type: 'generic', address: 'https://a.test/hunter2' }),
  alert('all', 'hook'),
  alert('errors', 'hook', { eventSeverity: 'error' }),
  alert('helm', 'hook', { eventSources: [{ kind: 'HelmRelease', name: '*' }] }),
  alert('apps', 'hook', {
    eventSources: [{ kind: 'Kustomization', name: '*', namespace: 'apps' }],
  }),
  alert('other', 'hook', { inclusionList: ['^no such'] }),
]

async function started() {
  const harness = createHarness()
  await harness.configure(...MANIFESTS)
  harness.answerWith(() => answer(200))
  const report = async (changes: Record<string, unknown> = {}) => {
    await harness.send('kustomization-finished', changes)
    await harness.drain()
  }
  return { ...harness, report }
}

function ask(harness: Pick<Harness, 'ports'>, id: string): Promise<Answer> {
  const { ports } = harness
  const rules = createRulesReader(ports.configs as unknown as ConfigHistory, ports.configs)
  return answerEvent({ ...ports, rules }, id, [['cluster', CLUSTER]], {
    noCrossNamespaceRefs: false,
  })
}

async function shown(harness: Harness, id: string) {
  const { status, body } = await ask(harness, id)
  expect(status).toBe(200)
  return JSON.parse(body) as ExplainedEvent
}

function verdictsOf({ verdicts }: ExplainedEvent) {
  return Object.fromEntries(
    verdicts.map((it) => [it.alert.name, [it.outcome, it.recorded, it.rule ?? it.reason]]),
  )
}

const idOf = async (harness: Harness, index = 0) => (await harness.records())[index]?.eventId ?? ''

describe('GET /v1/events/{id}', () => {
  it('shows what is recorded, and why each other Alert did not take the event', async () => {
    const harness = await started()
    await harness.report()
    const event = await shown(harness, await idOf(harness))
    expect(verdictsOf(event)).toEqual({
      all: ['delivered', true, 'HTTP 200'],
      errors: ['skipped', false, 'severity'],
      helm: ['skipped', false, 'kind'],
      apps: ['skipped', false, 'namespace'],
      other: ['skipped', true, 'inclusionList'],
    })
    expect(event.verdicts[0]?.requests).toMatchObject([
      { method: 'POST', url: 'https://a.test/***' },
    ])
    expect(event.revision).toMatch(/^[0-9a-f]{12}$/)
  })

  it('judges by the rules of then, after they have changed', async () => {
    const harness = await started()
    await harness.report()
    const id = await idOf(harness)
    const before = await shown(harness, id)
    await harness.configure(...MANIFESTS.slice(0, 2), alert('helm', 'hook'), alert('new', 'hook'))
    expect(await shown(harness, id)).toEqual(before)
  })

  it('counts a repeat for every Alert that takes such events, and works out no other', async () => {
    const harness = await started()
    await harness.report()
    await harness.report({ timestamp: '2026-11-20T09:15:03Z' })
    const records = await harness.records()
    const repeat = records.find(({ outcome }) => outcome === 'suppressed')
    const event = await shown(harness, repeat?.eventId ?? '')
    expect(verdictsOf(event)).toMatchObject({
      all: ['suppressed', true, expect.stringMatching(/^repeats the event/)],
      errors: ['skipped', false, 'severity'],
      other: ['skipped', false, 'inclusionList'],
    })
    expect(event.verdicts.find(({ alert }) => alert.name === 'all')?.delivery).toBe(repeat?.id)
  })

  it('takes the beginning of an id, and names those that fit', async () => {
    const harness = await started()
    await harness.report()
    const id = await idOf(harness)
    expect((await shown(harness, id.slice(0, 12))).eventId).toBe(id)
    await harness.report({ message: 'another' })
    const { status, body } = await ask(harness, '')
    expect([status, body]).toEqual([400, expect.stringContaining('expected the id of an event')])
    expect((await ask(harness, 'no such')).status).toBe(400)
    expect((await ask(harness, 'f'.repeat(64))).status).toBe(404)
  })

  it('says that the rules of then are gone, and shows what is recorded', async () => {
    const harness = await started()
    await harness.report()
    const { ports } = harness
    const rules = createRulesReader({ readRevision: async () => undefined }, ports.configs)
    const { body } = await answerEvent({ ...ports, rules }, await idOf(harness), [], {
      noCrossNamespaceRefs: false,
    })
    const event = JSON.parse(body) as ExplainedEvent
    expect(event.incomplete).toMatch(/^the configuration [0-9a-f]{12} is not kept any more$/)
    expect(verdictsOf(event)).toMatchObject({
      all: ['delivered', true, 'HTTP 200'],
      other: ['skipped', true, 'no pattern of inclusionList matches the message'],
    })
  })

  it('says that nothing is known of the rules where a cluster had none', async () => {
    const harness = createHarness()
    await harness.send('kustomization-finished')
    await harness.drain()
    const event = await shown(harness, await idOf(harness))
    expect(event).toMatchObject({
      verdicts: [],
      reason: expect.stringContaining('no configuration'),
    })
    expect(event.incomplete).toMatch(/^its records name no configuration/)
  })
})
