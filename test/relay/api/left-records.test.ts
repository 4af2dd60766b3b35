import { describe, expect, it } from 'vitest'
import { readStreamQuery } from '../../../relay/api/delivery-query.ts'
import type { ListedRecord } from '../../../relay/model/delivery.ts'
import { dismiss } from '../../../relay/pipeline/dismiss.ts'
import { requestReplay } from '../../../relay/pipeline/replay.ts'
import { deliveryRecord, event, eventRecord } from '../../support/delivery-records.ts'
import { START } from '../../support/manual-clock.ts'
import { memoryPorts } from '../../support/memory-ports.ts'

function queryOf(text: string) {
  const query = readStreamQuery(new URLSearchParams(text), START)
  if ('problem' in query) throw new Error(query.problem.detail)
  return query
}

/** Whether a stream tells that a record left. */
function isLeft(query: string, record: ListedRecord): boolean {
  const { wants, mayHaveTold } = queryOf(query)
  return !wants(record) && mayHaveTold(record)
}

const DELIVERED = deliveryRecord({ id: 'a' })
const DEAD = deliveryRecord({ id: 'a', outcome: 'dead' })

describe('a record that a stream may have told of', () => {
  it.each([
    ['outcome=retry', true],
    ['outcome=held,dead', true],
    // Without a person it was dead never.
    ['outcome=dead', false],
    ['outcome=dead,skipped', false],
    ['text=answered%20503', true],
    ['provider=flux-system/before', true],
    ['outcome=retry&cluster=local&alert=flux-system/on-call', true],
    ['outcome=retry&object=Kustomization/flux-system/podinfo&id=a&event=event', true],
    ['outcome=retry&reason=ReconciliationSucceeded&severity=info', true],
    ['outcome=retry&since=1h&until=2030-01-01', true],
    ['outcome=retry&cluster=prod', false],
    ['outcome=retry&alert=flux-system/other', false],
    ['outcome=retry&object=Kustomization/flux-system/other', false],
    ['outcome=retry&id=b', false],
    ['outcome=retry&event=other-event', false],
    ['outcome=retry&reason=Other', false],
    ['outcome=retry&severity=error', false],
    ['outcome=retry&until=1h', false],
    ['outcome=retry&since=2030-01-01', false],
    ['', false],
    ['cluster=local&severity=info', false],
  ])('by %j', (query, expected) => {
    expect(isLeft(query, DELIVERED)).toBe(expected)
  })

  it('is one that a person replayed, and one that is told with others then', async () => {
    for (const record of [DEAD, DELIVERED, { ...eventRecord(), id: 'a' }]) {
      const ports = memoryPorts()
      ports.ledger.put(record)
      const [query, replayed] = [outcomeQueryOf(record), await requestReplay(ports, 'a')]
      if (replayed.kind !== 'queued') throw new Error(replayed.kind)
      expect(queryOf(query).wants(record)).toBe(true)
      expect(isLeft(query, replayed.record)).toBe(true)
      // Nobody remembers what it was, whatever comes of it.
      const { replayedAt } = replayed.record
      expect(isLeft('outcome=dead', { ...DELIVERED, replayedAt })).toBe(true)
    }
    const told = deliveryRecord({ outcome: 'held', why: 'rule', toldIn: 'leader' })
    expect(isLeft('outcome=dead', told)).toBe(true)
  })

  it('is one that a person dismissed', async () => {
    const ports = memoryPorts()
    ports.ledger.put(DEAD)
    const dismissed = await dismiss(ports, 'a', {})
    if (dismissed.kind !== 'dismissed') throw new Error(dismissed.kind)
    expect(isLeft('outcome=dead', dismissed.record)).toBe(true)
    expect(isLeft('outcome=dismissed', dismissed.record)).toBe(false)
  })

  it('is one that counts repeats, and has the event of the latest one', () => {
    const counter = deliveryRecord({
      ...{ outcome: 'suppressed', eventId: 'second', repeats: 1, acceptedAt: START },
      event: { ...event(), severity: 'error' },
    })
    expect(isLeft('outcome=suppressed&event=first', counter)).toBe(true)
    expect(isLeft('until=1h', counter)).toBe(true)
    expect(isLeft('severity=info', counter)).toBe(true)
    expect(isLeft('event=first&cluster=prod', counter)).toBe(false)
    expect(isLeft('event=first&outcome=dead', counter)).toBe(false)
  })

  it('is one that nobody can read any more', () => {
    const unreadable: ListedRecord = {
      kind: 'unreadable',
      ...{ id: 'a', cluster: 'local', outcome: 'delivered', acceptedAt: START },
      ...{ object: 'Kustomization/apps/shop', alert: 'apps/team', reason: 'it is not JSON' },
    }
    expect(isLeft('outcome=dead&event=first&severity=error', unreadable)).toBe(true)
    expect(isLeft('outcome=dead&alert=apps/other', unreadable)).toBe(false)
  })
})

function outcomeQueryOf(record: ListedRecord): string {
  if (record.kind === 'event') return 'outcome=skipped'
  return record === DEAD ? 'outcome=dead' : 'outcome=delivered'
}
