import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLedgerFeed } from '../../cli/relay/ledger-feed.ts'
import { BEAT_MS } from '../../cli/relay/tail-look.ts'
import { deliveryView } from '../../relay/api/delivery-view.ts'
import { type LedgerRecord, type ListedRecord, outcomeOf } from '../../relay/model/delivery.ts'
import { deliveryRecord, type RecordChanges } from '../support/delivery-records.ts'
import { ManualClock, START } from '../support/manual-clock.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const standing = (record: ListedRecord) =>
  record.kind === 'unreadable' ? 'unreadable' : outcomeOf(record)

/** A ledger that counts what it is asked, and the feed over it. */
function openFeed() {
  const clock = new ManualClock()
  const records = new Map<string, LedgerRecord>()
  const asked = { looks: 0, read: [] as string[] }
  const fault: { error?: Error } = {}
  const put = (id: string, changes: RecordChanges = {}) => {
    const now = clock.now()
    const record = deliveryRecord({ id, acceptedAt: now, updatedAt: now, ...changes })
    records.set(id, record)
    return record
  }
  const source = {
    async positions({ since = 0, outcome }: { since?: number; outcome?: string }, limit: number) {
      if (fault.error) throw fault.error
      if (outcome === undefined) asked.looks += 1
      return [...records.values()]
        .filter((it) => it.acceptedAt >= since)
        .filter((it) => outcome === undefined || outcomeOf(it) === outcome)
        .sort((a, b) => b.acceptedAt - a.acceptedAt || (a.id < b.id ? 1 : -1))
        .slice(0, limit)
    },
    async read(ids: readonly string[]) {
      asked.read.push(...ids)
      return ids.flatMap((id) => records.get(id) ?? [])
    },
  }
  const feed = createLedgerFeed({ source, clock })
  const pass = async (ms = BEAT_MS) => {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(Math.min(100, ms - passed))
      await vi.advanceTimersByTimeAsync(Math.min(100, ms - passed))
    }
  }
  const follow = (wants: (record: ListedRecord) => boolean = () => true) => {
    const told: string[] = []
    const subscription = feed.subscribe({
      audience: {
        wants,
        changed: ({ record }) => void told.push(`${record.id} ${standing(record)}`),
      },
      ended: () => undefined,
    })
    return { told, end: () => subscription?.end(), position: subscription?.position() ?? '' }
  }
  const list = (...ids: readonly string[]) =>
    feed.shown(
      { deliveries: ids.flatMap((id) => records.get(id) ?? []).map((it) => deliveryView(it)) },
      true,
    )
  return { feed, clock, records, asked, fault, put, pass, follow, list }
}

