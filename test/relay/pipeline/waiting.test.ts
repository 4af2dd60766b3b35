import { describe, expect, it } from 'vitest'
import { createDispatcher } from '../../../relay/pipeline/dispatch.ts'
import { requestReplay } from '../../../relay/pipeline/replay.ts'
import { fixtureJson } from '../../support/notifications.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** More than are probes in a day of which each hour has one. */
const MANY = Array.from({ length: 40 }, (_, index) => `n${String(index).padStart(2, '0')}`)
const OPTIONS = { noCrossNamespaceRefs: false, rateLimitIntervalMs: 0 }

const hook = (host = 'hook.test') =>
  provider('hook', { type: 'generic', address: `https://${host}/` })

async function setUp(directory?: string): Promise<Harness> {
  const harness = createHarness({}, directory === undefined ? {} : { directory })
  await harness.configure(hook(), alert('all', 'hook'))
  return harness
}

async function send(harness: Harness, ...names: readonly string[]): Promise<void> {
  const event = fixtureJson('kustomization-finished')
  for (const name of names) {
    const involvedObject = { ...Object(event.involvedObject), name }
    harness.clock.advance(1)
    await harness.sendJson({ ...event, involvedObject })
  }
  await harness.drain()
}

/** Makes the destination fail for all to come, and has some wait behind it. */
async function park(harness: Harness, ...waiting: readonly string[]): Promise<void> {
  harness.answerWith(() => answer(503))
  await send(harness, 'failed-1', 'failed-2', 'failed-3')
  await send(harness, ...waiting)
}

const namesOf = (harness: Harness) =>
  harness.requests.map(({ body }) => JSON.parse(String(body)).involvedObject.name)

async function recordOf(harness: Harness, name: string) {
  const records = await harness.records()
  return records.find(({ event }) => event.involvedObject.name === name)
}

