import { describe, expect, it } from 'vitest'
import { type Dismissal, type Final, outcomeOf } from '../../../../relay/model/delivery.ts'
import { decodeText, encodeText, storedValue } from '../../../../relay/model/stored/codec.ts'
import { deliveryRecordCodec } from '../../../../relay/model/stored/delivery-record.ts'
import { DamagedRecord, LaterVersion } from '../../../../relay/model/stored/errors.ts'
import {
  deliveryRecord,
  eventRecord,
  type RecordChanges,
} from '../../../support/delivery-records.ts'
import { START } from '../../../support/manual-clock.ts'

const attempt = (serial: number) => ({
  attempt: serial,
  startedAt: START,
  durationMs: 1,
  outcome: 'retry' as const,
  reason: 'HTTP 503',
})

const dismissed = (told: Omit<Dismissal, 'at'>): Final => ({
  ...{ kind: 'final', outcome: 'dead', reason: 'HTTP 404' },
  dismissal: { at: START, ...told },
})

const decode = (stored: unknown) => deliveryRecordCodec.decode(stored)
const encode = (changes: RecordChanges) =>
  JSON.parse(encodeText(deliveryRecordCodec, deliveryRecord(changes)))

/** What 591c4aa writes: no version, no count of tries, no word on why it waits. */
function earlier(changes: Readonly<Record<string, unknown>>) {
  const { v, tries, countedAttempt, why, ...rest } = encode({ outcome: 'retry' })
  return { ...rest, ...changes }
}

describe('a stored delivery record', () => {
  it.each([
    ['delivered', deliveryRecord({ notes: ['cut'], objectLabels: { team: 'web' } })],
    ['waiting', deliveryRecord({ outcome: 'retry', why: 'subject', attempt: 4, tries: 2 })],
    ['of an event', eventRecord({ outcome: 'retry', why: 'configuration', attempt: 2 })],
    ['with the revision that decided', deliveryRecord({ revision: '3f2c9a1b5d7e', tries: 1 })],
    [
      'that waits, with a revision',
      deliveryRecord({ outcome: 'retry', attempt: 2, revision: 'a' }),
    ],
    [
      'with who asked for a replay',
      deliveryRecord({ replayedAt: [START], replayedBy: [{ at: START, by: 'ann' }] }),
    ],
    ['dismissed', deliveryRecord({ outcome: 'dismissed', attempt: 3 })],
    [
      'dismissed, with who did it and why',
      deliveryRecord({ status: dismissed({ by: 'ann', comment: 'the channel is gone' }) }),
    ],
    ['of a test', deliveryRecord({ test: {} })],
    ['of a test that failed', deliveryRecord({ outcome: 'failed', test: { by: 'ann' } })],
    ['with a subject', deliveryRecord({ subjectStateKey: 'prod#x', repeats: 3 })],
  ])('is read as it was written: %s', (_, record) => {
    const json = encodeText(deliveryRecordCodec, record)
    expect(decodeText(deliveryRecordCodec, json)).toEqual({ kind: 'read', value: record })
  })

  it('has the names that 591c4aa reads', () => {
    const dueAt = START + 1
    expect(encode({ outcome: 'retry', why: 'configuration', dueAt, attempt: 3 })).toMatchObject({
      ...{ v: 1, tries: 1, outcome: 'retry', dueAt, attempt: 3, waitsFor: 'configuration' },
    })
    expect(encode({ outcome: 'dead', reason: 'gone' })).toMatchObject({ outcome: 'dead' })
    expect(encode({ outcome: 'dead' })).not.toHaveProperty('dueAt')
    expect(encode({ outcome: 'dismissed' })).toMatchObject({ outcome: 'dead' })
    expect(encode({ outcome: 'retry', why: 'failed' })).not.toHaveProperty('waitsFor')
  })
})

it('is read where 591c4aa has recorded a replay more, of which nobody knows who asked', () => {
  const replayedBy = [{ at: START, by: 'ann' }]
  const stored = encode({ replayedAt: [START], replayedBy })
  const since = { ...stored, replayedAt: [START, START + 1] }
  expect(storedValue(deliveryRecordCodec, decode(since), 'it')).toMatchObject({
    replayedAt: [START, START + 1],
    replayedBy,
  })
})

it('names no revision once 591c4aa has decided, which keeps the field', () => {
  const stored = encode({ outcome: 'retry', attempt: 2, revision: '3f2c9a1b5d7e' })
  const since = { ...stored, outcome: 'delivered', attempts: [attempt(1), attempt(2)] }
  expect(storedValue(deliveryRecordCodec, decode(since), 'it').revision).toBeUndefined()
})

it('is not dismissed any more once 591c4aa has tried it again, which keeps the field', () => {
  const stored = encode({ outcome: 'dismissed', attempt: 1 })
  const read = (changes: Readonly<Record<string, unknown>>) =>
    outcomeOf(storedValue(deliveryRecordCodec, decode({ ...stored, ...changes }), 'it'))
  expect(read({})).toBe('dismissed')
  expect(read({ outcome: 'retry', attempt: 2, dueAt: START })).toBe('retry')
  expect(read({ attempt: 2, attempts: [attempt(1), attempt(2)] })).toBe('dead')
  expect(read({ outcome: 'delivered', attempt: 2 })).toBe('delivered')
})

