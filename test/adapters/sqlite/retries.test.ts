import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { openRelayDatabase, type RelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import type { RetryMessage } from '../../../relay/model/queue-messages.ts'
import type { Ledger } from '../../../relay/ports/ledger.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { acceptingLedger, recordWaiting } from './support/accepting-ledger.ts'

let file: string
let database: RelayDatabase
let clock: ManualClock
let queue: SqliteQueue
let ledger: Ledger

beforeEach(() => {
  file = join(temporaryDirectory(), 'relay.db')
  clock = new ManualClock()
  open()
})

afterEach(() => database.close())

describe('retries', () => {
  it('come in the order in which they are due, those that were released too', async () => {
    await send(retry('c', 3), retry('a', 1), retry('b', 2), retry('e', 5))
    clock.advance(10)
    const [first] = await queue.leaseRetries(1)
    if (!first) throw new Error('nothing was leased')
    queue.releaseRetry(first, START + 4)
    await send(retry('early', 0))
    expect(await leaseNames(10)).toEqual(['early', 'b', 'c', 'a', 'e'])
  })

  it('are found when they wait since one was leased that is due later', async () => {
    await send(retry('b', 2))
    clock.advance(10)
    expect(await leaseNames(1)).toEqual(['b'])
    await send(retry('a', 1), retry('same', 2), retry('c', 3))
    expect(await leaseNames(10)).toEqual(['a', 'same', 'c'])
  })

  it('are found though nobody told of them', async () => {
    await recordWaiting(ledger, [retry('a', 1)])
    await restart()
    clock.advance(10)
    expect(await leaseNames(10)).toEqual(['a'])
  })

  it('are found though nobody told of them, while the relay runs', async () => {
    await send(retry('before', 1))
    clock.advance(10)
    expect(await leaseNames(10)).toEqual(['before'])
    await recordWaiting(ledger, [retry('lost', 2), retry('later', 2_000)])
    expect(await leaseNames(10)).toEqual([])
    expect(await queue.findLostRetries(START + 2)).toEqual([])
    expect(await queue.findLostRetries(START + 10)).toEqual(['lost'])
    expect(await queue.findLostRetries(START + 10)).toEqual([])
    expect(await leaseNames(10)).toEqual(['lost'])
    // Nor while it is leased, or is still to be read.
    expect(await queue.findLostRetries(START + 10)).toEqual([])
  })

  it('come once, however often they are told of', async () => {
    const [a, b] = [retry('a', 0), retry('b', 1_000)]
    await send(a, b)
    await queue.resendRetries([a, b])
    expect(await leaseNames(10)).toEqual(['a'])
    await queue.resendRetries([a, b])
    expect(await leaseNames(10)).toEqual([])
    clock.advance(1_000)
    expect(await leaseNames(10)).toEqual(['b'])
    expect((await queue.depth()).retries).toBe(2)
  })

  it('come as the record has them now', async () => {
    await send(retry('a', 1_000), retry('b', 1))
    await send({ ...retry('a', 0), attempt: 3 })
    await send({ ...retry('b', 1_000), attempt: 3 })
    clock.advance(10)
    expect(await queue.leaseRetries(10)).toEqual([{ ...retry('a', 0), attempt: 3 }])
    clock.advance(1_000)
    expect(await queue.leaseRetries(10)).toEqual([{ ...retry('b', 1_000), attempt: 3 }])
  })

  it('wait for their next try when that is recorded before the lease ends', async () => {
    await send(retry('a', 0))
    const [leased] = await queue.leaseRetries(1)
    if (!leased) throw new Error('nothing was leased')
    await send({ ...retry('a', 5), attempt: 3 })
    await queue.acknowledgeRetry(leased)
    expect(await leaseNames(1)).toEqual([])
    clock.advance(5)
    expect(await leaseNames(1)).toEqual(['a'])
  })

  it('are not put back when their next try was recorded before', async () => {
    await send(retry('a', 0))
    const [leased] = await queue.leaseRetries(1)
    if (!leased) throw new Error('nothing was leased')
    clock.advance(7)
    await send({ ...retry('a', 12), attempt: 3 })
    queue.releaseRetry(leased, clock.now())
    expect(await leaseNames(1)).toEqual([])
    clock.advance(5)
    expect(await queue.leaseRetries(1)).toMatchObject([{ attempt: 3 }])
  })

  it('are all there again after a restart, but those that are done', async () => {
    await send(retry('a', 0), retry('b', 1), retry('c', 2))
    clock.advance(10)
    const [first, second] = await queue.leaseRetries(2)
    if (!first || !second) throw new Error('nothing was leased')
    await finish(first)
    queue.releaseRetry(second, START + 60_000)
    await restart()
    expect(await leaseNames(10)).toEqual(['b', 'c'])
  })

  it('are found by the next read when one has failed', async () => {
    await send(retry('a', 1), retry('b', 2_000))
    clock.advance(10)
    vi.spyOn(database, 'read').mockRejectedValueOnce(new Error('the disk fails'))
    await expect(queue.leaseRetries(10)).rejects.toThrow('the disk fails')
    expect(await leaseNames(10)).toEqual(['a'])
    clock.advance(2_000)
    expect(await leaseNames(10)).toEqual(['b'])
  })

  it('are handed out that were read before a read failed', async () => {
    await send(...Array.from({ length: 350 }, (_, index) => retry(`r${index}`, index)))
    clock.advance(1_000)
    const own = database.read.bind(database)
    const read = vi.spyOn(database, 'read')
    read.mockImplementationOnce(own).mockImplementationOnce(own)
    read.mockRejectedValueOnce(new Error('the disk fails'))
    expect(await queue.leaseRetries(10, 10)).toHaveLength(5)
    read.mockRestore()
    expect(await leaseNames(2)).toEqual(['r5', 'r6'])
  })

  it('are read a page at a time, however many are due', async () => {
    await send(...Array.from({ length: 350 }, (_, index) => retry(`r${index}`, index)))
    await restart()
    clock.advance(1_000)
    const names: string[] = []
    for (let left = 350; left > 0; left -= 7) names.push(...(await leaseNames(7)))
    expect(names).toEqual(Array.from({ length: 350 }, (_, index) => `r${index}`))
  })
})

describe('retries, whatever is done to them,', () => {
  it('come each once and in time', async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      await database.close()
      file = join(temporaryDirectory(), 'relay.db')
      open()
      const model = new RetryModel()
      for (const act of steps) {
        await act(model)
        await model.expectSame()
      }
      await model.drain()
    })
    await fc.assert(property, { numRuns: 40 })
  })
})

