import { describe, expect, it, vi } from 'vitest'
import { createDeliveryFeed } from '../../../hosts/embedded/delivery-feed.ts'
import type { StreamLimits } from '../../../hosts/embedded/delivery-stream.ts'
import { streamOpener } from '../../../hosts/embedded/routes/delivery-stream.ts'
import type { LedgerRecord } from '../../../relay/model/delivery.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { memoryPorts } from '../../support/memory-ports.ts'
import { waitFor } from '../../support/wait-for.ts'

type Told = readonly [LedgerRecord, isNew: boolean]

const fresh = (id: string): Told => [deliveryRecord({ id }), true]
const changed = (id: string): Told => [deliveryRecord({ id }), false]

/** Streams of a feed, without HTTP. `made` has the ids of the records that were made into events. */
function streams({ isOfLatest = false, limits = {} as Partial<StreamLimits>, bug = '' } = {}) {
  const failures: unknown[] = []
  const made: string[] = []
  const feed = createDeliveryFeed({ onFailure: (error) => failures.push(error) })
  const format = {
    delivery({ id }: { readonly id: string }) {
      if (id === bug) throw new Error('a bug')
      made.push(id)
      return `<${id}>`
    },
    left: ({ id }: { readonly id: string }) => `<left ${id}>`,
    missed: '<missed>',
  }
  const ports = memoryPorts(new ManualClock())
  const openStream = streamOpener({ ports, feed, limits }, format, isOfLatest)
  const open = async (query = '') => {
    const { stream } = await openStream({ query, headers: {} })
    const reader = stream?.getReader()
    let text = ''
    /** Takes one part, once there is one. Gives false at the end. */
    const next = async () => {
      const { value } = (await reader?.read()) ?? {}
      text += Buffer.from(value ?? []).toString()
      return value !== undefined
    }
    const readAll = async () => {
      while (await next());
    }
    const ids = () => [...text.matchAll(/<(.*?)>/g)].map(([, id]) => id)
    await next()
    return { next, readAll, ids, text: () => text, cancel: () => reader?.cancel() }
  }
  const change = (...records: readonly Told[]) => {
    for (const it of records) feed.changed(...it)
  }
  return { feed, open, change, made, failures }
}

describe('streams that tell the same', () => {
  it('make each event once, and others make their own', async () => {
    const { open, change, made } = streams()
    const same = [await open('outcome=delivered'), await open('outcome=delivered')]
    const other = await open()
    change(fresh('a'))
    for (const it of [...same, other]) await it.next()
    expect([...same, other].map((it) => it.ids())).toEqual([['a'], ['a'], ['a']])
    expect(made).toEqual(['a', 'a'])
  })

  it('tell one that comes of nothing before', async () => {
    const { open, change } = streams()
    const first = await open()
    change(fresh('a'))
    const second = await open()
    change(fresh('b'))
    for (const it of [first, first, second]) await it.next()
    expect([first.ids(), second.ids()]).toEqual([['a', 'b'], ['b']])
  })

  it('write the first change at once, and later ones together', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      const { open, change } = streams()
      const stream = await open()
      void stream.readAll()
      change(fresh('a'))
      await vi.advanceTimersByTimeAsync(1)
      expect(stream.ids()).toEqual(['a'])
      change(fresh('b'))
      await vi.advanceTimersByTimeAsync(200)
      change(fresh('c'))
      expect(stream.ids()).toEqual(['a'])
      await vi.advanceTimersByTimeAsync(50)
      expect(stream.ids()).toEqual(['a', 'b', 'c'])
    } finally {
      vi.useRealTimers()
    }
  })

  it('tell a list once a second while more is new than it shows', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      const { open, change } = streams({ isOfLatest: true })
      const stream = await open()
      void stream.readAll()
      change(...Array.from({ length: 300 }, (_, index) => fresh(`d${index}`)))
      await vi.advanceTimersByTimeAsync(1)
      change(fresh('later'))
      await vi.advanceTimersByTimeAsync(990)
      expect(stream.ids()).toHaveLength(200)
      await vi.advanceTimersByTimeAsync(10)
      expect(stream.ids().at(-1)).toBe('later')
    } finally {
      vi.useRealTimers()
    }
  })

  it('end when an event cannot be made, and the feed tells of it once', async () => {
    const { feed, open, change, failures } = streams({ bug: 'bad' })
    const all = [await open(), await open()]
    change(fresh('bad'))
    for (const it of all) await it.readAll()
    for (const it of all) expect(it.text()).toContain('"reason":"failed"')
    expect(failures).toEqual([new Error('a bug')])
    const another = await open()
    change(fresh('good'))
    await another.next()
    expect(another.ids()).toEqual(['good'])
    feed.endAll('stopping')
  })

  it('are told what waits before the feed ends', async () => {
    const { feed, open, change } = streams()
    const stream = await open()
    change(fresh('a'))
    feed.endAll('stopping')
    await stream.readAll()
    expect(stream.text()).toMatch(/<a>event: end\ndata: \{"reason":"stopping"/)
  })
})

describe('a list that is not read for a while', () => {
  it('is given the latest new rows, and every earlier one that changed', async () => {
    const { open, change } = streams({ isOfLatest: true, limits: { writeEveryMs: 1 } })
    const [slow, quick] = [await open(), await open()]
    void quick.readAll()
    for (let round = 0; round < 5; round += 1) {
      change(changed(`c${round}`))
      change(...Array.from({ length: 90 }, (_, index) => fresh(`n${round}-${index}`)))
      await waitFor(() => expect(quick.ids().at(-1)).toBe(`n${round}-89`))
    }
    change(fresh('last'))
    await waitFor(() => expect(quick.ids().at(-1)).toBe('last'))
    while (slow.ids().at(-1) !== 'last') await slow.next()
    const ids = slow.ids()
    expect(ids.filter((id) => id?.startsWith('c'))).toEqual(['c0', 'c1', 'c2', 'c3', 'c4'])
    const news = ids.filter((id) => id?.startsWith('n'))
    expect([news[0], news.length]).toEqual(['n2-0', 270])
    expect(quick.ids()).toHaveLength(5 * 91 + 1)
  })
})
