import { expect, it } from 'vitest'
import { createDestinations } from '../../../../relay/pipeline/destinations/destinations.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { MemoryWaitingLines } from '../../../support/waiting-lines.ts'

const HOST = 'hooks.test'
const KEY = `c#a#${HOST}`

/** A host with one place, which is taken for good. */
async function setUp() {
  const clock = new ManualClock()
  const waiting = new MemoryWaitingLines()
  const destinations = createDestinations(clock, { placesPerHost: 1, waiting })
  const answers = new Map<string, string>()
  const ask = (delivery: string, order: string) => {
    const asked = destinations.enter({ key: KEY, host: HOST, delivery, order, bytes: 1 })
    void asked.then((answer) => answers.set(delivery, answer.kind))
    return asked
  }
  const wait = (id: string, order: string) => {
    destinations.wait(KEY, { id, order, attempt: 1 })
    destinations.done(id)
  }
  const pass = async (ms: number) => {
    clock.advance(ms)
    const woken = destinations.take(10).map(({ id }) => id)
    await new Promise((resolve) => setImmediate(resolve))
    return woken
  }
  await ask('slow', '00')
  return { clock, destinations, answers, ask, wait, pass }
}

it('a new delivery waits in memory for a second, and from then on in the store', async () => {
  const { clock, destinations, answers, ask, pass } = await setUp()
  const answer = ask('new', '01')
  expect(destinations.nextWakeAt()).toBe(clock.elapsed() + 1_000)
  await pass(999)
  expect(answers.has('new')).toBe(false)
  await pass(1)
  expect(await answer).toMatchObject({
    kind: 'refused',
    reason: 'no place: none came free within a second for hooks.test',
    isFailing: false,
    isWoken: true,
  })
})

it('each waits for a second of its own', async () => {
  const { answers, ask, pass } = await setUp()
  void ask('first', '01')
  await pass(600)
  void ask('second', '02')
  await pass(400)
  expect([...answers.keys()]).toEqual(['slow', 'first'])
  await pass(600)
  expect([...answers.keys()]).toEqual(['slow', 'first', 'second'])
})

it('none that was woken passes one that goes to the store', async () => {
  const { answers, ask, wait, pass } = await setUp()
  void ask('new', '01')
  wait('old', '02')
  wait('older', '03')
  expect(await pass(0)).toEqual(['old'])
  await pass(1_000)
  expect(answers.get('new')).toBe('refused')
  expect((await ask('old', '02')).kind).toBe('refused')
  wait('old', '02')
  expect(await pass(0)).toEqual([])
  wait('new', '01')
  expect(await pass(0)).toEqual(['new'])
})

it('one that was woken and asks goes back with one that comes before it', async () => {
  const { answers, ask, wait, pass } = await setUp()
  void ask('new', '01')
  wait('old', '02')
  await pass(0)
  void ask('old', '02')
  await pass(1_000)
  expect(answers).toEqual(
    new Map([
      ['slow', 'admitted'],
      ['new', 'refused'],
      ['old', 'refused'],
    ]),
  )
})

it('one that was woken waits for its place as long as that takes', async () => {
  const { answers, ask, wait, pass } = await setUp()
  wait('old', '01')
  await pass(0)
  void ask('old', '01')
  await pass(60_000)
  expect(answers.has('old')).toBe(false)
})

it('where nothing is woken a new delivery waits in memory', async () => {
  const clock = new ManualClock()
  const destinations = createDestinations(clock, { placesPerHost: 1 })
  const enter = (delivery: string) =>
    destinations.enter({ key: KEY, host: HOST, delivery, order: delivery, bytes: 1 })
  await enter('1')
  void enter('2')
  expect(destinations.nextWakeAt()).toBeUndefined()
})
