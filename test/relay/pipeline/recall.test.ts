import { describe, expect, it } from 'vitest'
import type { QueuedEvent } from '../../../relay/model/queue-messages.ts'
import { createDispatcher } from '../../../relay/pipeline/dispatch.ts'
import { createRoom } from '../../../relay/pipeline/room.ts'
import type { Ledger } from '../../../relay/ports/ledger.ts'
import { alert, createHarness, type Harness, provider } from '../../support/relay-harness.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)
const macrotask = () => new Promise((resolve) => setImmediate(resolve))

describe('a room', () => {
  it('lets in what fits, in the order of asking, and what is too large alone', async () => {
    const room = createRoom(10)
    const begun: number[] = []
    const ends: (() => void)[] = []
    const hold = (size: number) =>
      room.hold(size, () => {
        begun.push(size)
        return new Promise<void>((resolve) => ends.push(resolve))
      })
    const done = [6, 4, 1, 30, 2].map(hold)
    const held = [[6, 4], [1], [30], [2]]
    for (const [index] of held.entries()) {
      await macrotask()
      expect(begun).toEqual(held.slice(0, index + 1).flat())
      for (const end of ends.splice(0)) end()
    }
    await Promise.all(done)
  })

  it('is free again after what failed', async () => {
    const room = createRoom(1)
    const failing = room.hold(1, () => Promise.reject(new Error('down')))
    await expect(failing).rejects.toThrow('down')
    expect(await room.hold(1, async () => 'done')).toBe('done')
  })
})

const ALERTS = 250
const EVENTS = 25

/** A harness whose events each fit so many Alerts, and those events. */
async function manyOfMany(): Promise<readonly [Harness, readonly QueuedEvent[]]> {
  const harness = createHarness({ rateLimitIntervalMs: 0 })
  // Each at a host of its own, so that none waits for a place.
  const pairs = numbers(ALERTS).flatMap((index) => [
    provider(`hook-${index}`, { type: 'generic', address: `https://${index}.test` }),
    alert(`alert-${index}`, `hook-${index}`),
  ])
  await harness.configure(...pairs)
  for (const index of numbers(EVENTS)) {
    const involvedObject = { kind: 'Kustomization', namespace: 'flux-system', name: `app-${index}` }
    await harness.sendJson({ involvedObject })
  }
  // As events that were leased before: what was never leased has no record that could be read.
  for (const event of await harness.queue.leaseEvents(EVENTS)) harness.queue.release(event, 0)
  return [harness, await harness.queue.leaseEvents(EVENTS)]
}

/** A ledger that says how many records were read and are not done with yet. */
function countingLedger(ledger: Ledger) {
  const records = { held: 0, most: 0 }
  const counting: Ledger = {
    assertWritable: () => ledger.assertWritable(),
    show: (id) => ledger.show(id),
    list: (...question) => ledger.list(...question),
    writeMany: (writes) => ledger.writeMany(writes),
    async readMany(ids) {
      records.held += ids.length
      records.most = Math.max(records.most, records.held)
      await macrotask()
      const read = await ledger.readMany(ids)
      records.held -= ids.length
      return read
    },
  }
  return { counting, records }
}

describe('events that fit hundreds of Alerts', () => {
  it('are dispatched again with a bounded number of records read at once', async () => {
    const [{ ports, requests }, events] = await manyOfMany()
    const options = { noCrossNamespaceRefs: false, rateLimitIntervalMs: 0 }
    const first = createDispatcher(ports, options)
    await Promise.all(events.map((event) => first.dispatchEvent(event)))
    expect(requests).toHaveLength(EVENTS * ALERTS)

    const { counting, records } = countingLedger(ports.ledger)
    const again = createDispatcher({ ...ports, ledger: counting }, options)
    await Promise.all(events.map((event) => again.dispatchEvent(event)))
    expect(requests).toHaveLength(EVENTS * ALERTS)
    // 1,000 to find out, and a look at each of the deliveries that are at work, 1,000 and one an event.
    expect(records.most).toBeLessThanOrEqual(2_000 + EVENTS)
  })

  it('are finished where a part of their deliveries has no record yet', async () => {
    const [{ ports, requests }, events] = await manyOfMany()
    const options = { noCrossNamespaceRefs: false, rateLimitIntervalMs: 0 }
    let written = 0
    const failing: Ledger = {
      assertWritable: () => undefined,
      readMany: (ids) => ports.ledger.readMany(ids),
      show: (id) => ports.ledger.show(id),
      list: (...question) => ports.ledger.list(...question),
      async writeMany(writes) {
        written += 1
        if (written % 3 === 0) throw new Error('the disk is full')
        return ports.ledger.writeMany(writes)
      },
    }
    const [event] = events
    if (!event) throw new Error('there is no event')
    const broken = createDispatcher({ ...ports, ledger: failing }, options)
    await expect(broken.dispatchEvent(event)).rejects.toThrow('the disk is full')
    const { records: before } = await ports.ledger.list({}, 2 * ALERTS)
    expect(before.length).toBeGreaterThan(0)
    expect(before.length).toBeLessThan(ALERTS)

    const sent = requests.length
    await createDispatcher(ports, options).dispatchEvent(event)
    const { records } = await ports.ledger.list({ outcome: 'delivered' }, 2 * ALERTS)
    expect(records).toHaveLength(ALERTS)
    expect(requests).toHaveLength(sent + ALERTS - before.length)
  })
})
