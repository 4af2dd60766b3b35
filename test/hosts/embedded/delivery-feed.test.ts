import { describe, expect, it, vi } from 'vitest'
import { createDeliveryFeed } from '../../../hosts/embedded/delivery-feed.ts'
import type { LedgerRecord } from '../../../relay/model/delivery.ts'
import type { DeliveryChange } from '../../../relay/ports/delivery-feed.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'

const record = (id: string) => deliveryRecord({ id })

function reader(wants: (record: LedgerRecord) => boolean = () => true) {
  const changes: DeliveryChange[] = []
  const ends: string[] = []
  return {
    ids: () => changes.map((change) => change.record.id),
    changes,
    ends,
    audience: { wants, changed: (change: DeliveryChange) => void changes.push(change) },
    ended: (reason: string) => void ends.push(reason),
  }
}

describe('a feed', () => {
  it('tells each reader of the changes that it wants, as one and the same change', () => {
    const feed = createDeliveryFeed()
    const [all, some] = [reader(), reader(({ id }) => id === 'b')]
    feed.subscribe(all)
    feed.subscribe(some)
    feed.changed(record('a'))
    feed.changed(record('b'))
    expect([all.ids(), some.ids()]).toEqual([['a', 'b'], ['b']])
    expect(some.changes[0]).toBe(all.changes[1])
  })

  it('tells a reader nothing after its end', () => {
    const feed = createDeliveryFeed()
    const all = reader()
    const subscription = feed.subscribe(all)
    subscription?.end()
    feed.changed(record('a'))
    expect([all.ids(), all.ends]).toEqual([[], []])
  })

  it('has a bounded number of readers', () => {
    const feed = createDeliveryFeed({ maxReaders: 1 })
    const subscription = feed.subscribe(reader())
    expect(feed.subscribe(reader())).toBeUndefined()
    subscription?.end()
    expect(feed.subscribe(reader())).toBeDefined()
  })

  it('ends a reader that throws, and tells the others', () => {
    const failures: unknown[] = []
    const feed = createDeliveryFeed({ onFailure: (error) => failures.push(error) })
    const bug = new Error('a bug')
    const bad = reader(() => {
      throw bug
    })
    const good = reader()
    feed.subscribe(bad)
    feed.subscribe(good)
    feed.changed(record('a'))
    feed.changed(record('b'))
    expect([bad.ends, good.ids(), failures]).toEqual([['failed'], ['a', 'b'], [bug]])
  })

  it('ends all readers, and takes new ones unless the relay stops', () => {
    const feed = createDeliveryFeed()
    const [first, second] = [reader(), reader()]
    feed.subscribe(first)
    feed.endAll('tokens-changed')
    feed.subscribe(second)
    feed.endAll('stopping')
    expect([first.ends, second.ends]).toEqual([['tokens-changed'], ['stopping']])
    expect(feed.subscribe(reader())).toBeUndefined()
  })
})

describe('what changed since a position', () => {
  it('is each record once, in the order of the changes', () => {
    const feed = createDeliveryFeed()
    const position = feed.subscribe(reader())?.position() ?? ''
    for (const id of ['a', 'b', 'a', 'c']) feed.changed(record(id))
    expect(feed.changedSince(position)).toEqual(['a', 'b', 'c'])
  })

  it('is nothing after the latest change', () => {
    const feed = createDeliveryFeed()
    const all = reader()
    feed.subscribe(all)
    feed.changed(record('a'))
    expect(feed.changedSince(all.changes[0]?.position ?? '')).toEqual([])
  })

  it('is known to who asked for it before there was a reader', () => {
    const feed = createDeliveryFeed()
    const position = feed.position()
    feed.changed(record('a'))
    const all = reader()
    expect(feed.subscribe(all)?.position()).not.toBe(position)
    expect([feed.changedSince(position), all.ids()]).toEqual([['a'], []])
  })

  it('is known for as many changes as are remembered', () => {
    const feed = createDeliveryFeed({ remembered: 3 })
    const all = reader()
    feed.subscribe(all)
    for (let index = 0; index < 20; index += 1) feed.changed(record(`${index}`))
    const since = (index: number) => feed.changedSince(all.changes[index]?.position ?? '')
    expect(since(16)).toEqual(['17', '18', '19'])
    expect(since(15)).toBeUndefined()
  })

  it.each(['', 'x', '1', 'ffffffff-1', '-1'])('is not known for %j', (position) => {
    const feed = createDeliveryFeed()
    feed.subscribe(reader())
    expect(feed.changedSince(position)).toBeUndefined()
  })

  it('is not known for a position of the future', () => {
    const feed = createDeliveryFeed()
    const position = feed.subscribe(reader())?.position() ?? ''
    expect(feed.changedSince(position.replace(/\d+$/, '1'))).toBeUndefined()
  })

  it('is remembered for a while after the last reader, and then no more', () => {
    vi.useFakeTimers()
    try {
      const feed = createDeliveryFeed({ lingerMs: 1_000 })
      const subscription = feed.subscribe(reader())
      const position = subscription?.position() ?? ''
      subscription?.end()
      feed.changed(record('a'))
      vi.advanceTimersByTime(999)
      feed.changed(record('b'))
      expect(feed.changedSince(position)).toEqual(['a', 'b'])
      vi.advanceTimersByTime(1)
      feed.changed(record('c'))
      expect(feed.changedSince(position)).toBeUndefined()
      const next = feed.subscribe(reader())?.position() ?? ''
      expect(feed.changedSince(position)).toBeUndefined()
      expect(feed.changedSince(next)).toEqual([])
    } finally {
      vi.useRealTimers()
    }
  })
})
