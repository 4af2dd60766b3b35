import { describe, expect, it } from 'vitest'
import {
  type Admission,
  createDestinations,
  type Treatment,
} from '../../../../relay/pipeline/destinations/destinations.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { MemoryWaitingLines } from '../../../support/waiting-lines.ts'

const HOST = 'hooks.test'
const keyOf = (provider: string, host = HOST) => `c#${provider}#${host}`

/** The settling of what has no time to wait for. */
const soon = () => new Promise((resolve) => setImmediate(resolve))

function setUp(placesPerHost = 1) {
  const clock = new ManualClock()
  const store = new MemoryWaitingLines()
  const destinations = createDestinations(clock, { placesPerHost, waiting: store })
  let count = 0
  const named = (name: string) => {
    count += 1
    return { delivery: name, order: String(count).padStart(6, '0') }
  }
  const enter = (provider: string, delivery: string, order?: string, host = HOST) =>
    destinations.enter({
      ...named(delivery),
      ...(order !== undefined && { order }),
      key: keyOf(provider, host),
      host,
      bytes: 1,
    })
  const wait = (provider: string, id: string, order: string) => {
    const waiting = { id, order, attempt: 2 }
    store.put(keyOf(provider), waiting)
    destinations.wait(keyOf(provider), waiting)
    destinations.done(id)
  }
  const send = async (provider: string, treatment: Treatment) => {
    const admission = await enter(provider, `sent ${count}`)
    leave(admission, treatment)
  }
  return { clock, store, destinations, enter, wait, send }
}

function leave(admission: Admission, treatment: Treatment = { kind: 'answered' }): void {
  if (admission.kind !== 'admitted') throw new Error(admission.reason)
  admission.leave(treatment)
}

const isAdmitted = ({ kind }: Admission) => kind === 'admitted'

