import { setImmediate as turn } from 'node:timers/promises'
import { vi } from 'vitest'
import { LedgerBooks, ROUTES, type Route } from './ledger-books.ts'
import { START } from './manual-clock.ts'
import { MemoryDisk } from './memory-disk.ts'
import { alert, provider } from './relay-harness.ts'
import { type SimulatedRelay, startSimulatedRelay } from './simulated-relay.ts'
import { type AnswerKind, SimulatedSink } from './simulated-sink.ts'

/** What happens, one after the other. */
export type Step =
  /** Events of one object. */
  | { readonly kind: 'arrive'; readonly object: number; readonly count: number }
  /** A sender repeats what it sent before, since it is not sure that it came. */
  | { readonly kind: 'resend'; readonly index: number }
  | { readonly kind: 'answers'; readonly route: Route; readonly as: AnswerKind }
  /** Lets the event loop turn so often: work is begun, and not done. */
  | { readonly kind: 'turns'; readonly count: number }
  | { readonly kind: 'pass'; readonly ms: number }
  /** Somebody sets the clock; no wait is over by that. */
  | { readonly kind: 'jump'; readonly ms: number }
  | { readonly kind: 'disk'; readonly isFull: boolean }
  /** The process dies after so many turns, and another one starts. */
  | { readonly kind: 'crash'; readonly turns: number }

interface Sent {
  readonly object: number
  /** Known once it is acknowledged. */
  id?: string
}

const MANIFESTS = [
  provider('hook', { type: 'generic', address: 'https://hook.test/' }),
  provider('forge', {
    type: 'gitlab',
    address: 'https://forge.test/group/project',
    secretRef: { name: 'forge' },
  }),
  ...ROUTES.map((route) => alert(route, route)),
]
const COMMIT = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const DAY_MS = 24 * 3_600_000
const MAX_ROUNDS = 5_000

/**
 * The relay's own pipeline, queue, ledger and worker, in a world in which all happens one after the
 * other. `faults` says what was not as it has to be. It needs vitest's timers, `setTimeout` and
 * `performance`, to be faked.
 */
export class LedgerSimulation {
  readonly #disk = new MemoryDisk()
  readonly #books = new LedgerBooks(this.#disk)
  readonly #sent: Sent[] = []
  readonly #sink = new SimulatedSink(this.#books, (number) => this.#sent[number]?.object ?? -1)
  readonly #faults: string[] = []
  #jumpedMs = 0
  /** Whether something may end without a delivery: a destination is gone, or a day is over. */
  #mayDie = false
  #posts = 0
  /** The events whose senders wait for an answer of this process. */
  #asking = new Set<number>()
  #relay: SimulatedRelay | undefined

  get faults(): readonly string[] {
    return [...this.#faults, ...this.#sink.faults]
  }

  /** How many events were acknowledged. */
  get accepted(): number {
    return this.#acknowledged.size
  }

  async run(steps: readonly Step[]): Promise<void> {
    this.#relay = await this.#start()
    for (const step of steps) await this.#do(step)
  }

  /** Lets all go well, and the time pass until nothing is left to do. */
  async finish(): Promise<void> {
    this.#disk.isFull = false
    for (const route of ROUTES) this.#sink.answerAs(route, 'ok')
    await this.#settle()
    this.#resend()
    await this.#settle()
    for (let rounds = 0; !this.#books.areClosed || this.#asking.size > 0; rounds += 1) {
      if (vi.getTimerCount() === 0 || rounds === MAX_ROUNDS) {
        this.#faults.push('something waits, and nothing wakes it')
        break
      }
      vi.advanceTimersToNextTimer()
      await this.#settle()
    }
    this.#checkBooks()
    const lost = this.#sent.filter(({ id }) => id === undefined)
    if (lost.length > 0) this.#faults.push(`${lost.length} events are not acknowledged`)
    this.#checkOutcomes()
    this.#kill()
  }

  async #do(step: Step): Promise<void> {
    switch (step.kind) {
      case 'arrive':
        for (let count = 0; count < step.count; count += 1) {
          this.#sent.push({ object: step.object })
          this.#post(this.#sent.length - 1)
        }
        return
      case 'resend':
        if (this.#sent.length > 0) this.#post(step.index % this.#sent.length)
        return
      case 'answers':
        if (step.as === 'gone') this.#mayDie = true
        return this.#sink.answerAs(step.route, step.as)
      case 'turns':
        return this.#turn(step.count)
      case 'pass':
        return this.#pass(step.ms)
      case 'jump':
        // What is decided right now has begun by the clock by which it ends.
        await this.#settle()
        this.#jumpedMs += step.ms
        if (step.ms > DAY_MS / 2) this.#mayDie = true
        return
      case 'disk':
        this.#disk.isFull = step.isFull
        // What became of a request that is under way then is not recorded.
        this.#sink.mayAskAgain ||= step.isFull
        return
      case 'crash':
        await this.#turn(step.turns)
        return this.#crash()
    }
  }

  async #pass(ms: number): Promise<void> {
    const slice = Math.max(1, Math.ceil(ms / 8))
    for (let passed = 0; passed < ms; passed += slice) {
      vi.advanceTimersByTime(Math.min(slice, ms - passed))
      await this.#settle()
    }
  }

