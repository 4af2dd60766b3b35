import { describe, expect, it } from 'vitest'
import { shown } from '../../../support/delivery-records.ts'
import { fixtureJson } from '../../../support/notifications.ts'
import {
  alert,
  answer,
  createHarness,
  type Harness,
  provider,
} from '../../../support/relay-harness.ts'
import { annotated } from '../rules/annotated.ts'

const OBJECTS = 200
const STORM_MS = 60_000

/** A Slack that takes one message a second, with when it took each. */
function limitedSlack(harness: Harness) {
  const taken: { readonly at: number; readonly text: string }[] = []
  harness.answerWith(({ body }) => {
    const at = harness.clock.now()
    const last = taken.at(-1)
    if (last && at - last.at < 1_000) return answer(429, { 'retry-after': '1' })
    taken.push({ at, text: String(body) })
    return answer(200, {}, 'ok')
  })
  return taken
}

async function send(harness: Harness, index: number, isFailure: boolean): Promise<void> {
  const event = fixtureJson('kustomization-finished')
  const involvedObject = { ...Object(event.involvedObject), name: `app-${index}` }
  const failure = { severity: 'error', reason: 'HealthCheckFailed', message: 'no route to host' }
  await harness.sendJson({ ...event, involvedObject, ...(isFailure ? failure : {}) })
}

/** All objects fail in the first half of a minute, and recover in the second. */
async function storm(harness: Harness): Promise<void> {
  const stepMs = STORM_MS / (2 * OBJECTS)
  for (const isFailure of [true, false]) {
    for (let index = 0; index < OBJECTS; index += 1) {
      await send(harness, index, isFailure)
      await harness.drain()
      const until = harness.clock.now() + stepMs
      for (let due = harness.nextWakeAt(); due !== undefined && due <= until; ) {
        await harness.drainNext()
        due = harness.nextWakeAt()
      }
      harness.clock.advance(until - harness.clock.now())
    }
  }
}

async function allRecords({ ports }: Harness) {
  const first = await ports.ledger.list({}, OBJECTS)
  const second = await ports.ledger.list({}, OBJECTS, first.nextCursor)
  return [...first.records, ...second.records].map(shown)
}

describe('a storm of 200 objects that fail and recover, and a Slack that takes one message a second', () => {
  it.each([
    ['without a rule', {}],
    ['with a group', { 'group-by': "'all'", 'group-wait': '10s', 'group-max': '20s' }],
  ])(
    '%s becomes ten messages at most, and every event is accounted for',
    async (_, rules) => {
      const harness = createHarness()
      const slack = { type: 'slack', address: 'https://hooks.slack.com/services/x' }
      await harness.configure(provider('p', slack), annotated(alert('a', 'p'), rules))
      const taken = limitedSlack(harness)
      await storm(harness)
      const endedAt = harness.clock.now()
      while (await harness.drainNext());

      expect(taken.length).toBeLessThanOrEqual(10)
      expect((taken.at(-1)?.at ?? 0) - endedAt).toBeLessThanOrEqual(60_000)
      const records = await allRecords(harness)
      expect(records).toHaveLength(2 * OBJECTS)
      expect(new Set(records.map(({ outcome }) => outcome))).toEqual(new Set(['delivered']))
      const told = new Set(records.map(({ toldIn, id }) => toldIn ?? id))
      expect(told.size).toBe(taken.length)
      const counts = taken.map(({ text }) => Number(/(\d+) events? of/.exec(text)?.[1] ?? 1))
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2 * OBJECTS)
    },
    60_000,
  )
})
