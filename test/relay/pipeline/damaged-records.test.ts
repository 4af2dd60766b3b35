import { expect, it } from 'vitest'
import { DamagedRecord } from '../../../relay/model/stored/errors.ts'
import { requestReplay } from '../../../relay/pipeline/replay.ts'
import { createSilence } from '../../../relay/pipeline/silences/stored-silences.ts'
import { fixtureJson } from '../../support/notifications.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'
import { annotated } from './rules/annotated.ts'

const HOUR_MS = 3_600_000
const SLACK = provider('p', { type: 'slack', address: 'https://hooks.slack.com/services/x' })
const GROUPED = { 'group-by': 'event.reason', 'group-wait': '30s', 'group-max': '1m' }

/** A decision that looks at the record of another delivery. */
interface Decision {
  /** Brings that record about. */
  readonly make: (harness: Harness) => Promise<void>
  /** Decides, with that record damaged. */
  readonly decide: (harness: Harness) => Promise<void>
  /** The outcome of that record, and of the one that is decided then. */
  readonly outcomes: readonly [damaged: string, decided: string]
}

const DECISIONS: Readonly<Record<string, Decision>> = {
  'about a repeat of an unchanged status': {
    async make(harness) {
      harness.secrets.set(`${CLUSTER}/flux-system/forge`, { token: 'token' })
      const address = 'https://forge.test/group/project'
      const forge = provider('forge', { type: 'gitlab', address, secretRef: { name: 'forge' } })
      await harness.configure(forge, alert('a', 'forge'))
      for (const message of ['first', 'second']) await fail(harness, message)
    },
    decide: (harness) => fail(harness, 'third'),
    outcomes: ['suppressed', 'suppressed'],
  },
  'about a failure that was told': {
    async make(harness) {
      await harness.configure(SLACK, annotated(alert('a', 'p'), { only: 'failures' }))
      await fail(harness, 'first')
    },
    decide: (harness) => fail(harness, 'second'),
    outcomes: ['delivered', 'delivered'],
  },
  'about the end of a failure that was told': {
    async make(harness) {
      await harness.configure(SLACK, annotated(alert('a', 'p'), { only: 'failures' }))
      await fail(harness, 'first')
    },
    decide: recover,
    outcomes: ['delivered', 'delivered'],
  },
  'about the end of a failure that was told, after an earlier delivery was replayed in vain': {
    async make(harness) {
      await harness.configure(SLACK, annotated(alert('a', 'p'), { only: 'failures' }))
      harness.answerWith(() => answer(404))
      await fail(harness, 'first')
      harness.answerWith(() => answer(200))
      await fail(harness, 'second')
    },
    async decide(harness) {
      const dead = (await harness.records()).find(({ outcome }) => outcome === 'dead')
      harness.answerWith(() => answer(404))
      await requestReplay(harness.ports, dead?.id ?? '')
      await harness.drain()
      harness.answerWith(() => answer(200))
      await recover(harness)
    },
    outcomes: ['delivered', 'delivered'],
  },
  'by what was told before': {
    async make(harness) {
      await harness.configure(SLACK, annotated(alert('a', 'p'), { when: "last.outcome != 'dead'" }))
      await fail(harness, 'first')
    },
    decide: (harness) => fail(harness, 'second'),
    outcomes: ['delivered', 'delivered'],
  },
  'about a failure while a silence holds another': {
    async make(harness) {
      await harness.configure(SLACK, alert('a', 'p'))
      const endsAt = harness.clock.now() + HOUR_MS
      await createSilence(harness.ports, CLUSTER, { match: 'true', reason: 'r', endsAt })
      await fail(harness, 'first')
      // It is looked at once more, and then when the silence ends.
      await harness.drainNext()
    },
    decide: (harness) => fail(harness, 'first'),
    outcomes: ['held', 'held'],
  },
  'about what a silence held, after a newer failure was told': {
    async make(harness) {
      await harness.configure(SLACK, alert('a', 'p'))
      const endsAt = harness.clock.now() + HOUR_MS
      const match = "event.message == 'first'"
      await createSilence(harness.ports, CLUSTER, { match, reason: 'r', endsAt })
      await fail(harness, 'first')
      await harness.drainNext()
      await fail(harness, 'second')
    },
    async decide(harness) {
      while (await harness.drainNext());
    },
    outcomes: ['delivered', 'delivered'],
  },
  'about one that another tells of': {
    async make(harness) {
      await harness.configure(SLACK, annotated(alert('a', 'p'), GROUPED))
      await fail(harness, 'first', 0)
      await fail(harness, 'second', 0)
      while (harness.requests.length === 0) await harness.drainNext()
    },
    async decide(harness) {
      while (await harness.drainNext());
    },
    outcomes: ['delivered', 'delivered'],
  },
}

