import { expect, it } from 'vitest'
import { Shares } from '../../../../relay/model/shares.ts'
import {
  type Admission,
  createDestinations,
  destinationKey,
} from '../../../../relay/pipeline/destinations/destinations.ts'
import { Remembered } from '../../../../relay/pipeline/destinations/remembered.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

/** How much of a hundred each of these has that wants all of it, in this order. */
function sharesOf(...owners: readonly string[]): Readonly<Record<string, number>> {
  const shares = new Shares(100)
  const had: Record<string, number> = {}
  for (const owner of owners) {
    while (shares.allows(owner)) {
      shares.take(owner)
      had[owner] = (had[owner] ?? 0) + 1
    }
  }
  return had
}

it('shares leave something for whoever comes next', () => {
  expect(sharesOf('a')).toEqual({ a: 50 })
  expect(sharesOf('a', 'b')).toEqual({ a: 50, b: 25 })
  expect(sharesOf('a', 'b', 'c', 'd')).toEqual({ a: 50, b: 25, c: 13, d: 6 })
})

it('shares that are given back go to others first', () => {
  const shares = new Shares(100)
  for (let n = 0; n < 50; n += 1) shares.take('a')
  shares.take('b', 30)
  expect([shares.allows('a'), shares.allows('b'), shares.allows('c')]).toEqual([false, false, true])
  shares.give('a', 30)
  expect([shares.allows('a'), shares.allows('b'), shares.allows('c')]).toEqual([true, true, true])
})

it('of what is remembered the cluster with the most loses the oldest', () => {
  const remembered = new Remembered<number>(4)
  remembered.set('quiet#p#h', 1)
  for (const n of [1, 2, 3, 4, 5]) remembered.set(`loud#p${n}#h`, n)
  expect(remembered.get('quiet#p#h')).toBe(1)
  expect([1, 2, 3, 4, 5].map((n) => remembered.get(`loud#p${n}#h`))).toEqual([
    ...[undefined, undefined],
    ...[3, 4, 5],
  ])
})

/** Deliveries of which each asks for a place and keeps it. */
function setUp() {
  const destinations = createDestinations(new ManualClock())
  const admitted: string[] = []
  const refused: string[] = []
  let count = 0
  const enter = (cluster: string, provider: string, host: string, bytes = 1_000) => {
    count += 1
    const key = destinationKey(cluster, provider, host)
    const order = String(count).padStart(6, '0')
    const entered = destinations.enter({ key, host, delivery: `d${count}`, order, bytes })
    entered.then(({ kind }) => (kind === 'admitted' ? admitted : refused).push(key))
    return entered
  }
  return { destinations, enter, admitted, refused }
}

const soon = () => new Promise((resolve) => setImmediate(resolve))

async function answer(admission: Promise<Admission>): Promise<void> {
  const admitted = await admission
  if (admitted.kind === 'admitted') admitted.leave({ kind: 'answered' })
}

it('200 hanging hosts of one cluster leave places for its others and for other clusters', async () => {
  const { enter, admitted } = setUp()
  for (let n = 0; n < 20 * 200; n += 1) void enter('loud', `p${n % 200}`, `hang${n % 200}.test`)
  await soon()
  expect(admitted).toHaveLength(3 * 200)
  await answer(enter('loud', 'good', 'good.test'))
  await answer(enter('quiet', 'good', 'good.test'))
  expect(admitted.slice(3 * 200)).toEqual(['loud#good#good.test', 'quiet#good#good.test'])
})

it('2,000 hanging hosts of one cluster take half of the places, and a freed one is given on', async () => {
  const { enter, admitted, refused } = setUp()
  const entered: Promise<Admission>[] = []
  for (let n = 0; n < 2_000; n += 1) entered.push(enter('loud', `p${n}`, `hang${n}.test`))
  await soon()
  expect(admitted).toHaveLength(800)
  // In memory there wait as many as there is room for; the rest is refused, to wait in the store.
  expect(refused).toHaveLength(2_000 - 800 - 400)
  const [first] = entered
  if (first) await answer(first)
  await soon()
  expect(admitted).toHaveLength(801)
  await answer(enter('quiet', 'p', 'hang0.test'))
  expect(admitted.at(-1)).toBe('quiet#p#hang0.test')
})