describe('a delivery behind a parked destination', () => {
  it('is written once, however often the destination is probed', async () => {
    const harness = await setUp()
    await park(harness, ...MANY)
    const last = MANY.at(-1) ?? ''
    const first = await recordOf(harness, last)
    expect(first).toMatchObject({
      outcome: 'retry',
      reason:
        'parked: hook.test failed 3 times in a row, last with: HTTP 503; this delivery is sent when a probe is answered',
      attempts: [],
    })
    const hoursLater = harness.clock.now() + 3 * HOUR_MS
    while (harness.clock.now() < hoursLater) await harness.drainNext()
    expect(harness.requests.length).toBeGreaterThan(15)
    expect(await recordOf(harness, last)).toEqual(first)
    harness.answerWith(() => answer(200))
    while ((await recordOf(harness, last))?.outcome === 'retry') await harness.drainNext()
    const [stored] = await harness.ports.ledger.readMany([first?.id ?? ''])
    expect(stored).toMatchObject({ version: 2, value: { tries: 1 } })
  })

  it('leaves in the order of the events once a probe was answered', async () => {
    const harness = await setUp()
    harness.answerWith(() => answer(429, { 'retry-after': '60' }))
    await send(harness, 'limited', ...MANY)
    harness.answerWith(() => answer(200))
    harness.requests.length = 0
    while (await harness.drainNext());
    expect(namesOf(harness).filter((name) => name !== 'limited')).toEqual(MANY)
  })

  it('dies 24 hours after its first try', async () => {
    const harness = await setUp()
    harness.answerWith(() => answer(429, { 'retry-after': '3600' }))
    await send(harness, 'limited', ...MANY)
    const last = MANY.at(-1) ?? ''
    const { chainStartedAt = 0 } = (await recordOf(harness, last)) ?? {}
    while ((await recordOf(harness, last))?.outcome === 'retry') await harness.drainNext()
    expect(await recordOf(harness, last)).toMatchObject({
      outcome: 'dead',
      reason: /^given up after a day without a try: parked: hook\.test failed /,
      updatedAt: chainStartedAt + DAY_MS,
    })
    while (await harness.drainNext());
    expect((await harness.records()).map(({ outcome }) => outcome)).toEqual(
      ['limited', ...MANY].map(() => 'dead'),
    )
  })

  it('goes to the host that its Provider has now, as soon as that is known', async () => {
    const harness = await setUp()
    await park(harness, 'a', 'b', 'c')
    harness.requests.length = 0
    harness.answerWith(() => answer(200))
    await harness.configure(hook('moved.test'), alert('all', 'hook'))
    harness.destinations.review(CLUSTER)
    await harness.drain()
    expect(harness.requests.map(({ url }) => url)).toEqual(
      ['a', 'b', 'c'].map(() => 'https://moved.test/'),
    )
    expect(namesOf(harness)).toEqual(['a', 'b', 'c'])
  })

  it('is skipped when its Alert is suspended, and waits on when nothing changed for it', async () => {
    const harness = await setUp()
    await park(harness, 'a', 'b')
    const rows = await harness.rowsChanged()
    harness.destinations.review(CLUSTER)
    await harness.drain()
    expect(await harness.rowsChanged()).toBe(rows)
    await harness.configure(hook(), alert('all', 'hook', { suspend: true }))
    harness.destinations.review(CLUSTER)
    await harness.drain()
    expect(await recordOf(harness, 'a')).toMatchObject({ outcome: 'skipped' })
    expect(await recordOf(harness, 'b')).toMatchObject({ outcome: 'skipped' })
  })

  it('is found again after a restart, and sent once', async () => {
    const directory = temporaryDirectory()
    const before = await setUp(directory)
    await park(before, 'a', 'b', 'c')
    const { order } = (await recordOf(before, 'a')) ?? {}
    expect(order).toBeDefined()
    before.close()
    const after = createHarness({}, { directory })
    after.clock.set(before.clock.now())
    await after.destinations.resume()
    while (await after.drainNext());
    expect(namesOf(after).filter((name) => name.length === 1)).toEqual(['a', 'b', 'c'])
  })

  it('that a person replays waits on, and is sent once', async () => {
    const harness = await setUp()
    await park(harness, 'a', 'b')
    const id = (await recordOf(harness, 'b'))?.id ?? ''
    expect(await requestReplay(harness.ports, id)).toMatchObject({ kind: 'queued' })
    await harness.drain()
    expect(await recordOf(harness, 'b')).toMatchObject({ outcome: 'retry', attempts: [] })
    harness.answerWith(() => answer(200))
    harness.requests.length = 0
    while (await harness.drainNext());
    expect(namesOf(harness).filter((name) => name === 'b')).toHaveLength(1)
    expect(namesOf(harness).filter((name) => name === 'a')).toHaveLength(1)
  })
})

describe('where nobody wakes', () => {
  it('a delivery that has a record waits for the probe by one message, and nothing is written', async () => {
    const harness = await setUp()
    const dispatcher = createDispatcher(harness.ports, OPTIONS)
    const dispatchAll = async () => {
      for (const event of await harness.queue.leaseEvents(100)) {
        await dispatcher.dispatchEvent(event)
        await harness.queue.acknowledge(event)
      }
      const retries = await harness.queue.leaseRetries(100)
      for (const retry of retries) {
        await dispatcher.dispatchRetry(retry)
        await harness.queue.acknowledgeRetry(retry)
      }
      return retries
    }
    harness.answerWith(() => answer(429, { 'retry-after': '1800' }))
    const event = fixtureJson('kustomization-finished')
    for (const name of ['limited', 'a']) {
      await harness.sendJson({
        ...event,
        involvedObject: { ...Object(event.involvedObject), name },
      })
    }
    await dispatchAll()
    const before = await harness.records()
    const rows = await harness.rowsChanged()
    // The one that has failed is due, and another is the better probe.
    harness.clock.advance(1_800_000)
    expect(await dispatchAll()).toMatchObject([{ attempt: 2 }])
    expect(await harness.rowsChanged()).toBe(rows)
    expect(await harness.records()).toEqual(before)
    expect(harness.requests).toHaveLength(1)
    harness.answerWith(() => answer(200))
    for (let hours = 0; hours < 3; hours += 1) {
      harness.clock.advance(HOUR_MS)
      await dispatchAll()
    }
    expect(await recordOf(harness, 'a')).toMatchObject({ outcome: 'delivered', tries: 1 })
  })
})
