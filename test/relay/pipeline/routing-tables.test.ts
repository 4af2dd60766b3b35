import { describe, expect, it, vi } from 'vitest'
import type { ConfigSnapshot } from '../../../relay/model/config.ts'
import { reconcile } from '../../../relay/pipeline/reconcile.ts'
import { createRoutingTables, objectsKeptIn } from '../../../relay/pipeline/routing-tables.ts'
import type { ConfigStore } from '../../../relay/ports/config-store.ts'
import { MemoryModes } from '../../support/memory-ports.ts'
import { alert, createHarness, provider } from '../../support/relay-harness.ts'

type Answer = Awaited<ReturnType<ConfigStore['read']>>

/** A read that began and waits for its answer. */
interface WaitingRead {
  readonly cluster: string
  readonly knownRevision: string | undefined
  answer(answer: Answer): void
  fail(error: Error): void
}

/** A store each of whose reads is answered by the test. */
function setUp(parts: Pick<ConfigStore, 'isCurrent'> = {}, maxObjects?: number) {
  const reads: WaitingRead[] = []
  const modes = new MemoryModes()
  const configs: ConfigStore = {
    read(cluster, knownRevision) {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>()
      reads.push({ cluster, knownRevision, answer: resolve, fail: reject })
      return promise
    },
    replace: () => Promise.reject(new Error('nothing is replaced here')),
    ...parts,
  }
  const tables = createRoutingTables({ configs, modes }, undefined, maxObjects)
  /** The next read, once it has begun. */
  const nextRead = async () => {
    await settled()
    const read = reads.shift()
    if (!read) throw new Error('no read has begun')
    return read
  }
  const answerWith = async (answer: Answer) => (await nextRead()).answer(answer)
  const ask = (times: number, cluster = 'prod') =>
    Array.from({ length: times }, () => tables.of(cluster))
  return { tables, modes, reads, nextRead, answerWith, ask }
}

/** All that can happen without another answer has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function snapshot(revision: string, changes: Partial<ConfigSnapshot> = {}): ConfigSnapshot {
  const manifests = [
    provider('hook', { type: 'generic', address: 'https://a.test' }),
    alert(`of-${revision}`, 'hook'),
  ]
  return { cluster: 'prod', revision, takenAt: 0, manifests, objects: [], ...changes }
}

/** What the core cannot even look through. */
const BROKEN = { manifests: undefined as never }