it('a host of one cluster is none of another, and one Provider never has all of it', async () => {
  const { enter, admitted } = setUp()
  await answer(enter('a', 'p1', 'shared.test'))
  for (let n = 0; n < 50; n += 1) void enter('a', 'p1', 'shared.test')
  void enter('a', 'p2', 'shared.test')
  void enter('b', 'p1', 'shared.test')
  await soon()
  const count = (key: string) => admitted.filter((it) => it === key).length
  expect(count('a#p1#shared.test')).toBe(1 + 10)
  expect(count('a#p2#shared.test')).toBe(1)
  expect(count('b#p1#shared.test')).toBe(1)
})

it('bodies of 3 MiB of one cluster leave bytes for those of another', async () => {
  const { enter, admitted } = setUp()
  const megabyte = 1024 * 1024
  for (let n = 0; n < 100; n += 1) void enter('loud', `p${n}`, `h${n}.test`, 3 * megabyte)
  await soon()
  expect(admitted).toHaveLength(11)
  for (let n = 0; n < 4; n += 1) void enter('quiet', `p${n}`, `h${n}.test`, 3 * megabyte)
  await soon()
  expect(admitted).toHaveLength(15)
})

it('a destination that answers gets ten places, and one that fails then three', async () => {
  const { enter, admitted } = setUp()
  const fill = async () => {
    admitted.length = 0
    const entered = Array.from({ length: 20 }, () => enter('c', 'p', 'h.test'))
    await soon()
    const taken = admitted.length
    return { entered, taken }
  }
  const first = await fill()
  expect(first.taken).toBe(3)
  for (const each of first.entered) await answer(each)
  const second = await fill()
  expect(second.taken).toBe(10)
})

/** Deliveries to slow destinations at one host, as many as get a place and as many more. */
async function fillWithSlow({ enter }: ReturnType<typeof setUp>, ...slow: readonly string[]) {
  for (const provider of slow) await answer(enter('c', provider, 'h.test'))
  const each = Array.from({ length: 10 }, () => slow).flat()
  const entered = each.map((provider) => enter('c', provider, 'h.test'))
  await soon()
  return entered
}

it('the last place of a host is kept for a Provider that has none', async () => {
  const relay = setUp()
  await fillWithSlow(relay, 's1', 's2')
  relay.admitted.length = 0
  for (let n = 0; n < 8; n += 1) await answer(relay.enter('c', 'fast', 'h.test'))
  expect(relay.admitted).toHaveLength(8)
})

it('a destination that answers at once goes before slow ones that have places', async () => {
  const relay = setUp()
  const [first] = await fillWithSlow(relay, 's1', 's2')
  void relay.enter('c', 's3', 'h.test')
  await soon()
  relay.admitted.length = 0
  const fast = Array.from({ length: 8 }, () => relay.enter('c', 'fast', 'h.test'))
  for (const each of fast) void answer(each)
  await soon()
  expect(relay.admitted).toEqual([])
  if (first) await answer(first)
  await soon()
  // The place that became free stays for whoever has none.
  expect(relay.admitted).toEqual(Array.from({ length: 8 }, () => 'c#fast#h.test'))
})

it('lines with as many places as each other take turns', async () => {
  const { enter, admitted } = setUp()
  for (const provider of ['slow', 'p1', 'p2']) await answer(enter('c', provider, 'h.test'))
  const held = Array.from({ length: 10 }, () => enter('c', 'slow', 'h.test'))
  held.push(enter('c', 'o1', 'h.test'), enter('c', 'o2', 'h.test'))
  for (const provider of ['p1', 'p1', 'p1', 'p2', 'p2', 'p2']) void enter('c', provider, 'h.test')
  await soon()
  admitted.length = 0
  for (const each of held.slice(0, 5)) await answer(each)
  await soon()
  expect(admitted.map((key) => key.slice(2, 4))).toEqual(['p1', 'p2', 'p1', 'p2'])
})
