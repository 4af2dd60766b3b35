import { describe, expect, it } from 'vitest'
import { judgeAgain } from '../../../relay/pipeline/rejudge.ts'
import { requestReplay } from '../../../relay/pipeline/replay.ts'
import { wakeInTime, wakeWaiting } from '../../../relay/pipeline/wake.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const HOOK = { address: 'https://hooks.example.com/x' }
const SECRET = `${CLUSTER}/flux-system/hook`
const OBJECTS = [
  alert('all', 'hook'),
  provider('hook', { type: 'generic', secretRef: { name: 'hook' } }),
]

/** A relay that waits for what is missing, and is woken when it has come. */
async function waiting(
  given: Partial<Record<'objects' | 'secret', boolean>> = {},
  parts: Parameters<typeof createHarness>[1] = {},
) {
  const harness = createHarness({}, parts)
  if (given.secret) harness.secrets.set(SECRET, HOOK)
  if (given.objects) await harness.configure(...OBJECTS)
  await harness.send('kustomization-applied')
  await harness.drain()
  expect(harness.requests).toEqual([])
  expect(await harness.records()).toMatchObject([{ outcome: 'retry', why: 'configuration' }])
  return harness
}

/** Long after, when its next try would be in an hour. */
async function wakeLater(harness: Harness): Promise<number> {
  for (let tries = 0; tries < 6; tries += 1) await harness.drainNext()
  return wakeWaiting(harness.ports, CLUSTER)
}

/** A relay whose events of so many objects, of these names, wait for a configuration, one after the other. */
async function waitingForConfiguration(count: number) {
  const harness = createHarness()
  const names = Array.from({ length: count }, (_, index) => `app-${index}`)
  for (const name of names) {
    harness.clock.advance(1)
    await harness.sendJson({
      involvedObject: { kind: 'Kustomization', namespace: 'flux-system', name },
    })
  }
  await harness.drain()
  return { harness, names }
}

