import {
  createDestinations,
  destinationKey,
} from '../../relay/pipeline/destinations/destinations.ts'
import type { WaitingDelivery } from '../../relay/ports/waiting-lines.ts'
import { ManualClock } from './manual-clock.ts'
import { MemoryWaitingLines } from './waiting-lines.ts'

/** How a Provider answers; slowly is well, but after a time in which others get impatient. */
export type Manner = 'well' | 'slowly' | 'ill' | 'limited'

/** What happens, one after the other. */
export type Step =
  | { readonly kind: 'arrive'; readonly provider: number }
  /** Every Provider with this number answers so from now on. */
  | { readonly kind: 'answers'; readonly provider: number; readonly as: Manner }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'crash' }
  /** A Provider's address changes to the one host, or to the other. */
  | { readonly kind: 'move'; readonly provider: number }
  | { readonly kind: 'store'; readonly fails: boolean }

interface Delivery {
  readonly id: string
  readonly provider: number
  readonly order: string
  attempt: number
  failedAt?: number
}

/** How many places each host has. */
export const PLACES = 2

const RETRY_MS = 5_000
const REQUEST_MS = 20
const SLOW_REQUEST_MS = 700

/**
 * A host in small: events come, go through the destinations, wait in a store, are woken, and crash. Each
 * part of the work takes a time of its own, so that it interleaves.
 */
export class WaitingSimulation {
  readonly clock = new ManualClock()
  readonly store = new MemoryWaitingLines()
  /** The first tries, in their order, by Provider. */
  readonly firstTries = new Map<number, string[]>()
  readonly delivered = new Set<string>()
  readonly accepted: Delivery[] = []
  readonly faults: string[] = []
  /** How often each Provider was sent something, by its number. */
  readonly sentTo: number[] = []
  crashes = 0
  readonly #answers = new Map<number, Manner>()
  readonly #moved = new Set<number>()
  readonly #underWay = new Map<string, number>()
  readonly #sending = new Set<string>()
  /** What is to happen at a time. A crash forgets it. */
  #timeline: { readonly at: number; readonly number: number; readonly go: () => void }[] = []
  #count = 0
  #destinations = this.#start()

