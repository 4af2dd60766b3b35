import { describe, expect, it } from 'vitest'
import { watchDeliveries } from '../../cli/get/watch-deliveries.ts'
import { Refusal } from '../../client/answers.ts'
import { UsageError } from '../../client/usage-error.ts'
import { deliveryView } from '../../relay/api/delivery-view.ts'
import { problem } from '../../relay/api/problem.ts'
import { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { deliveryRecord, type RecordChanges } from '../support/delivery-records.ts'
import { START } from '../support/manual-clock.ts'

function delivery(id: string, acceptedAt: number, changes: RecordChanges = {}): Delivery {
  const record = deliveryRecord({ id, acceptedAt, updatedAt: acceptedAt, ...changes })
  return Delivery.parse(JSON.parse(JSON.stringify(deliveryView(record))))
}

function noCut(why: string): void {
  throw new Error(why)
}

/** Watches a relay that lists these one after the other and then cannot be reached: the ids that were told of. */
async function toldOf(
  known: readonly Delivery[],
  lists: readonly (readonly Delivery[])[],
  namespace?: string,
) {
  const left = [...lists]
  const told: string[][] = []
  const api = {
    async *deliveryPages() {
      const deliveries = left.shift()
      if (deliveries === undefined) throw new UsageError('cannot reach the relay', 1)
      yield { deliveries: [...deliveries] }
    },
  }
  const watched = watchDeliveries(api, {
    ...{ filters: {}, namespace, known, changes: undefined, everyMs: 0, waitsMs: [] },
    ...{ mostRead: 1_000, onCut: noCut },
    async onChange(deliveries) {
      told.push(deliveries.map(({ id }) => id))
    },
  })
  await expect(watched).rejects.toThrow('cannot reach the relay')
  return told
}

const first = delivery('first', START)
const second = delivery('second', START + 1)
const third = delivery('third', START + 2)

it('tells of what came, the earliest first, and of nothing twice', async () => {
  const all = [third, second, first]
  expect(await toldOf([first], [[first], all, all])).toEqual([['second', 'third']])
})

it('tells of what changed', async () => {
  const changed = delivery('first', START, { updatedAt: START + 9 })
  expect(await toldOf([first], [[first], [changed], [changed]])).toEqual([['first']])
})

it('tells of nothing that is older than what was shown', async () => {
  expect(await toldOf([second], [[third, second, first]])).toEqual([['third']])
})

it('tells of all where nothing was shown, and of those of one namespace', async () => {
  expect(await toldOf([], [[first]])).toEqual([['first']])
  expect(await toldOf([], [[first]], 'another')).toEqual([])
})

describe('a list that fails', () => {
  const list = (): readonly Delivery[] => [second, first]
  const unreachable = () => {
    throw new UsageError('cannot reach the relay', 1)
  }
  const refused =
    (status: number, body = '') =>
    () => {
      throw new Refusal({ status, body })
    }
  const final = JSON.stringify(problem('unauthorized', 'a token is needed'))

  /** What is told of, and how often a list is asked for, until it fails for good. */
  async function watched(answers: readonly (() => readonly Delivery[])[]) {
    const left = [...answers]
    const told: string[] = []
    const api = {
      async *deliveryPages() {
        const answer = left.shift() ?? unreachable
        yield { deliveries: [...answer()] }
      },
    }
    const watching = watchDeliveries(api, {
      ...{ filters: {}, namespace: undefined, known: [first], changes: undefined, everyMs: 0 },
      ...{ waitsMs: [0, 0], mostRead: 1_000, onCut: noCut },
      async onChange(deliveries) {
        told.push(...deliveries.map(({ id }) => id))
      },
    })
    const error = await watching.catch((failure: Error) => failure.message)
    return { told, error, left: left.length }
  }

  it('is asked for again while the relay cannot be asked', async () => {
    const down = [unreachable, refused(503)]
    expect(await watched([...down, list])).toMatchObject({ told: ['second'] })
    expect(await watched([...down, unreachable, list])).toEqual({
      ...{ told: [], error: 'cannot reach the relay', left: 1 },
    })
  })

  it('ends the watch when the relay says that it will not be listed', async () => {
    const { told, error, left } = await watched([refused(401, final), list])
    expect([told, left]).toEqual([[], 1])
    expect(error).toContain('the relay answered 401: a token is needed')
  })
})

describe('with a stream', () => {
  /** What is told of when this changes, and lists are these. */
  async function toldBy(
    changes: ReadonlyArray<readonly Delivery[] | 'missed'>,
    latest: Delivery[],
  ) {
    const told: string[][] = []
    const api = {
      async *deliveryPages() {
        yield { deliveries: latest }
      },
    }
    const stream = async function* () {
      yield* changes
    }
    await watchDeliveries(api, {
      ...{ filters: {}, namespace: 'flux-system', known: [first], changes: stream(), everyMs: 0 },
      ...{ mostRead: 1_000, onCut: noCut },
      async onChange(deliveries) {
        told.push(deliveries.map(({ id, outcome }) => `${id} ${outcome}`))
      },
    })
    return told
  }
  const waits = delivery('second', START + 1, { outcome: 'retry' })

  it('tells of what it brings, and of nothing twice', async () => {
    const changes = [[first, waits], [second], [second]]
    expect(await toldBy(changes, [])).toEqual([['second retry'], ['second delivered']])
  })

  it('asks for the list when it may have missed some', async () => {
    const told = await toldBy([[waits], 'missed'], [third, second, first])
    expect(told).toEqual([['second retry'], ['second delivered', 'third delivered']])
  })

  describe('after a gap', () => {
    const HOUR_MS = 3_600_000
    const at = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) =>
        delivery(`id-${from + index}`, START + 1_000 * (from + index)),
      )
    const shown = [delivery('shown', START - 3 * HOUR_MS)]
    const [told, news] = [at(0, 200), at(200, 800)]

    /** What is told of after a gap, when the list has these, the latest first, in pages. */
    async function toldAfterGap(all: readonly Delivery[], mostRead = 1_000, size = 200) {
      const latest = [...all].reverse()
      const ids: string[] = []
      const cuts: string[] = []
      let pages = 0
      const api = {
        async *deliveryPages() {
          for (let from = 0; from < latest.length; from += size) {
            pages += 1
            const more = from + size < latest.length && { nextCursor: 'next' }
            yield { deliveries: latest.slice(from, from + size), ...more }
          }
        },
      }
      const stream = async function* () {
        yield told
        ids.length = 0
        yield 'missed' as const
      }
      await watchDeliveries(api, {
        ...{ filters: {}, namespace: undefined, known: shown, changes: stream(), everyMs: 0 },
        ...{ mostRead, onCut: (why: string) => cuts.push(why) },
        async onChange(deliveries) {
          ids.push(...deliveries.map(({ id }) => id))
        },
      })
      return { ids, cuts, pages }
    }

    it('tells of all that came, page by page back to what was told of', async () => {
      const expected = news.map(({ id }) => id)
      const { ids, cuts, pages } = await toldAfterGap([...shown, ...told, ...news])
      expect(ids).toEqual(expected)
      expect([cuts, pages]).toEqual([[], 4])
    })

    it('reads no further than a page of which all was told of', async () => {
      const { ids, pages } = await toldAfterGap(
        [...shown, ...told, ...news.slice(0, 10)],
        1_000,
        10,
      )
      expect([ids.length, pages]).toEqual([10, 2])
    })

    it('says when there is more than it may look at', async () => {
      const { ids, cuts } = await toldAfterGap([...shown, ...told, ...news], 400)
      expect(ids).toEqual(news.slice(-400).map(({ id }) => id))
      expect(cuts).toEqual([expect.stringContaining('the latest 400 deliveries were looked at')])
    })

    it('tells of what is late, and of nothing again that it has forgotten', async () => {
      const forgotten = delivery('forgotten', START - 2 * HOUR_MS)
      const late = delivery('late', START - HOUR_MS / 2)
      const { ids } = await toldAfterGap([...shown, forgotten, late, ...told], 1_000, 300)
      expect(ids).toEqual(['late'])
    })
  })

  it('tells of those of one namespace', async () => {
    const { alert, ...rest } = second
    const other = { ...rest, alert: { namespace: 'apps', name: 'on-call' } }
    expect(await toldBy([[other], [rest]], [])).toEqual([])
    expect(alert?.namespace).toBe('flux-system')
  })
})