it('is not observed any more once 591c4aa has sent it, which keeps the field', () => {
  const stored = encode({ outcome: 'observed' })
  expect(outcomeOf(storedValue(deliveryRecordCodec, decode(stored), 'it'))).toBe('observed')
  for (const outcome of ['skipped', 'delivered']) {
    const since = { ...stored, outcome, attempt: stored.attempt + 1 }
    expect(outcomeOf(storedValue(deliveryRecordCodec, decode(since), 'it'))).toBe(outcome)
  }
})

describe('a record of 591c4aa', () => {
  const read = (changes: Readonly<Record<string, unknown>>) => {
    const { tries, status } = storedValue(deliveryRecordCodec, decode(earlier(changes)), 'it')
    return [status.kind === 'waiting' ? status.why : status.outcome, tries]
  }

  it.each([
    ['a failed try', { attempt: 3, attempts: [attempt(1), attempt(2)] }, ['failed', 2]],
    ['no place', { attempt: 4, attempts: [attempt(1), attempt(2)] }, ['destination', 2]],
    [
      'a failed try, with others put off',
      { attempt: 6, attempts: [attempt(1), attempt(5)] },
      ['failed', 2],
    ],
    ['never tried', { attempt: 2, attempts: [] }, ['destination', 0]],
    [
      'a Secret',
      { attempt: 4, attempts: [attempt(1)], waitsFor: 'configuration' },
      ['configuration', 1],
    ],
    [
      'a replay',
      { attempt: 3, attempts: [attempt(1), attempt(2)], replayedAt: [START], updatedAt: START },
      ['replay', 2],
    ],
    ['nothing', { outcome: 'dead', attempt: 2, attempts: [attempt(1), attempt(2)] }, ['dead', 2]],
  ])('waits for %s', (_, changes, expected) => {
    expect(read(changes)).toEqual(expected)
  })

  it('without an Alert is one of an event', () => {
    const value = storedValue(deliveryRecordCodec, decode(earlier({ alert: undefined })), 'it')
    expect(value.kind).toBe('event')
  })
})

describe('a record that 591c4aa went on with', () => {
  const ours = encode({ outcome: 'retry', why: 'subject', attempt: 4, tries: 7 })
  const read = (changes: Readonly<Record<string, unknown>>) => {
    const { tries, status } = storedValue(
      deliveryRecordCodec,
      decode({ ...ours, ...changes }),
      'it',
    )
    return [status.kind === 'waiting' ? status.why : status.outcome, tries]
  }

  it('counts the tries since, and says why it waits now', () => {
    expect(read({})).toEqual(['subject', 7])
    expect(read({ attempt: 5, attempts: [attempt(4)] })).toEqual(['failed', 8])
    expect(read({ attempt: 6, attempts: [attempt(4)] })).toEqual(['destination', 8])
    expect(read({ attempt: 5, waitsFor: 'configuration' })).toEqual(['configuration', 7])
    expect(read({ outcome: 'dead', attempts: [attempt(4)] })).toEqual(['dead', 8])
    const final = encode({ outcome: 'dead', attempt: 4, tries: 2 })
    expect(read({ ...final, attempts: [attempt(3), attempt(4), attempt(5)] })).toEqual(['dead', 3])
  })
})

describe('a record that cannot be read', () => {
  const ours = encode({ outcome: 'retry', attempts: [attempt(1)] })
  it.each([
    ['attempts[0].reason is missing', { attempts: [{ ...attempt(1), reason: undefined }] }],
    ['event.metadata.a is not a text', { event: { ...ours.event, metadata: { a: 1 } } }],
    ['outcome is not delivered, suppressed, skipped, dead', { outcome: 'lost' }],
    ['dueAt is missing', { dueAt: undefined }],
    ['tries is missing', { tries: undefined }],
    ['attempt is not a whole number', { attempt: 1.5 }],
    ['alert is not an object', { alert: null }],
    ['v is not a version', { v: '1' }],
    ['v is not a version', { v: -1 }],
  ])('says why: %s', (cause, changes) => {
    expect(decode({ ...ours, ...changes })).toEqual({ kind: 'damaged', cause })
  })

  it.each([
    ['it is not JSON', '{"v":1'],
    ['it is not an object', 'null'],
    ['it is not an object', '[]'],
    ['id is missing', '{}'],
  ])('says why: %s', (cause, json) => {
    expect(decodeText(deliveryRecordCodec, json)).toEqual({ kind: 'damaged', cause })
  })

  it('is told apart from one of a later version', () => {
    const later = { v: 2, somethingElse: true }
    expect(decode(later)).toEqual({ kind: 'later', version: 2 })
    const read = (stored: unknown) => () =>
      storedValue(deliveryRecordCodec, decode(stored), 'delivery d')
    expect(read(later)).toThrow(LaterVersion)
    expect(read(later)).toThrow('delivery d: it is of version 2, and this flux-relay reads up to 1')
    expect(read({ ...ours, id: 7 })).toThrow(DamagedRecord)
    expect(read({ ...ours, id: 7 })).toThrow('delivery d: id is not a text')
  })
})
