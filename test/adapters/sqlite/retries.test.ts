import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Database, openDatabase } from '../../../adapters/sqlite/database.ts'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import type { RetryMessage } from '../../../relay/model/delivery.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

let file: string
let database: Database
let clock: ManualClock
let queue: SqliteQueue

beforeEach(() => {
  file = join(temporaryDirectory(), 'relay.db')
  clock = new ManualClock()
  open()
})

afterEach(() => {
  vi.restoreAllMocks()
  database.close()
})

describe('retries', () => {
  it('come in the order in which they are due, those that were released too', async () => {
    await queue.sendRetries([retry('c', 3), retry('a', 1), retry('b', 2), retry('e', 5)])
    clock.advance(10)
    const [first] = queue.leaseRetries(1)
    if (!first) throw new Error('nothing was leased')
    queue.releaseRetry(first, START + 4)
    await queue.sendRetries([retry('early', 0)])
    expect(leaseRetryNames(10)).toEqual(['early', 'b', 'c', 'a', 'e'])
  })

  it('are found when they were sent before one that is leased already', async () => {
    await queue.sendRetries([retry('b', 2)])
    clock.advance(10)
    expect(leaseRetryNames(1)).toEqual(['b'])
    await queue.sendRetries([retry('a', 1), retry('same', 2), retry('c', 3)])
    expect(leaseRetryNames(10)).toEqual(['a', 'same', 'c'])
  })

  it('keep their due time when they are sent again', async () => {
    await queue.sendRetries([retry('a', 1_000)])
    await queue.sendRetries([retry('a', 0), retry('a', 9_000)])
    expect(leaseRetryNames(1)).toEqual([])
    clock.advance(1_000)
    expect(leaseRetryNames(2)).toEqual(['a'])
    expect(queue.depth().retries).toBe(1)
  })

  it('can be sent again once acknowledged', async () => {
    await queue.sendRetries([retry('a', 0)])
    const [leased] = queue.leaseRetries(1)
    if (!leased) throw new Error('nothing was leased')
    await Promise.all([queue.acknowledgeRetry(leased), queue.sendRetries([retry('a', 0)])])
    expect(queue.depth().retries).toBe(1)
    expect(leaseRetryNames(2)).toEqual(['a'])
  })

  it('are all there again after a restart, but those that were acknowledged', async () => {
    await queue.sendRetries([retry('a', 0), retry('b', 1), retry('c', 2)])
    clock.advance(10)
    const [first, second] = queue.leaseRetries(2)
    if (!first || !second) throw new Error('nothing was leased')
    await queue.acknowledgeRetry(first)
    queue.releaseRetry(second, START + 60_000)
    restart()
    expect(leaseRetryNames(10)).toEqual(['b', 'c'])
  })

  it('stay leased when they cannot be deleted', async () => {
    await queue.sendRetries([retry('a', 0)])
    const [leased] = queue.leaseRetries(1)
    if (!leased) throw new Error('nothing was leased')
    vi.spyOn(database, 'write').mockRejectedValueOnce(new Error('disk'))
    await expect(queue.acknowledgeRetry(leased)).rejects.toThrow('disk')
    expect(leaseRetryNames(1)).toEqual([])
    queue.releaseRetry(leased, START)
    expect(leaseRetryNames(1)).toEqual(['a'])
  })
})

describe('retries, whatever is done to them,', () => {
  it('come each once and in time', async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      database.close()
      file = join(temporaryDirectory(), 'relay.db')
      open()
      const model = new RetryModel()
      for (const act of steps) {
        await act(model)
        model.expectSame()
      }
      await model.drain()
    })
    await fc.assert(property, { numRuns: 100 })
  })
})

interface ModelItem {
  readonly dueAt: number
  /** Not handed out before. */
  readonly from: number
  readonly isLeased: boolean
}

/** Does everything to the queue and to a map, and expects the same of both. */
class RetryModel {
  readonly #items = new Map<string, ModelItem>()
  readonly #leased: RetryMessage[] = []