  constructor() {
    this.store.pause = () => this.#sleep(3)
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      await this.#do(step)
      await settle()
    }
  }

  /** Lets all go well, and the time pass until nothing is left to do. */
  async finish(): Promise<void> {
    this.store.isFailing = false
    this.#answers.clear()
    for (
      let rounds = 0;
      rounds < 20_000 && this.delivered.size < this.accepted.length;
      rounds += 1
    ) {
      await this.#pass(this.#nextAt() ?? 0)
    }
  }

  async #do(step: Step): Promise<void> {
    switch (step.kind) {
      case 'arrive': {
        this.#count += 1
        const order = String(this.#count).padStart(6, '0')
        const delivery = { id: `d${order}`, provider: step.provider, order, attempt: 1 }
        this.accepted.push(delivery)
        void this.#dispatch(delivery)
        return
      }
      case 'answers':
        this.#answers.set(step.provider, step.as)
        return
      case 'move':
        if (!this.#moved.delete(step.provider)) this.#moved.add(step.provider)
        this.#destinations.review('c')
        return
      case 'store':
        this.store.isFailing = step.fails
        return
      case 'pass': {
        const until = this.clock.elapsed() + step.ms
        for (let at = this.#nextAt(); at !== undefined && at <= until; at = this.#nextAt()) {
          await this.#pass(at)
        }
        this.#passUntil(until)
        return
      }
      case 'crash':
        return this.#crash()
    }
  }

  async #crash(): Promise<void> {
    this.crashes += 1
    this.#timeline = []
    this.#underWay.clear()
    this.#sending.clear()
    const isFailing = this.store.isFailing
    this.store.isFailing = false
    this.#destinations = this.#start()
    await this.#destinations.resume()
    for (const delivery of this.accepted) {
      if (this.delivered.has(delivery.id) || this.store.rows.has(delivery.id)) continue
      void this.#dispatch(delivery)
    }
    await settle()
    this.store.isFailing = isFailing
  }

  #start() {
    const destinations = createDestinations(this.clock, {
      placesPerHost: PLACES,
      waiting: this.store,
    })
    destinations.onReady(() => this.#wake(destinations))
    return destinations
  }

  #wake(destinations: ReturnType<typeof createDestinations>): void {
    if (destinations !== this.#destinations) return
    for (const woken of destinations.take(100)) void this.#dispatchWoken(woken)
  }

  async #dispatchWoken({ id, attempt }: WaitingDelivery): Promise<void> {
    const mine = this.#destinations
    await this.#sleep(1)
    const delivery = this.accepted.find((it) => it.id === id)
    const row = this.store.rows.get(id)
    if (delivery && row?.attempt === attempt) await this.#dispatch(delivery)
    else mine.done(id)
  }

  async #dispatch(delivery: Delivery): Promise<void> {
    const mine = this.#destinations
    const { id, provider, order } = delivery
    const host = this.#moved.has(provider) ? 'other.test' : 'host.test'
    const key = destinationKey('c', `p${provider}`, host)
    const row = this.store.rows.get(id)
    if (row) mine.withdraw(row.destination, id)
    const admission = await mine.enter({ key, host, delivery: id, order, bytes: 1 })
    // Who waited for a process that is gone is gone too.
    if (mine !== this.#destinations) return
    if (admission.kind === 'refused') {
      // Writing takes a time, for each another one.
      if (row?.destination !== key) await this.#sleep(1 + ((Number(order) * 7) % 5))
      if (row?.destination !== key) delivery.attempt += 1
      const { attempt } = delivery
      this.store.put(key, { id, order, attempt })
      mine.wait(key, { id, order, attempt })
      // Whoever decided has more to do before it is done.
      await this.#sleep(1)
      return mine.done(id)
    }
    await this.#send(delivery, host)
    const as = this.#answers.get(provider) ?? 'well'
    if (as === 'well' || as === 'slowly') {
      this.delivered.add(id)
      this.store.rows.delete(id)
      admission.leave({ kind: 'answered' })
      return mine.done(id)
    }
    admission.leave(as === 'ill' ? { kind: 'failed' } : { kind: 'limited', retryAfterMs: 30_000 })
    delivery.attempt += 1
    this.store.rows.delete(id)
    mine.done(id)
    await this.#sleep(RETRY_MS)
    await this.#dispatch(delivery)
  }

  async #send({ id, provider }: Delivery, host: string): Promise<void> {
    const count = (this.#underWay.get(host) ?? 0) + 1
    if (count > PLACES) this.faults.push(`${count} under way at ${host}`)
    if (this.#sending.has(id)) this.faults.push(`${id} is under way twice`)
    if (this.delivered.has(id) && this.crashes === 0) this.faults.push(`${id} is delivered twice`)
    const tries = this.firstTries.get(provider) ?? []
    if (!tries.includes(id)) this.firstTries.set(provider, [...tries, id])
    this.sentTo.push(provider)
    this.#underWay.set(host, count)
    this.#sending.add(id)
    const isSlow = this.#answers.get(provider) === 'slowly'
    await this.#sleep(isSlow ? SLOW_REQUEST_MS : REQUEST_MS)
    this.#underWay.set(host, (this.#underWay.get(host) ?? 0) - 1)
    this.#sending.delete(id)
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((go) => {
      this.#count += 1
      this.#timeline.push({ at: this.clock.elapsed() + ms, number: this.#count, go })
      this.#timeline.sort((a, b) => a.at - b.at || a.number - b.number)
    })
  }

  #nextAt(): number | undefined {
    const times = [this.#timeline[0]?.at, this.#destinations.nextWakeAt()]
    return times.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a))
  }

  #passUntil(at: number): void {
    this.clock.advance(Math.max(0, at - this.clock.elapsed()))
  }

  async #pass(at: number): Promise<void> {
    this.#passUntil(at)
    while ((this.#timeline[0]?.at ?? Number.POSITIVE_INFINITY) <= this.clock.elapsed()) {
      this.#timeline.shift()?.go()
      await settle()
    }
    this.#wake(this.#destinations)
    await settle()
  }
}

/** Lets all that can go on go on. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
