import { describe, expect, it } from 'vitest'
import type { QueuedEvent } from '../../../relay/model/queue-messages.ts'
import { createDispatcher } from '../../../relay/pipeline/dispatch.ts'
import { createFanOut } from '../../../relay/pipeline/fan-out.ts'
import { shown } from '../../support/delivery-records.ts'
import { alert, CLUSTER, createHarness, provider } from '../../support/relay-harness.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

const unexpected = (error: unknown) => {
  throw error
}

/** Work that goes on until it is told to end, in the order in which it began. */
function heldWork() {
  const begun: number[] = []
  const ends: (() => void)[] = []
  return {
    begun,
    work: (item: number) => {
      begun.push(item)
      return new Promise<void>((resolve) => ends.push(resolve))
    },
    /** Ends one after the other, and waits for what begins then. */
    async endAll() {
      for (let end = ends.shift(); end; end = ends.shift()) {
        end()
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

describe('a fan-out', () => {
  it('works on so many items of a call at once, and on each once and in order', async () => {
    const held = heldWork()
    const done = createFanOut({ perCall: 3, shared: 100 }).each(numbers(8), held.work, unexpected)
    expect(held.begun).toEqual([0, 1, 2])
    await held.endAll()
    await done
    expect(held.begun).toEqual(numbers(8))
  })

  it('leaves each call one item at least, whatever the others take', async () => {
    const fanOut = createFanOut({ perCall: 10, shared: 4 })
    const calls = [heldWork(), heldWork(), heldWork()]
    const done = calls.map(({ work }) => fanOut.each(numbers(5), work, unexpected))
    expect(calls.map(({ begun }) => begun.length)).toEqual([3, 1, 1])
    await calls[1]?.endAll()
    await done[1]
    expect(calls.map(({ begun }) => begun.length)).toEqual([3, 5, 1])
    // What the first call gives back helps the last one.
    await calls[0]?.endAll()
    await done[0]
    await calls[2]?.endAll()
    await done[2]
    expect(calls.map(({ begun }) => begun)).toEqual([numbers(5), numbers(5), numbers(5)])
  })

  it('leaves other clusters a share of the items that are worked on at once', async () => {
    const fanOut = createFanOut({ perCall: 100, shared: 8 })
    const calls = ['a', 'a', 'b'].map((cluster) => ({ cluster, held: heldWork() }))
    const done = calls.map(({ cluster, held }) =>
      fanOut.each(numbers(20), held.work, unexpected, cluster),
    )
    // One of each call, and 4 of the 8 more for the first cluster, then 2 for the next.
    expect(calls.map(({ held }) => held.begun.length)).toEqual([5, 1, 3])
    for (const { held } of calls) await held.endAll()
    for (const { held } of calls) await held.endAll()
    await Promise.all(done)
  })

  it('ends all and then tells of each that failed', async () => {
    const worked: number[] = []
    const failures: unknown[] = []
    const work = async (item: number) => {
      worked.push(item)
      if (item === 1 || item === 4) throw new Error(`item ${item}`)
    }
    await createFanOut({ perCall: 2 }).each(numbers(6), work, (error) => failures.push(error))
    expect(failures).toEqual([new Error('item 1'), new Error('item 4')])
    expect(worked.toSorted()).toEqual(numbers(6))
  })

  it('tells of an item that could not be made once all before it are done, and takes no more', async () => {
    function* items() {
      yield* numbers(4)
      throw new Error('item 4')
    }
    const fanOut = createFanOut({ perCall: 10, shared: 4 })
    for (const _ of numbers(3)) {
      const held = heldWork()
      const failures: unknown[] = []
      const done = fanOut.each(items(), held.work, (error) => failures.push(error))
      // So many each time: what was taken of what is shared was given back.
      expect(held.begun).toEqual([0, 1, 2])
      await held.endAll()
      await done
      expect(held.begun).toEqual(numbers(4))
      expect(failures).toEqual([new Error('item 4')])
    }
  })

  it('takes no place for nothing, and as many items as there are', async () => {
    const fanOut = createFanOut()
    await fanOut.each([], () => Promise.reject(new Error('there is nothing')), unexpected)
    let worked = 0
    const work = async () => {
      worked += 1
    }
    await fanOut.each(numbers(100_000), work, unexpected)
    expect(worked).toBe(100_000)
  })

  it('asks for no item long before its work begins', async () => {
    let asked = 0
    function* items() {
      for (asked = 1; asked <= 1_000; asked += 1) yield asked
    }
    const held = heldWork()
    const done = createFanOut({ perCall: 3 }).each(items(), held.work, unexpected)
    expect([held.begun.length, asked]).toEqual([3, 4])
    await held.endAll()
    await done
    expect(held.begun).toHaveLength(1_000)
  })
})

describe('an event that fits hundreds of Alerts', () => {
  const ALERTS = 500

  it('is dispatched with a bounded number of tries under way', async () => {
    const harness = createHarness()
    const { secrets, ledger } = harness.ports
    const underWay = { now: 0, most: 0 }
    // A try reads the Secret first, and writes its record last.
    const dispatcher = createDispatcher(
      {
        ...harness.ports,
        secrets: {
          read(...question) {
            underWay.now += 1
            underWay.most = Math.max(underWay.most, underWay.now)
            return secrets.read(...question)
          },
        },
        ledger: {
          assertWritable: () => ledger.assertWritable(),
          readMany: (ids) => ledger.readMany(ids),
          show: (id) => ledger.show(id),
          list: (...question) => ledger.list(...question),
          writeMany(writes) {
            underWay.now -= writes.length
            return ledger.writeMany(writes)
          },
        },
      },
      { noCrossNamespaceRefs: false, rateLimitIntervalMs: 0 },
    )
    harness.secrets.set(`${CLUSTER}/flux-system/hook`, { token: 'example' })
    const spec = { type: 'generic', secretRef: { name: 'hook' } }
    const hooks = numbers(ALERTS).map((index) =>
      provider(`hook-${index}`, { ...spec, address: `https://${index}.test` }),
    )
    const alerts = numbers(ALERTS).map((index) => alert(`alert-${index}`, `hook-${index}`))
    await harness.configure(...hooks, ...alerts)
    await harness.send('kustomization-finished')
    const [event] = await harness.queue.leaseEvents(1)
    await dispatcher.dispatchEvent(event as QueuedEvent)
    expect(underWay.most).toBeGreaterThan(1)
    expect(underWay.most).toBeLessThanOrEqual(256)
    const { records } = await ledger.list({ outcome: 'delivered' }, 2 * ALERTS)
    expect(new Set(records.map((record) => shown(record).alert?.name)).size).toBe(ALERTS)
    expect(harness.requests).toHaveLength(ALERTS)
  })
})
