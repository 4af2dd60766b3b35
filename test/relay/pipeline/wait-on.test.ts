import { describe, expect, it } from 'vitest'
import type { DeliveryRecord, Waiting } from '../../../relay/model/delivery.ts'
import { isStillWaiting, waitOn } from '../../../relay/pipeline/wait-on.ts'
import { deliveryRecord, type RecordChanges } from '../../support/delivery-records.ts'
import { START } from '../../support/manual-clock.ts'

const MINUTE_MS = 60_000
const DESTINATION: Waiting = { kind: 'waiting', why: 'destination', dueAt: START, reason: 'parked' }
const KEY = 'local#provider-uid#hooks.example.com'

function waiting(status: Waiting, changes: RecordChanges = {}): DeliveryRecord<Waiting> {
  return { ...deliveryRecord(changes), status }
}

const stillWaits = (before: Waiting, after: Waiting) =>
  isStillWaiting(waiting(after), waiting(before))

describe('a record that waits for its destination', () => {
  it('where nobody wakes, is written again once its time is more than ten minutes off', () => {
    const later = (ms: number) => ({ ...DESTINATION, dueAt: START + ms })
    expect(stillWaits(DESTINATION, later(10 * MINUTE_MS))).toBe(true)
    // Longer than that, it would count as one whose message was lost.
    expect(stillWaits(DESTINATION, later(10 * MINUTE_MS + 1))).toBe(false)
    expect(stillWaits({ ...DESTINATION, why: 'failed' }, DESTINATION)).toBe(true)
    expect(stillWaits(DESTINATION, { ...DESTINATION, why: 'failed' })).toBe(false)
  })

  it('that wakes it, is written again when it is another one, or when it waits until another time', () => {
    const own = { ...DESTINATION, destination: KEY }
    expect(stillWaits(own, own)).toBe(true)
    expect(stillWaits(DESTINATION, own)).toBe(false)
    expect(stillWaits({ ...own, destination: `${KEY}:8443` }, own)).toBe(false)
    expect(stillWaits(own, { ...own, dueAt: START + 1 })).toBe(false)
  })

  it('goes on by one message at the time of the probe, of the try that it waits for', async () => {
    const sent: unknown[] = []
    const queue = { sendRetries: async (messages: unknown) => void sent.push(messages) }
    const destinations = { wait: (...told: unknown[]) => void sent.push(told) }
    const context = { ports: { queue }, destinations } as unknown as Parameters<typeof waitOn>[0]
    const probed = { ...DESTINATION, dueAt: START + 5 * MINUTE_MS }
    const before = waiting(DESTINATION, { id: 'd', attempt: 4 })
    await waitOn(context, before, waiting(probed, { id: 'd', attempt: 5 }))
    expect(sent).toEqual([[{ deliveryId: 'd', attempt: 4, dueAt: probed.dueAt }]])
    const own = waiting({ ...DESTINATION, destination: KEY }, { id: 'd', attempt: 4 })
    await waitOn(context, own, own)
    expect(sent[1]).toEqual([KEY, expect.objectContaining({ id: 'd', attempt: 4 })])
  })
})