/** Later than any repeat, unless said. */
async function fail(harness: Harness, message: string, afterMs = HOUR_MS / 10): Promise<void> {
  harness.clock.advance(afterMs + 1)
  const timestamp = new Date(harness.clock.now()).toISOString()
  await harness.sendJson({
    ...fixtureJson('kustomization-health-check-failed'),
    message,
    timestamp,
  })
  await harness.drain()
}

async function recover(harness: Harness): Promise<void> {
  harness.clock.advance(1)
  const timestamp = new Date(harness.clock.now()).toISOString()
  await harness.sendJson({
    ...fixtureJson('kustomization-health-check-failed'),
    severity: 'info',
    reason: 'ReconciliationSucceeded',
    message: 'Reconciliation finished',
    timestamp,
  })
  await harness.drain()
}

it.each(Object.entries(DECISIONS))(
  'a decision %s is made though the record of the other is damaged',
  async (_, { make, decide, outcomes: [before, after] }) => {
    const harness = createHarness()
    await make(harness)
    const records = (await harness.records()).filter(({ outcome }) => outcome === before)
    const damaged = new Set(records.map(({ id }) => id))
    const { ledger } = harness.ports
    const readMany = ledger.readMany.bind(ledger)
    let met = 0
    ledger.readMany = async (ids) => {
      if (!ids.some((id) => damaged.has(id))) return readMany(ids)
      met += 1
      throw new DamagedRecord('delivery record', 'of a test')
    }
    await decide(harness)
    expect(met).toBeGreaterThan(0)
    const others = (await harness.records()).filter(({ id }) => !damaged.has(id))
    expect(others.map(({ outcome }) => outcome)).toContain(after)
  },
)

it.each([1, 150])(
  'an event that comes again is told to its other Alerts though one of %i records is damaged',
  async (written) => {
    const harness = createHarness()
    const names = Array.from({ length: written + 2 }, (_, index) => `alert-${index}`)
    await harness.configure(SLACK, ...names.map((name) => alert(name, 'p')))
    await harness.send('kustomization-finished')
    const [event] = await harness.queue.leaseEvents(1)
    if (!event) throw new Error('nothing is queued')
    const { ledger } = harness.ports
    const [readMany, writeMany] = [ledger.readMany.bind(ledger), ledger.writeMany.bind(ledger)]
    let left = written
    ledger.writeMany = async (writes) => {
      left -= 1
      if (left < 0) throw new Error('killed')
      return writeMany(writes)
    }
    await expect(harness.dispatcher.dispatchEvent(event)).rejects.toThrow('killed')
    ledger.writeMany = writeMany
    const before = await harness.records()
    expect(before).toHaveLength(written)
    const damaged = before[0]?.id ?? ''
    ledger.readMany = async (ids, ...options) => {
      if (ids.includes(damaged)) throw new DamagedRecord('delivery record', 'of a test')
      return readMany(ids, ...options)
    }
    const { isNew: _, ...again } = event
    const sent = harness.requests.length
    await harness.dispatcher.dispatchEvent(again)
    expect(harness.requests).toHaveLength(sent + 2)
    expect((await harness.records()).map(({ alert }) => alert?.name).toSorted()).toEqual(
      names.toSorted(),
    )
    await harness.dispatcher.dispatchEvent(again)
    expect(harness.requests).toHaveLength(sent + 2)
  },
)