describe('deliveries that wait in the store', () => {
  it('are woken in their order, as many as there are places, and nothing else is due', async () => {
    const { destinations, wait, enter } = setUp(2)
    const held = [await enter('a', 'x'), await enter('a', 'y')]
    for (const order of ['5', '3', '4', '1', '2']) wait('a', `d${order}`, order)
    expect(destinations.take(10).map(({ id }) => id)).toEqual(['d1', 'd2'])
    expect(destinations.take(10)).toEqual([])
    expect(destinations.nextWakeAt()).toBeUndefined()
    const [first, second] = [enter('a', 'd1', '1'), enter('a', 'd2', '2')]
    for (const admission of held) leave(admission)
    expect((await Promise.all([first, second])).every(isAdmitted)).toBe(true)
    expect(destinations.take(10).map(({ id }) => id)).toEqual(['d3', 'd4'])
  })

  it('are woken earlier the more are sent while one of them is read', async () => {
    const { destinations, wait, enter } = setUp(2)
    const ids = Array.from({ length: 500 }, (_, index) => String(index).padStart(3, '0'))
    for (const id of ids) wait('a', id, id)
    const coming = [...destinations.take(1_000)]
    expect(coming).toHaveLength(2)
    // Each one takes as long to be read as all that were woken before it take to be sent.
    const come = async () => {
      const next = coming.shift()
      const admission = await enter('a', next?.id ?? '', next?.order)
      leave(admission)
      coming.push(...destinations.take(1_000))
    }
    for (let count = 0; count < 100; count += 1) await come()
    const ahead = coming.length
    expect(ahead).toBeGreaterThan(20)
    expect(ahead).toBeLessThanOrEqual(200)
  })

  it('leave before those that come new, though they have to be read first', async () => {
    const { destinations, wait, enter } = setUp()
    const held = await enter('a', 'x')
    wait('a', 'd1', '1')
    // Who comes new waits in memory behind the few that are written.
    const left: string[] = []
    const next = enter('a', 'new', '9').then((admission) => {
      left.push('new')
      return admission
    })
    leave(held)
    await soon()
    expect(left).toEqual([])
    destinations.take(1)
    const woken = await enter('a', 'd1', '1')
    expect(isAdmitted(woken)).toBe(true)
    left.push('d1')
    leave(woken)
    expect(isAdmitted(await next)).toBe(true)
    expect(left).toEqual(['d1', 'new'])
  })

  it('stay there, and all that ask go there, when the process is about to end', async () => {
    const { destinations, wait, enter } = setUp()
    const held = await enter('a', 'x')
    wait('a', 'd1', '1')
    wait('a', 'd2', '2')
    destinations.take(1)
    const asking = [enter('a', 'd1', '1'), enter('a', 'new', '9')]
    destinations.close()
    const stopping = { kind: 'refused', reason: 'the relay is stopping', isWoken: true }
    expect(await Promise.all(asking)).toMatchObject([stopping, stopping])
    expect(await enter('a', 'newer')).toMatchObject(stopping)
    leave(held)
    await soon()
    expect(destinations.take(10)).toEqual([])
    expect(destinations.nextWakeAt()).toBeUndefined()
  })

  it('let those that come new wait in the store too when they are many', async () => {
    const { wait, enter } = setUp()
    await enter('a', 'x')
    for (let number = 100; number <= 150; number += 1) wait('a', `d${number}`, String(number))
    expect(await enter('a', 'new', '999')).toMatchObject({ kind: 'refused', isWoken: true })
  })

  it('let those go that wait behind one that is withdrawn', async () => {
    const { destinations, wait, enter } = setUp(2)
    wait('a', 'd1', '1')
    const next = enter('a', 'new', '9')
    destinations.withdraw(keyOf('a'), 'd1')
    expect(isAdmitted(await next)).toBe(true)
  })

  it('let those go that wait behind one that is on its way to another destination', async () => {
    const { destinations, wait, enter } = setUp(2)
    wait('a', 'd1', '1')
    wait('b', 'd1', '1')
    expect(destinations.take(1)).toHaveLength(1)
    const next = enter('b', 'new', '9')
    expect(destinations.take(10)).toEqual([])
    expect(isAdmitted(await next)).toBe(true)
  })

  it('do not hold up those that were woken before they came', async () => {
    const { destinations, wait, enter } = setUp()
    const held = await enter('a', 'x')
    wait('a', 'd5', '5')
    expect(destinations.take(10).map(({ id }) => id)).toEqual(['d5'])
    const next = enter('a', 'new', '3')
    const woken = enter('a', 'd5', '5')
    // One that was sent before, say, and has no place now.
    wait('a', 'd1', '1')
    expect(destinations.take(10)).toEqual([])
    leave(held)
    for (const it of [next, woken]) leave(await it)
    expect(destinations.take(10).map(({ id }) => id)).toEqual(['d1'])
  })

  it('leave before one that waited for them, in the turn in which both get a place', async () => {
    const { destinations, wait, enter } = setUp(2)
    wait('a', 'd1', '1')
    expect(destinations.take(1).map(({ id }) => id)).toEqual(['d1'])
    const left: string[] = []
    // As the pipeline does: whoever gets a place sends as soon as it knows.
    const sendAs = async (name: string, order: string) => {
      if (isAdmitted(await enter('a', name, order))) left.push(name)
    }
    const sending = [sendAs('new', '2'), soon().then(() => sendAs('d1', '1'))]
    await Promise.all(sending)
    expect(left).toEqual(['d1', 'new'])
  })

  it('leave before those that come new, whenever one that was sent before is done', async () => {
    const { destinations, wait, enter } = setUp(2)
    wait('a', 'd0', '0')
    destinations.take(1)
    await enter('a', 'd0', '0')
    wait('a', 'd1', '1')
    destinations.take(1)
    destinations.done('d0')
    const left: string[] = []
    const sendAs = async (name: string, order: string) => {
      if (isAdmitted(await enter('a', name, order))) left.push(name)
    }
    const newer = sendAs('new', '2')
    await soon()
    expect(left).toEqual([])
    leave(await enter('a', 'd1', '1'))
    await newer
    expect(left).toEqual(['new'])
  })

  it('let no other pass that is refused and not yet written', async () => {
    const { destinations, wait, enter } = setUp()
    for (let count = 0; count < 101; count += 1) void enter('a', `m${count}`, '0')
    for (const order of ['1', '2']) {
      expect(await enter('a', `d${order}`, order)).toMatchObject({ isWoken: true })
    }
    wait('a', 'd2', '2')
    expect(destinations.take(10)).toEqual([])
    wait('a', 'd1', '1')
    expect(destinations.take(10).map(({ id }) => id)).toEqual(['d1'])
  })

  it('are held in memory up to a bound, and read on in pages', async () => {
    const { destinations, store, wait, enter } = setUp()
    let held = await enter('a', 'x')
    const ids = Array.from({ length: 2_000 }, (_, index) => `d${String(index).padStart(4, '0')}`)
    for (const id of ids) wait('a', id, id)
    const woken: string[] = []
    while (woken.length < ids.length) {
      const [next] = destinations.take(1)
      if (!next) {
        await soon()
        continue
      }
      woken.push(next.id)
      const entered = enter('a', next.id, next.order)
      leave(held)
      held = await entered
      destinations.done(next.id)
    }
    expect(woken).toEqual(ids)
    expect(store.reads.length).toBeGreaterThan(3)
    expect(store.reads.every(({ limit }) => limit <= 512)).toBe(true)
  })

  it('are found after a restart, by their destinations', async () => {
    const { destinations, store } = setUp(3)
    for (const provider of ['a', 'b']) {
      for (const id of ['1', '2']) {
        store.put(keyOf(provider), { id: `${provider}${id}`, order: id, attempt: 2 })
      }
    }
    await destinations.resume()
    await soon()
    expect(destinations.take(10).map(({ id }) => id)).toEqual(['a1', 'b1', 'a2'])
  })

  it('are read again a second after the store failed', async () => {
    const { destinations, store, clock } = setUp()
    store.put(keyOf('a'), { id: 'd1', order: '1', attempt: 2 })
    store.isFailing = true
    await destinations.resume()
    await soon()
    expect(destinations.take(10)).toEqual([])
    expect(destinations.nextWakeAt()).toBe(clock.elapsed() + 1_000)
    store.isFailing = false
    clock.advance(1_000)
    destinations.take(10)
    await soon()
    expect(destinations.take(10)).toMatchObject([{ id: 'd1' }])
  })
})

