import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { Answer } from '../../../relay/api/answer.ts'
import { answerEvent } from '../../../relay/api/event-query.ts'
import { listEvents } from '../../../relay/api/list-events.ts'
import { createRulesReader } from '../../../relay/api/rules-of-then.ts'
import type { ListedEvent } from '../../../relay/api/schemas/event-list.ts'
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
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { annotated } from '../pipeline/rules/annotated.ts'

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
  const directory = temporaryDirectory()
  const harness = createHarness({}, { directory })
  await harness.configure(...MANIFESTS)
  harness.answerWith(() => answer(200))
  const report = async (changes: Record<string, unknown> = {}) => {
    await harness.send('kustomization-finished', changes)
    await harness.drain()
  }
  /** The relay after a restart, with these records damaged. */
  const damaged = async (...ids: readonly string[]): Promise<Harness> => {
    await harness.close()
    const database = new DatabaseSync(join(directory, 'flux-relay.db'))
    const damage = database.prepare("UPDATE ledger SET body = 'x' || body WHERE id = ?")
    for (const id of ids) damage.run(id)
    database.close()
    return createHarness({}, { directory })
  }
  return { ...harness, report, damaged }
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

/** The events of an Alert, each from a page of one record. */
async function listed({ ports }: Harness, alert: string) {
  const rules = createRulesReader(ports.configs as unknown as ConfigHistory, ports.configs)
  const events: ListedEvent[] = []
  let cursor = ''
  do {
    const query = Object.entries({ alert, limit: '1', ...(cursor && { cursor }) })
    const options = { noCrossNamespaceRefs: false }
    const { body } = await listEvents({ ...ports, rules }, query, options)
    const page = JSON.parse(body)
    events.push(...page.events)
    cursor = page.nextCursor ?? ''
  } while (cursor !== '')
  return events
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

  it('shows what became of the failure itself, and not of its reminders', async () => {
    for (let number = 0; number < 8; number += 1) {
      const harness = createHarness()
      const chat = provider('chat', {
        type: 'slack',
        address: 'https://hooks.slack.com/services/x',
      })
      await harness.configure(chat, annotated(alert('ops', 'chat'), { remind: '1h' }))
      harness.answerWith(() => answer(200, {}, 'ok'))
      await harness.send('kustomization-health-check-failed', { message: `broken ${number}` })
      await harness.drain()
      await harness.drainNext()
      await harness.send('kustomization-finished', {
        timestamp: new Date(harness.clock.now()).toISOString(),
      })
      await harness.drain()
      await harness.drainNext()
      const records = (await harness.records()).filter(({ event }) => event.severity === 'error')
      expect(records.map(({ outcome }) => outcome).toSorted()).toEqual([
        'delivered',
        'delivered',
        'skipped',
      ])
      const failure = records.find(({ reminder }) => reminder === undefined)
      const { verdicts } = await shown(harness, failure?.eventId ?? '')
      expect(verdicts).toMatchObject([{ outcome: 'delivered', delivery: failure?.id }])
      for (const event of await listed(harness, 'flux-system/ops')) {
        if (event.id !== failure?.eventId) continue
        expect(event.verdict).toMatchObject({ outcome: 'delivered', delivery: failure?.id })
      }
    }
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

describe('an event of which records cannot be read', () => {
  const WHY = 'this record cannot be read: it is not JSON'

  it('has the verdict that such a record leaves, and the others', async () => {
    const harness = await started()
    await harness.report()
    const [record] = (await harness.records()).filter(({ outcome }) => outcome === 'delivered')
    const id = record?.id ?? ''
    const restarted = await harness.damaged(id)
    const event = await shown(restarted, record?.eventId ?? '')
    expect(verdictsOf(event)).toMatchObject({
      all: ['delivered', true, WHY],
      other: ['skipped', true, 'inclusionList'],
    })
    expect(event.verdicts.find(({ alert }) => alert.name === 'all')?.delivery).toBe(id)
    const [listedOne] = await listed(restarted, 'flux-system/all')
    expect(listedOne?.verdict).toMatchObject({ outcome: 'delivered', reason: WHY, delivery: id })
  })

  it('is not said never to have come', async () => {
    const harness = await started()
    await harness.report()
    const records = await harness.records()
    const restarted = await harness.damaged(...records.map(({ id }) => id))
    const { status, body } = await ask(restarted, records[0]?.eventId ?? '')
    expect([status, body]).toEqual([404, expect.stringContaining(WHY)])
  })

  it.each([
    [0, [{ outcomes: [{}, {}] }]],
    [1, [{ outcomes: [{}] }]],
    [2, []],
  ])('is in a list that counts %i records that cannot be read', async (count, events) => {
    const harness = await started()
    await harness.report()
    const ids = (await harness.records()).map(({ id }) => id)
    const { ports } = await harness.damaged(...ids.slice(0, count))
    const rules = createRulesReader(ports.configs as unknown as ConfigHistory, ports.configs)
    const { body } = await listEvents({ ...ports, rules }, [], { noCrossNamespaceRefs: false })
    const page = JSON.parse(body)
    expect(page).toMatchObject({ events })
    expect(page.unreadable).toBe(count === 0 ? undefined : count)
  })
})
