import { expect, it } from 'vitest'
import { watchEvents } from '../../cli/get/watch-events.ts'
import { UsageError } from '../../client/usage-error.ts'
import { deliveryView } from '../../relay/api/delivery-view.ts'
import { Delivery } from '../../relay/api/schemas/deliveries.ts'
import type { ListedEvent } from '../../relay/api/schemas/event-list.ts'
import { deliveryRecord, event, type RecordChanges } from '../support/delivery-records.ts'
import { START } from '../support/manual-clock.ts'

function listed(id: string, seconds: number, ...outcomes: readonly string[]): ListedEvent {
  return {
    ...{ id, cluster: 'prod', object: 'Kustomization/flux-system/apps', event: event('apps') },
    acceptedAt: new Date(START + seconds * 1_000).toISOString(),
    outcomes: outcomes.map((outcome, index) => ({
      ...{ delivery: `${id}-${index}`, alert: { namespace: 'flux-system', name: `a${index}` } },
      ...{ outcome, reason: '' },
    })),
  }
}

function delivery(eventId: string, index: number, changes: RecordChanges = {}): Delivery {
  const record = deliveryRecord({
    id: `${eventId}-${index}`,
    eventId,
    acceptedAt: START,
    ...changes,
  })
  return Delivery.parse(JSON.parse(JSON.stringify(deliveryView(record))))
}

interface Watched {
  readonly known?: readonly ListedEvent[]
  /** What the list is, one answer after the other; then the relay cannot be reached. */
  readonly lists?: ReadonlyArray<readonly ListedEvent[]>
  /** How many records cannot be read: of what is known, and of one list after the other. */
  readonly unreadable?: readonly number[]
  /** Gets how many records cannot be read that came. */
  readonly lost?: number[]
  readonly changes?: ReadonlyArray<readonly Delivery[] | 'missed'>
  readonly filters?: Readonly<Record<string, string>>
  onAsked?(filters: Readonly<Record<string, string>>): void
}

/** What is told of: the id of each event, and how many outcomes of each kind it has. */
async function toldOf({
  known = [],
  lists = [],
  changes,
  filters = {},
  unreadable: [unreadable = 0, ...leftUnreadable] = [],
  lost = [],
  onAsked = () => undefined,
}: Watched) {
  const left = [...lists]
  const told: string[][] = []
  const api = {
    async *eventPages(asked: Readonly<Record<string, string>>) {
      onAsked(asked)
      const events = left.shift()
      if (events === undefined) throw new UsageError('cannot reach the relay', 1)
      const count = leftUnreadable.shift() ?? 0
      yield { events: [...events], ...(count > 0 && { unreadable: count }) }
    },
  }
  const stream = async function* () {
    yield* changes ?? []
  }
  const watched = watchEvents(api, {
    ...{ filters, known, unreadable, changes: changes && stream(), everyMs: 0, waitsMs: [] },
    mostRead: 1_000,
    onCut: (why) => expect.unreachable(why),
    onUnreadable: (count) => lost.push(count),
    async onChange(events) {
      told.push(
        events.map(({ id, outcomes }) => [id, ...outcomes.map((it) => it.outcome)].join(' ')),
      )
    },
  })
  await (changes ? watched : expect(watched).rejects.toThrow('cannot reach the relay'))
  return told
}

const old = listed('old', -9, 'delivered')
const first = listed('first', 0, 'retry')

it('asks for the list, and tells of what came or became, the earliest first', async () => {
  const done = listed('first', 0, 'delivered')
  const second = listed('second', 1, 'dead')
  const told = await toldOf({
    known: [first],
    lists: [
      [first, old],
      [second, done, old],
      [second, done],
    ],
  })
  expect(told).toEqual([['first delivered', 'second dead']])
})

it('tells of an event once for all of its deliveries that came together', async () => {
  const changes = [
    [delivery('new', 0, { outcome: 'retry' }), delivery('new', 1), delivery('new', 0)],
  ]
  expect(await toldOf({ known: [first], changes })).toEqual([['new delivered delivered']])
})

it('tells nothing where what became of it is the same', async () => {
  const again = delivery('first', 0, { outcome: 'retry', attempt: 2, updatedAt: START + 9 })
  expect(await toldOf({ known: [first], changes: [[again]] })).toEqual([])
})

it('asks for the rest of an event that is older than the list', async () => {
  const change = delivery('old', 1, { outcome: 'dead', acceptedAt: START - 9_000 })
  const asked: object[] = []
  const told = await toldOf({
    ...{ known: [first], lists: [[old]], changes: [[change], [change]] },
    onAsked: (filters) => void asked.push(filters),
  })
  expect(told).toEqual([['old delivered dead']])
  const [since, until] = [-9_000, -8_000].map((after) => new Date(START + after).toISOString())
  expect(asked).toEqual([{ event: 'old', cluster: 'local', since, until }])
})

it('asks for the list when it may have missed some', async () => {
  const second = listed('second', 1, 'delivered')
  const told = await toldOf({ known: [first], lists: [[second, first, old]], changes: ['missed'] })
  expect(told).toEqual([['second delivered']])
})

it('tells of events with the text in their message, of no test, and of nothing unreadable', async () => {
  const { event: _, ...unreadable } = delivery('c', 0)
  const changes = [
    [
      delivery('a', 0, { event: event('apps', 'Health CHECK failed') }),
      delivery('b', 0, { reason: 'no check' }),
      { ...delivery('d', 0, { event: event('apps', 'check') }), test: {} },
      unreadable,
    ],
  ]
  expect(await toldOf({ changes, filters: { text: 'Check' } })).toEqual([['a delivered']])
})

it('tells of all that came in a gap, page by page back to what was told of', async () => {
  const known = [listed('known', 0, 'delivered')]
  const all = Array.from({ length: 500 }, (_, index) => listed(`e${index}`, 1 + index, 'dead'))
  const latest = [...known, ...all].reverse()
  const told: string[] = []
  const api = {
    async *eventPages() {
      for (let from = 0; from < latest.length; from += 200) {
        const events = latest.slice(from, from + 200)
        yield { events, ...(from + 200 < latest.length && { nextCursor: 'next' }) }
      }
    },
  }
  const changes = async function* () {
    yield 'missed' as const
  }
  await watchEvents(api, {
    ...{ filters: {}, known, unreadable: 0, changes: changes(), everyMs: 0, mostRead: 1_000 },
    onCut: (why) => expect.unreachable(why),
    onUnreadable: (count) => expect.unreachable(`${count} unreadable`),
    onChange: async (events) => void told.push(...events.map(({ id }) => id)),
  })
  expect(told).toEqual(all.map(({ id }) => id))
})

it('tells of records that cannot be read once, when they come', async () => {
  const lost: number[] = []
  const second = listed('second', 1, 'dead')
  const lists = [[first], [second, first], [second, first], [second, first]]
  await toldOf({ known: [first], lists, unreadable: [2, 2, 3, 3, 1], lost })
  expect(lost).toEqual([3])
})

it('tells of those that a stream tells of, each once', async () => {
  const lost: number[] = []
  const damaged = { ...delivery('x', 0), event: undefined, eventId: undefined, unreadable: true }
  const one = Delivery.parse({ ...damaged, id: 'one' })
  const other = Delivery.parse({ ...damaged, id: 'other' })
  expect(await toldOf({ changes: [[one, other], [one]], lost })).toEqual([])
  expect(lost).toEqual([2])
})