  async send(dueAfterMs: ReadonlyMap<string, number>): Promise<void> {
    const messages = [...dueAfterMs].map(([deliveryId, afterMs]) => {
      return { deliveryId, attempt: 1, dueAt: clock.now() + afterMs }
    })
    await queue.sendRetries(messages)
    for (const { deliveryId, dueAt } of messages) {
      if (this.#items.has(deliveryId)) continue
      this.#items.set(deliveryId, { dueAt, from: dueAt, isLeased: false })
    }
  }

  async lease(max: number): Promise<void> {
    const now = clock.now()
    const times = this.#waiting().filter((from) => from <= now)
    const messages = queue.leaseRetries(max)
    const items = messages.map(({ deliveryId }) => this.#items.get(deliveryId))
    expect(items.map((item) => item?.from)).toEqual(times.slice(0, max))
    for (const message of messages) {
      expect(this.#items.get(message.deliveryId)?.dueAt).toBe(message.dueAt)
      this.#change(message, { isLeased: true })
      this.#leased.push(message)
    }
  }

  async release(afterMs: number): Promise<void> {
    const message = this.#leased.shift()
    if (!message) return
    queue.releaseRetry(message, clock.now() + afterMs)
    this.#change(message, { from: clock.now() + afterMs, isLeased: false })
  }

  async acknowledge(): Promise<void> {
    const message = this.#leased.shift()
    if (!message) return
    await queue.acknowledgeRetry(message)
    this.#items.delete(message.deliveryId)
  }

  async restart(): Promise<void> {
    restart()
    this.#leased.length = 0
    for (const [id, { dueAt }] of this.#items) {
      this.#items.set(id, { dueAt, from: dueAt, isLeased: false })
    }
  }

  expectSame(): void {
    expect(queue.depth().retries).toBe(this.#items.size)
    expect(queue.nextWakeAt()).toBe(this.#waiting().find((from) => from > clock.now()))
  }

  async drain(): Promise<void> {
    clock.advance(1_000)
    await this.lease(Number.MAX_SAFE_INTEGER)
    while (this.#leased.length > 0) await this.acknowledge()
    expect(queue.depth()).toEqual({ events: 0, retries: 0 })
  }

  /** The times from which those that are not leased may be had, earliest first. */
  #waiting(): readonly number[] {
    const items = [...this.#items.values()].filter(({ isLeased }) => !isLeased)
    return items.map(({ from }) => from).sort((a, b) => a - b)
  }

  #change({ deliveryId }: RetryMessage, changes: Partial<ModelItem>): void {
    const item = this.#items.get(deliveryId)
    if (item) this.#items.set(deliveryId, { ...item, ...changes })
  }
}

type Step = (model: RetryModel) => Promise<void>

const delayMs = fc.integer({ min: -5, max: 20 })
const batch = fc.uniqueArray(fc.tuple(fc.constantFrom(...'abcdefghij'), delayMs), {
  selector: ([id]) => id,
  maxLength: 8,
})
const step: fc.Arbitrary<Step> = fc.oneof(
  batch.map(
    (items): Step =>
      (model) =>
        model.send(new Map(items)),
  ),
  fc.integer({ min: 1, max: 3 }).map(
    (max): Step =>
      (model) =>
        model.lease(max),
  ),
  delayMs.map(
    (afterMs): Step =>
      (model) =>
        model.release(afterMs),
  ),
  fc.constant<Step>((model) => model.acknowledge()),
  fc.constant<Step>(async () => clock.advance(7)),
  fc.constant<Step>((model) => model.restart()),
)

function open(): void {
  database = openDatabase(file)
  queue = new SqliteQueue(database, clock)
}

/** Closing is as good as a crash here: leases are in memory. */
function restart(): void {
  database.close()
  open()
}

function retry(deliveryId: string, afterMs: number): RetryMessage {
  return { deliveryId, attempt: 2, dueAt: START + afterMs }
}

function leaseRetryNames(max: number): readonly string[] {
  return queue.leaseRetries(max).map(({ deliveryId }) => deliveryId)
}