describe('the routing table of a cluster', () => {
  it('is read and compiled once for all who ask together', async () => {
    const { reads, answerWith, ask } = setUp()
    const asked = ask(1_000)
    await answerWith(snapshot('r1'))
    const [first, ...others] = await Promise.all(asked)
    expect(first?.revision).toBe('r1')
    expect(others.every((table) => table === first)).toBe(true)
    expect(reads).toEqual([])
  })

  it('comes from a read that began after it was asked for', async () => {
    const { nextRead, answerWith, ask, reads } = setUp()
    const before = ask(1)
    const running = await nextRead()
    // The set is replaced now, and events come that were accepted after that.
    const after = ask(3)
    await settled()
    expect(reads).toEqual([])
    running.answer(snapshot('r1'))
    await answerWith(snapshot('r2'))
    expect((await Promise.all(before)).map((table) => table?.revision)).toEqual(['r1'])
    const tables = await Promise.all(after)
    expect(tables.map((table) => table?.revision)).toEqual(['r2', 'r2', 'r2'])
    expect(new Set(tables).size).toBe(1)
    expect(reads).toEqual([])
  })

  it('is there at once while the store knows that its revision is current', async () => {
    let current = 'r1'
    const { answerWith, ask, reads, tables } = setUp({
      isCurrent: (_, revision) => revision === current,
    })
    const first = ask(1)
    await answerWith(snapshot('r1'))
    const [table] = await Promise.all(first)
    expect(await tables.of('prod')).toBe(table)
    expect(reads).toEqual([])
    current = 'r2'
    const later = ask(1)
    await answerWith(snapshot('r2'))
    expect((await Promise.all(later))[0]?.revision).toBe('r2')
  })

  it('takes the place of no newer one while the mode of its cluster is asked for', async () => {
    let current = 'r1'
    const isCurrent = (_: string, revision: string) => revision === current
    const { tables, modes, answerWith } = setUp({ isCurrent })
    const first = tables.of('prod')
    await answerWith(snapshot('r1'))
    await first
    const slow = Promise.withResolvers<boolean>()
    modes.isObserved = () => slow.promise
    const earlier = tables.of('prod')
    modes.isObserved = async () => false
    current = 'r2'
    const later = tables.of('prod')
    await answerWith(snapshot('r2'))
    expect((await later)?.revision).toBe('r2')
    slow.resolve(true)
    expect(await earlier).toMatchObject({ revision: 'r1', isObserved: true })
    expect(tables.known('prod')).toMatchObject({ revision: 'r2', isObserved: false })
  })

  it('never comes from the read under way, in whatever order is asked and answered', async () => {
    const { nextRead, ask } = setUp()
    const first = ask(1)
    const readOne = await nextRead()
    const second = ask(1)
    readOne.answer(snapshot('r1'))
    const readTwo = await nextRead()
    const third = ask(1)
    readTwo.answer(snapshot('r2'))
    const readThree = await nextRead()
    readThree.answer(snapshot('r3'))
    const tables = await Promise.all([...first, ...second, ...third])
    expect(tables.map((table) => table?.revision)).toEqual(['r1', 'r2', 'r3'])
  })

  it('is asked for by its revision once it is known, and stays the same while that does', async () => {
    const { nextRead, answerWith, ask } = setUp()
    const [first] = ask(1)
    await answerWith(snapshot('r1'))
    const [again] = ask(1)
    const read = await nextRead()
    expect(read).toMatchObject({ cluster: 'prod', knownRevision: 'r1' })
    read.answer('unchanged')
    expect(await again).toBe(await first)
  })

  it('is asked for by its revision by those who waited for the first read, too', async () => {
    const { nextRead, ask } = setUp()
    const first = ask(1)
    const running = await nextRead()
    const waiting = ask(2)
    running.answer(snapshot('r1'))
    const read = await nextRead()
    expect(read.knownRevision).toBe('r1')
    read.answer('unchanged')
    expect(new Set(await Promise.all([...first, ...waiting])).size).toBe(1)
  })

  it('is nothing without a configuration, and what came before counts no more', async () => {
    const { nextRead, answerWith, ask } = setUp()
    const asked = [ask(2)]
    await answerWith(snapshot('r1'))
    await Promise.all(asked[0] ?? [])
    const gone = ask(2)
    await answerWith(undefined)
    expect(await Promise.all(gone)).toEqual([undefined, undefined])
    const back = ask(1)
    const read = await nextRead()
    expect(read.knownRevision).toBeUndefined()
    read.answer(snapshot('r1'))
    expect((await back[0])?.revision).toBe('r1')
  })

  it('waits for no other cluster', async () => {
    const { nextRead, answerWith, ask } = setUp()
    const [slow] = ask(1, 'slow')
    const slowRead = await nextRead()
    const [quick] = ask(1, 'quick')
    await answerWith(snapshot('r1', { cluster: 'quick' }))
    expect((await quick)?.cluster).toBe('quick')
    slowRead.answer(snapshot('r1', { cluster: 'slow' }))
    expect((await slow)?.cluster).toBe('slow')
  })

  it('is read once for those who wait, though more clusters than are kept are asked for', async () => {
    const { nextRead, answerWith, ask, reads } = setUp({}, 10_000)
    const first = ask(1)
    const running = await nextRead()
    const others = Array.from({ length: 600 }, (_, index) => ask(1, `other-${index}`))
    await settled()
    for (const read of reads.splice(0)) read.answer(undefined)
    await Promise.all(others.flat())
    const waiting = ask(1)
    await settled()
    expect(reads).toEqual([])
    running.answer(snapshot('r1'))
    await answerWith('unchanged')
    expect(await waiting[0]).toBe(await first[0])
  })
})