interface ModelItem {
  readonly attempt: number
  readonly dueAt: number
  /** Not handed out before. */
  readonly from: number
}

/** Does everything to the queue and to a map, and expects the same of both. */
class RetryModel {
  /** What waits, by delivery. */
  readonly #items = new Map<string, ModelItem>()
  readonly #leased: RetryMessage[] = []

  async send(dueAfterMs: ReadonlyMap<string, number>): Promise<void> {
    const messages = [...dueAfterMs].map(([deliveryId, afterMs]) => {
      const attempt = (this.#items.get(deliveryId)?.attempt ?? 0) + 1
      return { deliveryId, attempt, dueAt: clock.now() + afterMs, cluster: 'local' }
    })
    await send(...messages)
    for (const { deliveryId, attempt, dueAt } of messages) {
      this.#items.set(deliveryId, { attempt, dueAt, from: dueAt })
    }
  }

  async lease(max: number): Promise<void> {
    const now = clock.now()
    const times = this.#waiting().filter((from) => from <= now)
    const messages = await queue.leaseRetries(max)
    const items = messages.map(({ deliveryId }) => this.#items.get(deliveryId))
    expect(items.map((item) => item?.from)).toEqual(times.slice(0, max))
    for (const message of messages) {
      expect(this.#items.get(message.deliveryId)).toMatchObject({
        attempt: message.attempt,
        dueAt: message.dueAt,
      })
      this.#leased.push(message)
    }
  }

  async release(afterMs: number): Promise<void> {
    const message = this.#leased.shift()
    if (!message) return
    const from = clock.now() + afterMs
    queue.releaseRetry(message, from)
    const item = this.#items.get(message.deliveryId)
    if (item?.attempt === message.attempt) this.#items.set(message.deliveryId, { ...item, from })
  }

  async finish(): Promise<void> {
    const message = this.#leased.shift()
    if (!message) return
    const isCurrent = this.#items.get(message.deliveryId)?.attempt === message.attempt
    if (isCurrent) {
      await finish(message)
      this.#items.delete(message.deliveryId)
    } else await queue.acknowledgeRetry(message)
  }

  async restart(): Promise<void> {
    await restart()
    this.#leased.length = 0
    for (const [id, item] of this.#items) this.#items.set(id, { ...item, from: item.dueAt })
  }

  async expectSame(): Promise<void> {
    expect((await queue.depth()).retries).toBe(this.#items.size)
    const times = this.#waiting()
    const next = times.find((from) => from > clock.now())
    // What is due now keeps whoever leases busy, and a time that was given up wakes for nothing.
    if (times.some((from) => from <= clock.now()) || next === undefined) return
    expect(await queue.leaseRetries(1)).toEqual([])
    expect(queue.nextWakeAt()).toBeGreaterThan(clock.now())
    expect(queue.nextWakeAt()).toBeLessThanOrEqual(next)
  }

  async drain(): Promise<void> {
    clock.advance(1_000)
    await this.lease(Number.MAX_SAFE_INTEGER)
    while (this.#leased.length > 0) await this.finish()
    expect(await queue.depth()).toEqual({ events: 0, retries: 0 })
  }

  /** The times from which those that are not leased may be had, earliest first. */
  #waiting(): readonly number[] {
    const isLeased = (id: string, attempt: number) =>
      this.#leased.some((message) => message.deliveryId === id && message.attempt === attempt)
    const items = [...this.#items].filter(([id, { attempt }]) => !isLeased(id, attempt))
    return items.map(([, { from }]) => from).sort((a, b) => a - b)
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
  fc.constant<Step>((model) => model.finish()),
  fc.constant<Step>(async () => clock.advance(7)),
  fc.constant<Step>((model) => model.restart()),
)

function open(): void {
  database = openRelayDatabase(file)
  queue = new SqliteQueue(database, clock)
  ledger = acceptingLedger(database, clock)
}

/** Closing is as good as a crash here: leases are in memory. */
async function restart(): Promise<void> {
  await database.close()
  open()
  await queue.loaded()
}

function retry(deliveryId: string, afterMs: number): RetryMessage {
  return { deliveryId, attempt: 2, dueAt: START + afterMs, cluster: 'local' }
}

/** Records that wait, and tells the queue of them. */
async function send(...messages: readonly RetryMessage[]): Promise<void> {
  await recordWaiting(ledger, messages)
  await queue.sendRetries(messages)
}

/** Records that it is delivered, and ends the lease. */
async function finish(message: RetryMessage): Promise<void> {
  const { deliveryId: id, attempt } = message
  const [stored] = await ledger.readMany([id])
  const record = deliveryRecord({ id, attempt })
  await ledger.writeMany([{ record, expected: stored?.version ?? 'absent' }])
  await queue.acknowledgeRetry(message)
}

async function leaseNames(max: number): Promise<readonly string[]> {
  return (await queue.leaseRetries(max)).map(({ deliveryId }) => deliveryId)
}