describe('what waits for a configuration goes out when it comes', () => {
  it.each([
    [
      'the whole configuration',
      { secret: true },
      (harness: Harness) => harness.configure(...OBJECTS),
    ],
    ['a Secret', { objects: true }, (harness: Harness) => harness.secrets.set(SECRET, HOOK)],
  ])('%s', async (_, given, come) => {
    const harness = await waiting(given)
    const before = harness.clock.now()
    await come(harness)
    expect(await wakeWaiting(harness.ports, CLUSTER)).toBe(1)
    await harness.drain()
    expect(harness.requests).toHaveLength(1)
    expect(harness.clock.now()).toBe(before)
    // What was queued for later finds the work done.
    while (await harness.drainNext());
    expect(harness.requests).toHaveLength(1)
    const records = await harness.records()
    expect(records.filter(({ outcome }) => outcome === 'delivered')).toHaveLength(1)
    expect(records.every((record) => record.why === undefined)).toBe(true)
    // Waiting and waking take serials, and are no tries.
    const told = records.filter(({ outcome }) => outcome === 'delivered')
    expect(told.map(({ tries, attempts }) => [tries, attempts.length])).toEqual([[1, 1]])
  })

  it('a Provider', async () => {
    const harness = createHarness()
    harness.secrets.set(SECRET, HOOK)
    await harness.configure(alert('all', 'hook'))
    await harness.send('kustomization-applied')
    await harness.drain()
    await harness.configure(...OBJECTS)
    expect(await wakeWaiting(harness.ports, CLUSTER)).toBe(1)
    await harness.drain()
    expect(harness.requests).toHaveLength(1)
  })

  it('also when its next try would be in an hour, and the oldest first', async () => {
    const harness = await waiting({ objects: true })
    harness.clock.advance(1_000)
    await harness.send('kustomization-finished')
    await harness.drain()
    for (let tries = 0; tries < 12; tries += 1) await harness.drainNext()
    harness.secrets.set(SECRET, HOOK)
    expect(await wakeWaiting(harness.ports, CLUSTER)).toBe(2)
    await harness.drain()
    const messages = harness.requests.map(({ body }) => JSON.parse(String(body)).timestamp)
    expect(messages).toEqual(['2026-11-20T09:14:03Z', '2021-04-21T10:00:02Z'])
  })

  it('goes back to its schedule when something else is missing', async () => {
    const harness = await waiting({ objects: true })
    expect(await wakeLater(harness)).toBe(1)
    await harness.drain()
    expect(harness.requests).toEqual([])
    const [record] = await harness.records()
    expect(record).toMatchObject({ outcome: 'retry', why: 'configuration' })
    expect(record?.dueAt).toBeGreaterThan(harness.clock.now() + 60_000)
  })

  it.each([
    ['takes it', 200, [{ outcome: 'delivered', tries: 1, attempts: [{ status: 200 }] }]],
    ['fails', 503, [{ outcome: 'retry', why: 'failed', tries: 1, attempts: [{ status: 503 }] }]],
  ])('once, though another comes while the destination %s', async (_, status, records) => {
    const harness = await waiting({ objects: true })
    harness.secrets.set(SECRET, HOOK)
    await wakeWaiting(harness.ports, CLUSTER)
    harness.answerWith(async () => {
      harness.answerWith(() => answer(status))
      await wakeWaiting(harness.ports, CLUSTER)
      return answer(status)
    })
    await harness.drain()
    expect(harness.requests).toHaveLength(1)
    expect(await harness.records()).toMatchObject(records)
    harness.answerWith(() => answer(200))
    while (await harness.drainNext());
    expect(await harness.records()).toMatchObject([
      { outcome: 'delivered', tries: harness.requests.length },
    ])
  })

  it('again, though it was being sent, where a person asks for a replay meanwhile', async () => {
    const harness = await waiting({ objects: true })
    harness.secrets.set(SECRET, HOOK)
    const [record] = await harness.records()
    await wakeWaiting(harness.ports, CLUSTER)
    harness.answerWith(async () => {
      harness.answerWith(() => answer(200))
      await requestReplay(harness.ports, record?.id ?? '')
      return answer(200)
    })
    await harness.drain()
    expect(harness.requests).toHaveLength(2)
    expect(await harness.records()).toMatchObject([{ outcome: 'delivered' }])
  })

  it('in slices, so that thousands are not held at once', async () => {
    const { harness, names } = await waitingForConfiguration(250)
    await harness.configure(...OBJECTS)
    harness.secrets.set(SECRET, HOOK)
    const { ledger } = harness.ports
    const held: number[] = []
    const counted = {
      ...harness.ports,
      ledger: {
        assertWritable: () => ledger.assertWritable(),
        show: (id: string) => ledger.show(id),
        list: (...question: Parameters<typeof ledger.list>) => ledger.list(...question),
        readMany(ids: readonly string[]) {
          held.push(ids.length)
          return ledger.readMany(ids)
        },
        writeMany(writes: Parameters<typeof ledger.writeMany>[0]) {
          held.push(writes.length)
          return ledger.writeMany(writes)
        },
      },
    }
    expect(await wakeWaiting(counted, CLUSTER)).toBe(names.length)
    expect(Math.max(...held)).toBeLessThanOrEqual(100)
    await harness.drain()
    const sent = harness.requests.map(({ body }) => JSON.parse(String(body)).involvedObject.name)
    expect(sent).toEqual(names)
  })

  it('as far as the time allows, and later what is left, nothing twice', async () => {
    const { harness } = await waitingForConfiguration(250)
    await harness.configure(...OBJECTS)
    harness.clock.advance(1_000)
    const notSince = harness.clock.now()
    /** Time for so many pages of the ledger and slices of deliveries. */
    const timeFor = (parts: number) => {
      let begun = 0
      return () => ++begun <= parts
    }
    const wake = (parts: number, bounds = {}) =>
      wakeInTime(harness.ports, CLUSTER, { hasTime: timeFor(parts), ...bounds })
    expect(await wake(1)).toMatchObject({ deliveries: 0, isComplete: false })
    expect(await wake(3)).toEqual({ deliveries: 100, isComplete: false })
    // What they waited for is still missing, so that they wait again.
    await harness.drain()
    expect(await wake(Number.POSITIVE_INFINITY, { notSince })).toEqual({
      deliveries: 150,
      isComplete: true,
    })
    expect(await wake(Number.POSITIVE_INFINITY, { notSince })).toEqual({
      deliveries: 0,
      isComplete: true,
    })
  })

  it('does not hurry what waits for something else, or is of another cluster', async () => {
    const harness = createHarness()
    harness.secrets.set(SECRET, HOOK)
    harness.answerWith(() => answer(503))
    await harness.configure(...OBJECTS)
    await harness.send('kustomization-applied')
    await harness.sendJson({ involvedObject: { kind: 'A', namespace: 'a', name: 'b' } }, 'other')
    await harness.drain()
    const before = await harness.records()
    expect(await wakeWaiting(harness.ports, CLUSTER)).toBe(0)
    expect(await harness.records()).toEqual(before)
  })

  it('loses and doubles nothing when the process ends between ledger and queue', async () => {
    const directory = temporaryDirectory()
    const killed = await waiting({ objects: true }, { directory })
    killed.secrets.set(SECRET, HOOK)
    const queue = { ...killed.queue, sendRetries: () => Promise.reject(new Error('killed')) }
    await expect(wakeWaiting({ ...killed.ports, queue: queue as never }, CLUSTER)).rejects.toThrow(
      'killed',
    )
    await killed.close()
    const harness = createHarness({}, { directory })
    harness.secrets.set(SECRET, HOOK)
    await harness.drain()
    while (await harness.drainNext());
    expect(harness.requests).toHaveLength(1)
    expect(await harness.records()).toMatchObject([{ outcome: 'delivered' }])
  })
})