describe('of the tables', () => {
  const OBJECTS = 30
  const large = (cluster: string, count = OBJECTS) =>
    snapshot('r1', {
      cluster,
      manifests: Array.from({ length: count }, (_, index) =>
        provider(`p${index}`, { type: 'generic', address: 'https://a.test' }),
      ),
    })

  /** Asks once, and tells whether the cluster was read by its revision, and so is known. */
  async function isKept({ ask, nextRead }: ReturnType<typeof setUp>, cluster: string) {
    const asked = ask(1, cluster)
    const read = await nextRead()
    read.answer(read.knownRevision === undefined ? large(cluster) : 'unchanged')
    await asked[0]
    return read.knownRevision !== undefined
  }

  it('as many are kept as their objects have room', async () => {
    const under = setUp({}, 3 * OBJECTS)
    for (const cluster of ['a', 'b', 'c']) expect(await isKept(under, cluster)).toBe(false)
    for (const cluster of ['a', 'b', 'c']) expect(await isKept(under, cluster)).toBe(true)
    expect(await isKept(under, 'd')).toBe(false)
    expect(await isKept(under, 'd')).toBe(true)
    expect(await isKept(under, 'c')).toBe(true)
    expect(await isKept(under, 'a')).toBe(false)
  })

  it('thousands are kept where each has few objects', async () => {
    const under = setUp()
    const names = Array.from({ length: 1_000 }, (_, index) => `cluster-${index}`)
    const [first] = names
    for (const name of names) {
      const asked = under.ask(1, name)
      await under.answerWith(large(name, 1))
      await asked[0]
    }
    expect(await isKept(under, first ?? '')).toBe(true)
  })

  it('no more are kept than the memory has room for', () => {
    const [mib, gib] = [1024 ** 2, 1024 ** 3]
    // Each with three rules takes 7 kB.
    expect(objectsKeptIn(512 * mib) * 7_000).toBeLessThan(256 * mib)
    expect(objectsKeptIn(512 * mib)).toBeGreaterThan(25_000)
    expect([objectsKeptIn(4 * gib), objectsKeptIn(undefined)]).toEqual([100_000, 100_000])
  })

  it('the one in use is kept, however large it is', async () => {
    const under = setUp({}, OBJECTS / 2)
    expect(await isKept(under, 'a')).toBe(false)
    expect(await isKept(under, 'a')).toBe(true)
  })

  it('those of clusters without a configuration have a bound too', async () => {
    const under = setUp({}, 100)
    expect(await isKept(under, 'a')).toBe(false)
    for (const cluster of ['b', 'c', 'd', 'e', 'f']) {
      const asked = under.ask(1, cluster)
      await under.answerWith(undefined)
      await asked[0]
    }
    expect(await isKept(under, 'a')).toBe(false)
  })
})

describe('a failure', () => {
  it('to read goes to all who asked before it began, and to nobody else', async () => {
    const { nextRead, answerWith, ask } = setUp()
    const failing = ask(3)
    const running = await nextRead()
    const waiting = ask(2)
    running.fail(new Error('the store is down'))
    const results = await Promise.allSettled(failing)
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    await answerWith(snapshot('r1'))
    const tables = await Promise.all(waiting)
    expect(tables.map((table) => table?.revision)).toEqual(['r1', 'r1'])
  })

  it('to compile is not kept, and no older rules take its place', async () => {
    const { nextRead, answerWith, ask } = setUp()
    const [older] = ask(1)
    await answerWith(snapshot('r1'))
    await older
    const failing = ask(2)
    await answerWith(snapshot('r2', BROKEN))
    const results = await Promise.allSettled(failing)
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const [mended] = ask(1)
    const read = await nextRead()
    expect(read.knownRevision).toBe('r1')
    read.answer(snapshot('r2'))
    expect((await mended)?.revision).toBe('r2')
  })

  it('of a store that says unchanged of nothing is one', async () => {
    const { answerWith, ask } = setUp()
    const [asked] = ask(1)
    await answerWith('unchanged')
    await expect(asked).rejects.toThrow('unchanged since no revision')
  })
})

it('a dispatcher keeps no more tables than its memory has room for', async () => {
  const compiledIn = async (memoryBytes: number | undefined) => {
    const harness = createHarness({ memoryBytes })
    const { configs, clock, secrets } = harness.ports
    const set = [provider('hook', { type: 'generic', address: 'https://a.test' })]
    for (const cluster of ['a', 'b']) {
      await configs.replace(await reconcile(cluster, set, clock.now(), secrets))
    }
    const read = vi.spyOn(configs, 'read')
    for (const [index, cluster] of ['a', 'b', 'a', 'b'].entries()) {
      const involvedObject = { kind: 'Kustomization', namespace: 'apps', name: `app-${index}` }
      await harness.sendJson({ involvedObject }, cluster)
      await harness.drain()
    }
    return read.mock.calls.filter(([, knownRevision]) => knownRevision === undefined).length
  }
  expect(await compiledIn(undefined)).toBe(2)
  expect(await compiledIn(500_000)).toBe(4)
})
