import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createPostAdmission } from '../../../../hosts/shipper/sources/post-admission.ts'
import { eventManifest } from '../../../support/kubernetes/event-manifests.ts'
import { EventStore, nextTurn } from '../../../support/kubernetes/event-store.ts'
import { runEventWatchOf, spooledMessages } from '../../../support/kubernetes/event-watch.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { testSpool } from '../../../support/spool.ts'
import { temporaryDirectory } from '../../../support/temporary-directory.ts'
import { waitFor } from '../../../support/wait-for.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e']
/** Room for some events, so that the spool is often full. */
const MAX_BYTES = 2_000

/** Without the shrinking of a failure, which takes long. */
const SHORT = 15

const name = fc.constantFrom(...NAMES)
const STEP = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('occur' as const),
      name,
      by: fc.constantFrom(1, 1, 3),
      post: fc.constantFrom('no', 'no', 'before', 'after'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('touch' as const), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), name }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'cut' as const,
        'expire' as const,
        'restart' as const,
        'crash' as const,
        'stop' as const,
        'drain' as const,
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('turns' as const),
      turns: fc.integer({ min: 1, max: 12 }),
    }),
  },
)

it('spools every occurrence once, whatever happens in between', async () => {
  const runs = Number(process.env.FLUX_RELAY_EVENT_FAULTS ?? SHORT)
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 20, maxLength: 60 }), async (steps) => {
      const scene = new Scene()
      for (const step of steps) await scene.play(step)
      await scene.settle()
    }),
    { numRuns: runs, endOnFailure: runs <= SHORT },
  )
})

type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never

class Scene {
  readonly #api = new EventStore()
  readonly #clock = new ManualClock()
  readonly #directory = temporaryDirectory()
  #spool = this.#open()
  #watch: ReturnType<typeof runEventWatchOf> | undefined
  readonly #counts = new Map<string, number>()
  readonly #posted: string[] = []
  readonly #sent: string[] = []
  #created = 0

  async play(step: Step): Promise<void> {
    this.#watch ??= this.#start()
    switch (step.do) {
      case 'occur': {
        const count = (this.#counts.get(step.name) ?? 0) + step.by
        this.#counts.set(step.name, count)
        this.#clock.advance(1_000)
        if (step.post === 'before') await this.#post(step.name, count)
        this.#put(step.name, count)
        if (step.post === 'after') {
          await nextTurn()
          await this.#post(step.name, count)
        }
        return
      }
      case 'touch': {
        const event = this.#api.get(step.name)
        if (event) this.#api.put(step.name, event.metadata.uid, event)
        return
      }
      case 'remove': {
        // What nobody has seen yet is lost with it.
        if (this.#counts.has(step.name)) await this.#caughtUp()
        this.#counts.delete(step.name)
        return this.#api.remove(step.name)
      }
      case 'cut':
        return this.#api.cut(false)
      case 'expire':
        return this.#api.cut(true)
      case 'restart':
        await this.#watch.stop()
        this.#watch = this.#start()
        return
      case 'stop':
        await this.#watch.stop()
        this.#watch = undefined
        return
      case 'crash':
        this.#spool.close()
        await this.#watch.stop()
        this.#spool = this.#open()
        this.#watch = undefined
        return
      case 'drain':
        return this.#drain()
      case 'turns':
        for (let turn = 0; turn < step.turns; turn += 1) await nextTurn()
    }
  }

  /** All that is there has arrived, and nothing twice. */
  async settle(): Promise<void> {
    this.#watch ??= this.#start()
    await this.#caughtUp()
    for (let turn = 0; turn < 20; turn += 1) await nextTurn()
    await this.#drain()
    await this.#watch.stop()
    this.#spool.close()
    expect(this.#sent.toSorted()).toEqual([...new Set(this.#sent)].toSorted())
    expect(this.#sent).toEqual(expect.arrayContaining(this.#posted))
  }

  async #caughtUp(): Promise<void> {
    this.#watch ??= this.#start()
    await waitFor(async () => {
      await this.#drain()
      const last = [...this.#counts].map(([name, count]) => this.#message(name, count))
      expect(this.#sent).toEqual(expect.arrayContaining(last))
    })
  }

  async #post(name: string, count: number): Promise<void> {
    const admit = createPostAdmission({
      spool: this.#spool.spool,
      kinds: ['*'],
      clock: this.#clock,
    })
    const event = {
      ...this.#report(name, count),
      timestamp: new Date(this.#clock.now()).toISOString(),
    }
    const result = await this.#spool.spool.add(JSON.stringify(event), admit(event))
    if (result !== 'full') this.#posted.push(event.message)
  }

  #put(name: string, count: number): void {
    const report = this.#report(name, count)
    const uid = this.#uid(name)
    if (this.#api.get(name) === undefined) this.#created += 1
    const lastTimestamp = new Date(this.#clock.now()).toISOString()
    this.#api.put(name, uid, { ...report, count, lastTimestamp })
  }

  /** Of an Event that is not there yet that which it will have. */
  #uid(name: string): string {
    return this.#api.get(name)?.metadata.uid ?? `uid-${this.#created}`
  }

  #report(name: string, count: number) {
    const involvedObject = { kind: 'Kustomization', namespace: 'apps', name }
    return { involvedObject, reason: 'Progressing', message: this.#message(name, count) }
  }

  #message(name: string, count: number): string {
    return `${this.#uid(name)} ${name} ${count}`
  }

  async #drain(): Promise<void> {
    const { spool } = this.#spool
    this.#sent.push(...spooledMessages(spool))
    await spool.settle(spool.peek(100_000, 2 ** 30), [])
  }

  #open() {
    return testSpool({ directory: this.#directory, maxBytes: MAX_BYTES, clock: this.#clock })
  }

  #start() {
    return runEventWatchOf(this.#api, this.#spool.spool, {
      kinds: ['*'],
      clock: this.#clock,
      wait: nextTurn,
    })
  }
}

it('goes on after what nobody foresaw', async () => {
  const { spool } = testSpool()
  const api = new EventStore()
  const request = api.request.bind(api)
  let isBroken = true
  api.request = (wanted) => {
    if (isBroken) throw new TypeError('what is this?')
    return request(wanted)
  }
  const run = runEventWatchOf(api, spool, { kinds: ['*'] })
  await waitFor(() => expect(run.said).toContain('spool failed'))
  isBroken = false
  api.put('a', 'uid', eventManifest('a'))
  await waitFor(() => expect(spooledMessages(spool)).toEqual(['message of a']))
})

it('forgets everything when no kind is watched any more', async () => {
  const { spool } = testSpool()
  const api = new EventStore()
  const first = runEventWatchOf(api, spool, { kinds: ['*'] })
  api.put('a', 'uid', eventManifest('a'))
  await waitFor(() => expect(spool.memory.seen.count('uid')).toBe(1))
  await first.stop()
  runEventWatchOf(api, spool, { kinds: [] })
  await waitFor(() => expect(spool.memory.seen.count('uid')).toBeUndefined())
  expect(spool.memory.watches.read('*')).toBeUndefined()
})