describe('readiness', () => {
  it('follows a Secret that comes, changes and comes anew', async () => {
    const harness = createHarness()
    await harness.configure(...OBJECTS)
    const { configs } = harness.ports
    const shown = async () => {
      await judgeAgain(harness.ports, CLUSTER)
      const stored = await configs.read(CLUSTER)
      return (
        typeof stored === 'object' &&
        stored.objects.map(({ kind, ready, reason }) => [kind, ready, reason])
      )
    }
    expect(await shown()).toEqual([
      ['Alert', false, 'ProviderNotReady'],
      ['Provider', false, 'SecretNotFound'],
    ])
    harness.secrets.set(SECRET, HOOK)
    expect(await shown()).toEqual([
      ['Alert', true, 'Succeeded'],
      ['Provider', true, 'Succeeded'],
    ])
    harness.secrets.set(SECRET, { address: 'no address' })
    expect(await shown()).toEqual([
      ['Alert', false, 'ProviderNotReady'],
      ['Provider', false, 'ValidationFailed'],
    ])
  })

  it('is worked out of the latest set, also when that is replaced meanwhile', async () => {
    const harness = createHarness()
    await harness.configure(...OBJECTS)
    harness.clock.advance(1_000)
    let replaced = false
    const secrets = {
      async read(...[cluster, namespace, name]: Parameters<Harness['ports']['secrets']['read']>) {
        if (!replaced) {
          replaced = true
          await harness.configure(...OBJECTS, alert('more', 'hook'))
          harness.secrets.set(SECRET, HOOK)
        }
        return harness.ports.secrets.read(cluster, namespace, name)
      },
    }
    await judgeAgain({ configs: harness.ports.configs, secrets }, CLUSTER)
    const stored = await harness.ports.configs.read(CLUSTER)
    expect(stored).toMatchObject({
      objects: [{ name: 'all', ready: true }, { name: 'more', ready: true }, { ready: true }],
    })
  })

  it('of a cluster that has no set is nothing', async () => {
    const harness = createHarness()
    await judgeAgain(harness.ports, CLUSTER)
    expect(await harness.ports.configs.read(CLUSTER)).toBeUndefined()
  })
})