it('deliveries of large events are woken at any host once others of their cluster are done', async () => {
  const { destinations, store } = setUp(2)
  for (const host of ['one.test', 'two.test']) {
    const large = { id: host, order: host, attempt: 2, bytes: 20 * 1024 * 1024 }
    store.put(keyOf('a', host), large)
  }
  await destinations.resume()
  await soon()
  expect(destinations.take(10).map(({ id }) => id)).toEqual(['one.test'])
  expect(destinations.take(10)).toEqual([])
  let isTold = false
  destinations.onReady(() => {
    isTold = true
  })
  await soon()
  expect(isTold).toBe(false)
  store.rows.clear()
  destinations.done('one.test')
  await soon()
  expect(isTold).toBe(true)
  expect(destinations.take(10).map(({ id }) => id)).toEqual(['two.test'])
})

describe('Providers at one host', () => {
  it('of a destination that answers at once do not wait for those of slow ones', async () => {
    const { destinations, wait, enter } = setUp(10)
    for (const slow of ['s1', 's2']) leave(await enter(slow, `${slow} answers`))
    for (let n = 0; n < 20; n += 1) void enter(`s${1 + (n % 2)}`, `held ${n}`)
    for (const n of [10, 11, 12, 13, 14, 15, 16, 17, 18]) {
      for (const slow of ['s1', 's2']) wait(slow, `${slow} ${n}`, String(n))
    }
    const woken = () => destinations.take(100).map(({ id }) => id)
    // The slow ones have woken as many as may be, and all of them ask for a place.
    const slow = woken()
    expect(slow).toHaveLength(10)
    for (const id of slow) void enter(id.slice(0, 2), id, id.slice(3))
    for (const n of [20, 21, 22, 23]) wait('fast', `fast ${n}`, String(n))
    for (const n of [20, 21, 22, 23]) {
      expect(woken()).toEqual([`fast ${n}`])
      leave(await enter('fast', `fast ${n}`, String(n)))
      destinations.done(`fast ${n}`)
    }
  })

  it('take turns, however many of one wait', async () => {
    const { destinations, wait, enter } = setUp()
    let held = await enter('a', 'x')
    for (let count = 0; count < 100; count += 1) void enter('a', `m${count}`, '0').then(leaveSoon)
    for (const provider of ['b', 'c']) {
      for (const order of ['1', '2']) wait(provider, `${provider}${order}`, order)
    }
    const admitted: string[] = []
    for (let turns = 0; turns < 4; turns += 1) {
      const [next] = destinations.take(1)
      if (!next) break
      const provider = next.id.slice(0, 1)
      const entered = enter(provider, next.id, next.order)
      leave(held)
      held = await entered
      admitted.push(next.id)
    }
    expect(admitted).toEqual(['b1', 'c1', 'b2', 'c2'])
  })
})