describe('the feed of a ledger that tells of nothing', () => {
  it('asks only while somebody listens, once for all readers', async () => {
    const { asked, pass, follow } = openFeed()
    await pass()
    expect(asked.looks).toBe(0)
    const [first, second] = [follow(), follow()]
    await pass(2 * BEAT_MS + 50)
    expect(asked.looks).toBe(3)
    first.end()
    await pass()
    expect(asked.looks).toBe(4)
    second.end()
    second.end()
    await pass(10 * BEAT_MS)
    expect(asked.looks).toBe(4)
  })

  it('tells of what is newer than the list, and reads nothing that it shows', async () => {
    const { asked, put, pass, follow, list } = openFeed()
    put('a')
    put('b')
    list('b', 'a')
    put('late', { acceptedAt: START + 1 })
    const { told } = follow()
    await pass()
    expect(told).toEqual(['late delivered'])
    put('c')
    put('d', { acceptedAt: START })
    await pass()
    // The earliest first. One whose record came after a later one's is not missed.
    expect(told).toEqual(['late delivered', 'd delivered', 'c delivered'])
    await pass(3 * BEAT_MS)
    expect(asked.read).toEqual(['late', 'c', 'd'])
  })

  it('leaves out what is older than the list, and what came too late', async () => {
    const { put, pass, follow, list } = openFeed()
    put('older')
    put('end', { acceptedAt: START + 1_000 })
    list('end')
    const { told } = follow()
    await pass()
    put('c', { acceptedAt: START + 600_000 })
    await pass()
    put('too late', { acceptedAt: START + 2_000 })
    await pass()
    expect(told).toEqual(['c delivered'])
  })

  it('tells of the first event where the list was empty, and of nothing old without a list', async () => {
    const { put, pass, follow, list } = openFeed()
    list()
    put('first')
    const { told } = follow()
    await pass()
    expect(told).toEqual(['first delivered'])

    const other = openFeed()
    other.put('old')
    const without = other.follow()
    await other.pass()
    expect(without.told).toEqual([])
    expect(other.asked.read).toEqual([])
  })

  it('follows what waits: that it left, each of its tries, and what waits anew', async () => {
    const { asked, clock, put, pass, follow, list } = openFeed()
    const waits = { outcome: 'retry', acceptedAt: START - 3_600_000 } as const
    put('shown', { ...waits, acceptedAt: START, dueAt: START + 60_000, tries: 1 })
    put('hidden', { ...waits, dueAt: START + 60_000 })
    put('dead', { ...waits, outcome: 'dead' })
    list('shown')
    const { told } = follow()
    await pass(3 * BEAT_MS)
    expect([told, asked.read]).toEqual([[], []])

    put('hidden', { ...waits, outcome: 'delivered' })
    put('dead', { ...waits, outcome: 'held', dueAt: clock.now() + 600_000 })
    await pass()
    expect(told.splice(0)).toEqual(['dead held', 'hidden delivered'])
    put('dead', { ...waits, outcome: 'dead' })
    await pass()
    put('dead', { ...waits, outcome: 'dismissed' })
    await pass()
    expect(told.splice(0)).toEqual(['dead dead', 'dead dismissed'])
    await pass(60_000)
    put('shown', { ...waits, acceptedAt: START, dueAt: clock.now() + 60_000, tries: 2 })
    await pass()
    expect(told.splice(0)).toEqual(['shown retry'])
    const before = asked.read.length
    await pass()
    expect(asked.read).toHaveLength(before)
    put('shown', { acceptedAt: START, tries: 3 })
    await pass(2 * BEAT_MS)
    expect(told).toEqual(['shown delivered'])
  })

  it('takes for no news what comes into a list because others left it', async () => {
    const { asked, records, put, pass, follow, list } = openFeed()
    const at = (index: number) => ({ acceptedAt: START - 3_600_000 - index })
    for (let index = 0; index < 600; index += 1) {
      put(`dead ${index}`, { outcome: 'dead', ...at(index) })
    }
    put('top', { acceptedAt: START })
    list('top', ...records.keys())
    const { told } = follow()
    await pass()
    for (let index = 0; index < 60; index += 1) put(`dead ${index}`, at(index))
    await pass(10 * BEAT_MS)
    expect(told.toSorted()).toEqual(
      Array.from({ length: 60 }, (_, index) => `dead ${index} delivered`).toSorted(),
    )
    expect(asked.read).toHaveLength(60)
  })

  it('tells once of what the index has as open and the table not', async () => {
    const { records, put, pass, follow } = openFeed()
    const { told } = follow()
    await pass()
    const stale = put('a', { outcome: 'dead', acceptedAt: START - 3_600_000 })
    vi.spyOn(records, 'get').mockImplementation((id) =>
      id === 'a'
        ? { ...stale, status: { kind: 'final', outcome: 'delivered', reason: '' } }
        : undefined,
    )
    await pass(3 * BEAT_MS)
    expect(told).toEqual(['a delivered'])
  })

  it('learns without a list when what waits is due, and takes what a list says of it', async () => {
    const { clock, put, pass, follow, list } = openFeed()
    const waits = { outcome: 'retry', dueAt: START + 60_000 } as const
    put('a', { ...waits, acceptedAt: START })
    const { told } = follow()
    await pass()
    expect(told).toEqual([])
    put('a', { ...waits, acceptedAt: START, dueAt: clock.now() + 60_000, tries: 2 })
    list('a')
    await pass(60_000)
    expect(told).toEqual(['a retry'])
  })

  it('says why it cannot ask, asks ever more rarely, and misses nothing by that', async () => {
    const { feed, asked, fault, put, pass, follow } = openFeed()
    const said: string[] = []
    const end = feed.onTrouble((text) => void said.push(text))
    const { told } = follow()
    await pass()
    fault.error = new Error('AWS: ThrottlingException')
    await pass()
    expect(said).toEqual(['AWS: ThrottlingException'])
    const late: string[] = []
    feed.onTrouble((text) => void late.push(text))
    expect(late).toEqual(said)
    await pass(600_000)
    delete fault.error
    put('a')
    const before = asked.looks
    await pass(60_000)
    expect(told).toEqual(['a delivered'])
    expect(said).toEqual(['AWS: ThrottlingException', ''])
    expect(asked.looks - before).toBeLessThanOrEqual(60_000 / BEAT_MS)
    end()
    fault.error = new Error('again')
    await pass(2 * BEAT_MS)
    expect([said.length, late.at(-1)]).toEqual([2, 'again'])
  })

  it('goes on for who comes back within a minute, and begins anew after that or with another list', async () => {
    const { feed, put, pass, follow, list } = openFeed()
    const first = follow()
    await pass()
    first.end()
    put('meanwhile')
    await pass(30_000)
    const second = follow()
    expect(feed.changedSince(first.position)).toEqual([])
    await pass(100)
    expect(second.told).toEqual(['meanwhile delivered'])
    expect(feed.changedSince(first.position)).toEqual(['meanwhile'])
    second.end()
    await pass(60_000)
    put('later')
    const third = follow()
    await pass()
    expect(feed.changedSince(first.position)).toBeUndefined()
    expect(third.told).toEqual([])
    third.end()
    list('later')
    expect(feed.changedSince(third.position)).toBeUndefined()
  })

  it('tells a new reader what others were told a moment ago, as far as it wants it', async () => {
    const { put, pass, follow, list } = openFeed()
    follow()
    await pass()
    put('a')
    put('b', { outcome: 'dead' })
    await pass()
    list('a')
    const second = follow((record) => standing(record) === 'dead')
    expect(second.told).toEqual(['b dead'])
    await pass(10_000)
    expect(follow().told).toEqual([])
  })

  it('reads what the index has and the table not yet again, and tells once of what it cannot read', async () => {
    const { asked, clock, records, pass, follow } = openFeed()
    const { told } = follow()
    await pass()
    const at = clock.now()
    const unreadable = { kind: 'unreadable', id: 'x', acceptedAt: at, outcome: 'retry' }
    records.set('x', { ...unreadable, status: { kind: 'waiting', why: 'failed' } } as never)
    const lagging = deliveryRecord({ id: 'y', acceptedAt: at })
    records.set('y', lagging)
    const read = vi.spyOn(records, 'get').mockImplementation((id) => {
      if (id === 'y') return undefined
      return Map.prototype.get.call(records, id)
    })
    await pass(2 * BEAT_MS)
    expect(told).toEqual(['x unreadable'])
    read.mockRestore()
    await pass()
    expect(told).toEqual(['x unreadable', 'y delivered'])
    expect(asked.read.filter((id) => id === 'x')).toHaveLength(1)
  })
})
