import { describe, expect, it } from 'vitest'
import { type Conclusion, end, waitFor } from '../../../relay/pipeline/conclusion.ts'
import {
  beginNow,
  concludeDelivery,
  concludeEvent,
  newEventRecord,
} from '../../../relay/pipeline/record.ts'
import { acceptedEvent, deliveryRecord } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const UNTIL = START + 5_000

const failed: Conclusion = { kind: 'tried', reason: 'HTTP 503', sent: { status: 503 } }
const noPlace: Conclusion = {
  kind: 'postponed',
  why: 'destination',
  reason: 'no place',
  until: UNTIL,
  endsWhenLate: false,
}
const parked: Conclusion = { ...noPlace, reason: 'parked', endsWhenLate: true }
const busy: Conclusion = { ...noPlace, why: 'subject', reason: 'busy' }
const shown: Conclusion = { kind: 'unchanged', reason: 'unchanged', subjectStateKey: 'k' }
const delivered: Conclusion = { ...end('delivered', 'HTTP 200'), sent: { status: 200 } }

/** A record whose second try is due, of a chain that began so long ago. */
function conclude(conclusion: Conclusion, ageMs = 0) {
  const record = deliveryRecord({
    ...{ outcome: 'retry', dueAt: START, attempt: 2, tries: 1, failures: 1 },
    chainStartedAt: START - ageMs,
  })
  const clock = new ManualClock()
  return concludeDelivery(record, conclusion, beginNow(clock), clock)
}

describe('the record after a decision', () => {
  it.each([
    ['a failed try', failed, { why: 'failed', dueAt: START + 30_000, attempt: 3, tries: 2 }],
    [
      'what is missing',
      waitFor('no Secret'),
      { why: 'configuration', dueAt: START + 30_000, attempt: 3, tries: 1 },
    ],
    ['no place', noPlace, { why: 'destination', dueAt: UNTIL, attempt: 3, tries: 1 }],
    ['a parked destination', parked, { why: 'destination', dueAt: UNTIL, attempt: 3, tries: 1 }],
    ['a busy subject', busy, { why: 'subject', dueAt: UNTIL, attempt: 3, tries: 1 }],
  ])('waits for %s', (_, conclusion, { why, dueAt, ...counted }) => {
    const reason = conclusion.reason
    const record = conclude(conclusion)
    expect(record).toMatchObject({ status: { kind: 'waiting', why, dueAt, reason }, ...counted })
    expect(record.attempts).toHaveLength(counted.tries - 1)
  })

  it.each([
    ['delivered', delivered, 0, 'delivered', 'HTTP 200', 2],
    ['unchanged', shown, 0, 'suppressed', 'unchanged', 1],
    ['a rule that says no', end('skipped', 'suspended'), 0, 'skipped', 'suspended', 1],
    [
      'a try that failed for a day',
      failed,
      DAY_MS,
      'dead',
      /^given up after 2 tries: HTTP 503$/,
      2,
    ],
    ['a Secret that never came', waitFor('no Secret'), DAY_MS, 'dead', /1 try: no Secret$/, 1],
    ['parked for a day', parked, DAY_MS, 'dead', /^given up after 1 try: parked$/, 1],
  ] as const)('is final: %s', (_, conclusion, ageMs, outcome, reason, tries) => {
    const record = conclude(conclusion, ageMs)
    expect(record).toMatchObject({ status: { kind: 'final', outcome }, attempt: 2, tries })
    expect(record.status.reason).toMatch(reason)
    expect(record.status).not.toHaveProperty('dueAt')
  })

  it('waits for a place and for its subject however long that takes', () => {
    for (const conclusion of [noPlace, busy]) {
      expect(conclude(conclusion, 3 * DAY_MS).status.kind).toBe('waiting')
    }
  })

  it('keeps the latest 50 tries, and counts them all', () => {
    const attempts = Array.from({ length: 50 }, (_, index) => ({
      ...{ attempt: index + 1, startedAt: START, durationMs: 1, status: 503 },
      ...{ outcome: 'retry' as const, reason: 'HTTP 503' },
    }))
    const waiting = { outcome: 'retry', dueAt: START, attempt: 51, tries: 50 } as const
    const clock = new ManualClock()
    const before = deliveryRecord({ ...waiting, attempts, chainStartedAt: START })
    const record = concludeDelivery(before, delivered, beginNow(clock), clock)
    const kept = record.attempts.map(({ attempt }) => attempt)
    expect([kept.length, kept[0], kept.at(-1), record.tries]).toEqual([50, 2, 51, 51])
    expect(record.attempts.at(-1)).toMatchObject({ outcome: 'delivered', reason: 'HTTP 200' })
  })

  it('says of an event without an Alert that nothing could be tried', () => {
    const clock = new ManualClock()
    const record = newEventRecord({ ...acceptedEvent(), sequence: '1' }, START - DAY_MS)
    expect(concludeEvent(record, waitFor('no configuration'), clock)).toMatchObject({
      kind: 'event',
      status: { outcome: 'dead', reason: 'given up after a day without a try: no configuration' },
      tries: 0,
    })
  })
})
