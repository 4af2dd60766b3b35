import { describe, expect, it } from 'vitest'
import type { LedgerRecord, ListedRecord } from '../../../../relay/model/delivery.ts'
import { startConsole } from '../../../support/console.ts'
import { deliveryRecord, eventRecord } from '../../../support/delivery-records.ts'
import { START } from '../../../support/manual-clock.ts'
import { stepsOf } from './delivery-steps.ts'

const ID = 'a'.repeat(64)
const OTHER = 'b'.repeat(64)

async function stepsOfRecord(record: LedgerRecord) {
  const { get, ports } = await startConsole()
  ports.ledger.put(record)
  const { status, text } = await get(`/console/deliveries/${record.id}`)
  expect(status).toBe(200)
  return { steps: stepsOf(text), text }
}

describe('the steps of a delivery', () => {
  it.each([
    ['a first one', {}, 'It is no repeat.'],
    ['one with a repeat', { repeats: 1 }, 'It stands for one repeat that came since.'],
    ['a repeat', { outcome: 'suppressed', reason: 'told at 09:10' }, 'told at 09:10'],
  ] as const)('tell whether it is a repeat: %s', async (_, changes, expected) => {
    const { steps } = await stepsOfRecord(deliveryRecord({ id: ID, ...changes }))
    expect(steps.Repeat).toBe(expected)
  })

  it.each([
    [
      'a skipped one',
      deliveryRecord({ id: ID, outcome: 'skipped', reason: 'severity: info' }),
      'severity: info',
    ],
    [
      'an event without an Alert',
      eventRecord({ id: ID, revision: 'r1' }),
      'no Alert matches configuration r1',
    ],
    [
      'a test that ann asked for',
      { ...deliveryRecord({ id: ID }), test: { by: 'ann' } },
      'which ann asked for: no Alert was asked.',
    ],
    [
      'a test of nobody known',
      { ...deliveryRecord({ id: ID }), test: {} },
      '(slack) : no Alert was asked.',
    ],
  ])('tell which rule decided: %s', async (_, record, expected) => {
    const { steps, text } = await stepsOfRecord(record)
    expect(steps.Rule).toContain(expected)
    // A test is of no event that others could be asked about.
    expect(text.includes('the event for every Alert')).toBe(!('test' in record))
  })

  it.each([
    [undefined, /^There is none to show\.$/],
    [ID, /one message for itself and others/],
    [OTHER, /in the message of another delivery/],
  ])('tell in which message it is told: %s', async (toldIn, expected) => {
    const record = { ...deliveryRecord({ id: ID }), ...(toldIn !== undefined && { toldIn }) }
    const { steps } = await stepsOfRecord(record)
    expect(steps.Request).toMatch(expected)
  })

  it.each([
    ['none', { tries: 0 }, 'There was none.'],
    ['some that are not kept', { tries: 7 }, '7, and no more is kept of them.'],
  ])('tell of tries: %s', async (_, changes, expected) => {
    const { steps } = await stepsOfRecord(deliveryRecord({ id: ID, ...changes }))
    expect(steps.Tries).toBe(expected)
  })

  it('tell of a try without an answer, and of replays by nobody known', async () => {
    const attempt = { attempt: 1, startedAt: START, durationMs: 75_000, reason: 'no answer' }
    const { steps } = await stepsOfRecord(
      deliveryRecord({
        ...{ id: ID, outcome: 'dead', reason: 'no answer', replayedAt: [START] },
        attempts: [{ ...attempt, outcome: 'dead' }],
      }),
    )
    expect(steps.Tries).toMatch(/1 in all .* 1m – ✕ dead no answer$/)
    expect(steps.Next).toMatch(/unless somebody replays it: no answer .*Replayed 0s ago \./)
  })

  it('end where the record cannot be read', async () => {
    const { get, ports } = await startConsole()
    const unreadable: ListedRecord = {
      ...{ kind: 'unreadable', id: ID, cluster: 'local', object: 'Kustomization/apps/shop' },
      ...{ outcome: 'dead', acceptedAt: START, reason: 'it is damaged' },
    }
    ports.ledger.show = async () => unreadable
    const { text } = await get(`/console/deliveries/${ID}`)
    expect(stepsOf(text).Event).toBe('The record of this delivery cannot be read.')
    expect(text).not.toContain('>Replay</button>')
  })
})

describe('the list of events', () => {
  it('says how many records cannot be read, also where there is no other', async () => {
    const { get, ports } = await startConsole()
    const about = { id: ID, cluster: 'local', object: 'Kustomization/apps/shop' }
    const lost = { kind: 'unreadable', ...about, outcome: 'dead', acceptedAt: START } as const
    const unreadable: ListedRecord = { ...lost, reason: 'it is damaged' }
    for (const others of [[], [deliveryRecord({ id: OTHER })]]) {
      ports.ledger.list = async () => ({ records: [unreadable, ...others] })
      const { text } = await get('/console/events')
      expect(text).toContain('1 record cannot be read, so events may be missing here')
      expect(text).not.toContain('Nothing fits these filters')
    }
  })
})

describe('the list of events, of one that was matched later', () => {
  it('shows what the Alerts that took it came to, and no more', async () => {
    const { get, ports } = await startConsole()
    const told = deliveryRecord({ id: OTHER, eventId: ID })
    ports.ledger.put(eventRecord({ id: 'waited', eventId: ID }), told)
    const { text } = await get('/console/events')
    const [, outcomes = ''] = /<td>(<div>.*)<\/td><\/tr>/.exec(text) ?? []
    expect(outcomes.match(/<div>/g)).toHaveLength(1)
    expect(outcomes).toContain('delivered')
  })
})

describe('the page of an event', () => {
  it('says that no Alert took it, and where it is not told why', async () => {
    const { get, ports } = await startConsole()
    ports.ledger.put(eventRecord({ id: ID, eventId: OTHER }))
    const { text } = await get(`/console/events/${OTHER}`)
    expect(text).toContain('no Alert matches')
    expect(text).toContain('Only what is recorded is shown')
    expect((await get('/console/events')).text).toContain('1 event, the latest first')
    const verdicts = (await get('/console/events?alert=apps/team&cluster=')).text
    expect(verdicts).toContain('<th scope="col">Verdict of apps/team</th>')
    expect(verdicts).toContain('<td>–</td>')
  })

  it('lists more on further pages, which keep the filters', async () => {
    const { get, ports } = await startConsole()
    const records = Array.from({ length: 130 }, (_, at) =>
      deliveryRecord({ id: `d-${at}`, eventId: `e-${at}`, acceptedAt: START - at }),
    )
    ports.ledger.put(...records)
    const { text } = await get('/console/events?cluster=local')
    const older = /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? ''
    expect(older).toContain('cluster=local')
    expect((await get(older)).text).toContain('30 events, the latest first')
    expect((await get('/console/events?cluster=other')).text).toContain(
      'Nothing fits these filters',
    )
  })
})