/** One that is sent in no time. */
function leaveSoon(admission: Admission): void {
  leave(admission)
}

describe('a parked destination', () => {
  it('wakes one alone at the time of its probe, and the others when that was answered', async () => {
    const { destinations, wait, enter, send, clock } = setUp(3)
    await send('a', { kind: 'limited', retryAfterMs: 60_000 })
    for (const order of ['1', '2', '3', '4', '5']) wait('a', `d${order}`, order)
    expect(destinations.take(10)).toEqual([])
    expect(destinations.nextWakeAt()).toBe(clock.elapsed() + 60_000)
    clock.advance(60_000)
    expect(destinations.take(10)).toMatchObject([{ id: 'd1' }])
    const probe = await enter('a', 'd1', '1')
    expect(destinations.take(10)).toEqual([])
    expect(destinations.nextWakeAt()).toBeUndefined()
    leave(probe)
    expect(destinations.take(10).map(({ id }) => id)).toEqual(['d2', 'd3', 'd4'])
  })

  it('wakes its probe though one that comes after it asks for a place in memory', async () => {
    const { clock, destinations, wait, enter, send } = setUp()
    for (let count = 0; count < 3; count += 1) await send('a', { kind: 'failed' })
    clock.advance(60_000)
    const held = await enter('b', 'x')
    const next = enter('a', 'new', '9')
    wait('a', 'd1', '1')
    expect(destinations.take(10).map(({ id }) => id)).toEqual(['d1'])
    const probe = enter('a', 'd1', '1')
    leave(held)
    leave(await probe)
    expect(isAdmitted(await next)).toBe(true)
  })

  it('is probed again later when the probe fails, by one that has not failed', async () => {
    const { destinations, wait, enter, send, clock } = setUp()
    for (let tries = 0; tries < 3; tries += 1) await send('a', { kind: 'failed' })
    for (const order of ['1', '2']) wait('a', `d${order}`, order)
    clock.advance(5_000)
    destinations.take(1)
    leave(await enter('a', 'd1', '1'), { kind: 'failed' })
    wait('a', 'd1', '1')
    expect(destinations.nextWakeAt()).toBe(clock.elapsed() + 10_000)
    clock.advance(10_000)
    expect(destinations.take(10)).toMatchObject([{ id: 'd2' }])
  })

  it('takes what it had woken back, without a word of it being due', async () => {
    const { destinations, wait, enter, send, clock } = setUp()
    wait('a', 'd1', '1')
    destinations.take(1)
    await send('b', { kind: 'answered' })
    const other = await enter('a', 'other', '0')
    leave(other, { kind: 'limited', retryAfterMs: 30_000 })
    expect(await enter('a', 'd1', '1')).toMatchObject({ kind: 'refused', isWoken: true })
    wait('a', 'd1', '1')
    expect(destinations.take(10)).toEqual([])
    expect(destinations.nextWakeAt()).toBe(clock.elapsed() + 30_000)
  })

  it('wakes its first when the configuration changes, and the next when that moved away', async () => {
    const { destinations, wait, enter, send } = setUp()
    await send('a', { kind: 'limited', retryAfterMs: 60_000 })
    for (const order of ['1', '2', '3']) wait('a', `d${order}`, order)
    destinations.review('other')
    expect(destinations.take(10)).toEqual([])
    destinations.review('c')
    expect(destinations.take(10)).toMatchObject([{ id: 'd1' }])
    leave(await enter('a', 'd1', '1', 'new.test'))
    destinations.done('d1')
    expect(destinations.take(10)).toMatchObject([{ id: 'd2' }])
    expect(await enter('a', 'd2', '2')).toMatchObject({ kind: 'refused' })
    wait('a', 'd2', '2')
    expect(destinations.take(10)).toEqual([])
  })

  it('wakes none that was withdrawn', async () => {
    const { destinations, wait, send, clock } = setUp()
    await send('a', { kind: 'limited', retryAfterMs: 60_000 })
    for (const order of ['1', '2']) wait('a', `d${order}`, order)
    destinations.withdraw(keyOf('a'), 'd1')
    clock.advance(60_000)
    expect(destinations.take(10)).toMatchObject([{ id: 'd2' }])
  })
})