  async #turn(count: number): Promise<void> {
    for (let turns = 0; turns < count; turns += 1) await turn()
  }

  /** Lets all that needs no time go on until nothing does. */
  async #settle(): Promise<void> {
    const done = () => this.#sink.activity + this.#posts + this.#disk.batches
    let before = -1
    for (let rounds = 0; before !== done() || this.#disk.underWay > 0; rounds += 1) {
      if (rounds === MAX_ROUNDS) throw new Error('it goes on and on, though no time passes')
      before = done()
      await this.#turn(6)
    }
  }

  #start(): Promise<SimulatedRelay> {
    return startSimulatedRelay({
      disk: this.#disk,
      clock: {
        now: () => START + Math.round(performance.now()) + this.#jumpedMs,
        elapsed: () => Math.round(performance.now()),
        random: () => 0.5,
      },
      manifests: MANIFESTS,
      placesPerHost: 2,
      http: this.#sink,
      onSetAside: ({ key, failure }) =>
        this.#faults.push(`${key} is set aside: ${failure.causeText}`),
    })
  }

  async #crash(): Promise<void> {
    this.#kill()
    this.#checkBooks()
    // No relay starts on a disk that is full.
    this.#disk.isFull = false
    this.#relay = await this.#start()
    this.#resend()
  }

  #kill(): void {
    this.#relay?.kill()
    this.#asking = new Set()
    this.#sink.forgetAskers()
    vi.clearAllTimers()
  }

  #post(number: number): void {
    const sent = this.#sent[number]
    if (!sent) throw new Error(`there is no event ${number}`)
    const asking = this.#asking.add(number)
    this.#relay?.post(eventOf(number, sent.object)).then(
      (id) => {
        asking.delete(number)
        sent.id = id
        this.#posts += 1
      },
      // The disk is full. Its sender was told so, and sends it again.
      () => asking.delete(number),
    )
  }

  /** Senders send again what was not acknowledged. */
  #resend(): void {
    for (const [number, { id }] of this.#sent.entries()) if (id === undefined) this.#post(number)
  }

  get #acknowledged(): ReadonlyMap<string, string> {
    return new Map(
      this.#sent.flatMap(({ id }, number) => (id === undefined ? [] : [[id, `event ${number}`]])),
    )
  }

  #checkBooks(): void {
    this.#faults.push(...this.#books.problems(this.#acknowledged))
  }

  #checkOutcomes(): void {
    for (const [id, name] of this.#acknowledged) {
      for (const route of ROUTES) {
        const { outcome, reason } = this.#books.recordOf(id, route) ?? {}
        const isTaken = this.#sink.taken.has(`${route} ${name.slice('event '.length)}`)
        // An older status of a commit is superseded by a newer one.
        const mayBe = isTaken
          ? ['delivered', 'suppressed', 'dead']
          : [...(this.#mayDie ? ['dead'] : []), ...(route === 'forge' ? ['suppressed'] : [])]
        if (outcome === undefined || !mayBe.includes(outcome)) {
          this.#faults.push(
            `${name} is ${outcome} for ${route}${isTaken ? ', and told' : ''}: ${reason}`,
          )
        }
      }
    }
  }
}

function eventOf(number: number, object: number) {
  return {
    involvedObject: {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      namespace: 'flux-system',
      name: `object-${object}`,
    },
    severity: 'error',
    // Long ago, so that the order is that of acceptance.
    timestamp: new Date(START - DAY_MS).toISOString(),
    message: `event ${number}`,
    reason: `Step${number}`,
    metadata: { 'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${COMMIT}` },
    reportingController: 'kustomize-controller',
  }
}
