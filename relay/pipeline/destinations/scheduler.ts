import { earlier } from '../../model/earlier.ts'
import { doNext } from '../../model/microtask.ts'
import type { Clock } from '../../ports/clock.ts'
import type { WaitingDelivery, WaitingLines } from '../../ports/waiting-lines.ts'
import { Capacity } from './capacity.ts'
import type { Treatment } from './destination-health.ts'
import type {
  Admission,
  Destination,
  DestinationOptions,
  Destinations,
  FailingDestination,
  FailingDestinations,
  ParkedDestinations,
  Wakes,
} from './destinations.ts'
import { type Crowding, type Deferral, Healths, whyCrowded } from './healths.ts'
import type { Asker, Asking, Coming } from './line.ts'
import { hostOf, Lines } from './lines.ts'
import { Patience } from './patience.ts'
import { type HostOf, type LineOf, Places } from './places.ts'
import { Waker } from './waker.ts'
import { WaitingWindow } from './window.ts'

const TOO_SLOW: Crowding = 'none came free within a second'
const CLOSED: Deferral = { reason: 'the relay is stopping', waitMs: 1_000, isFailing: false }

/** The one queue of all deliveries of a process that have to wait for their destinations. */
export class Scheduler implements Destinations, Wakes, ParkedDestinations, FailingDestinations {
  readonly #clock: Clock
  readonly #waiting: WaitingLines | undefined
  readonly #healths: Healths
  readonly #lines: Lines<Admission>
  readonly #capacity = new Capacity()
  readonly #places: Places
  /** The line of each delivery that was woken or refused, until it is done. */
  readonly #away = new Map<string, LineOf>()
  /**
   * The woken or refused deliveries that wait in the store again, each with the key of its line.
   */
  readonly #written = new Map<string, readonly [string, WaitingDelivery]>()
  readonly #waker: Waker
  readonly #patience: Patience
  #isClosed = false

  constructor(clock: Clock, { placesPerHost, waiting }: DestinationOptions) {
    this.#clock = clock
    this.#lines = new Lines(placesPerHost)
    this.#waiting = waiting
    this.#healths = new Healths(clock)
    this.#waker = new Waker({
      ...{ clock, lines: this.#lines, healths: this.#healths },
      ...{ capacity: this.#capacity, away: this.#away },
      passedBy: (line) => this.#givePlaces(line.host, line),
    })
    this.#patience = new Patience(clock)
    this.#places = new Places(this.#capacity, this.#healths, (...it) => this.#admit(...it))
  }

  enter(destination: Destination): Promise<Admission> {
    const { delivery, order, bytes } = destination
    const line = this.#lineOf(destination.key, destination.host)
    const coming = this.#arrive(delivery, line)
    const isWoken = coming !== undefined
    const asker: Asker = { delivery, order, bytes, isWoken }
    const parked = this.#healths.whyParked(line, delivery, isWoken)
    if (parked) return Promise.resolve(this.#refuse(line, asker, parked))
    if (this.#isClosed) return Promise.resolve(this.#refuse(line, asker, CLOSED))
    if (coming?.mustGoBack) return Promise.resolve(this.#refuseCrowded(line, asker, TOO_SLOW))
    const { host } = line
    const mayAsk = this.#capacity.asking.allows(host.cluster) || this.#places.hasPlace(line)
    const isCrowded = host.isFullFor(line.underWay) || !mayAsk
    if (!isWoken && (this.#hasToBeWritten(line) || isCrowded)) {
      return Promise.resolve(this.#refuseCrowded(line, asker, 'too many deliveries wait'))
    }
    if (!isWoken) {
      host.unwritten += 1
      this.#capacity.asking.take(host.cluster, bytes)
    }
    return new Promise((answer) => {
      line.ask({ ...asker, askedAt: this.#clock.elapsed(), answer })
      this.#givePlaces(host, line)
      if (line.isAsking) this.#patience.watch(line)
    })
  }

  /**
   * Whether a new delivery has to wait in the store since others of its line do. At a destination that was parked it has to
   * behind a single one, which is woken as its probe.
   */
  #hasToBeWritten(line: LineOf): boolean {
    if (line.hasManyWritten) return true
    const probedAt = this.#healths.of(line.key)?.probedAt ?? 0
    return line.hasWritten && (probedAt > 0 || line.isReviewed)
  }

  isLimited(key: string): boolean {
    return this.#healths.isLimited(key)
  }

  wait(key: string, delivery: WaitingDelivery): void {
    // Whoever decides about it is not done, and would be taken for who decides next.
    if (this.#away.has(delivery.id)) this.#written.set(delivery.id, [key, delivery])
    else this.#put(key, delivery)
  }

  withdraw(key: string, delivery: string): void {
    const line = this.#lines.get(key)
    if (line === undefined) return
    line.window?.remove(delivery)
    this.#givePlaces(line.host, line)
  }

  done(delivery: string): void {
    this.#capacity.done(delivery)
    this.#waker.done()
    const line = this.#away.get(delivery)
    if (!line) return
    this.#away.delete(delivery)
    line.postponed.delete(delivery)
    if (line.coming.delete(delivery)) awaitFewer(line)
    const written = this.#written.get(delivery)
    this.#written.delete(delivery)
    if (written) this.#put(...written)
    this.#givePlaces(line.host, line)
  }

  review(cluster: string): void {
    for (const line of this.#lines.values()) {
      if (!line.key.startsWith(`${cluster}#`) || !line.hasWritten) continue
      line.isReviewed = true
      this.#waker.look(line)
    }
  }

  parkedCounts(): ReadonlyMap<string, number> {
    return this.#healths.parkedCounts()
  }

  failing(): readonly FailingDestination[] {
    return this.#healths.failing()
  }

  async resume(): Promise<void> {
    const keys = (await this.#waiting?.destinations()) ?? []
    for (const key of keys) this.#waker.look(this.#lineOf(key, hostOf(key), true))
  }

  take(max: number): readonly WaitingDelivery[] {
    if (this.#isClosed) return []
    for (const [line, due] of this.#patience.takeDue()) {
      const why = whyCrowded(line.host, this.#clock.random(), TOO_SLOW)
      for (const asking of due) this.#turnAway(line, asking, why)
    }
    return this.#waker.take(max)
  }

  close(): void {
    this.#isClosed = true
    for (const line of this.#lines.values()) {
      for (const asking of line.takeAll()) this.#turnAway(line, asking, CLOSED)
    }
  }

  nextWakeAt(): number | undefined {
    if (this.#isClosed) return undefined
    return earlier(this.#waker.nextAt, this.#patience.nextAt)
  }

  onReady(listener: () => void): void {
    this.#waker.onReady(listener)
    this.#patience.onChange(listener)
  }

  #put(key: string, delivery: WaitingDelivery): void {
    const line = this.#lineOf(key, hostOf(key))
    line.window?.add(delivery)
    this.#waker.look(line)
  }

  #lineOf(key: string, hostName: string, hasMore = false): LineOf {
    return this.#lines.of(key, hostName, (mostHeld) => {
      const waiting = this.#waiting
      return waiting && new WaitingWindow((...of) => waiting.page(key, ...of), hasMore, mostHeld)
    })
  }

  /**
   * What is known of the delivery if it was woken from this line. If it was woken from another line, it leaves
   * that one.
   */
  #arrive(delivery: string, line: LineOf): Coming | undefined {
    const from = this.#away.get(delivery)
    const coming = from?.coming.get(delivery)
    if (!coming) return undefined
    if (from !== line) {
      this.done(delivery)
      return undefined
    }
    line.coming.delete(delivery)
    line.host.came(coming.givenBefore)
    return coming
  }

  #refuseCrowded(line: LineOf, who: Asker, crowding: Crowding): Admission {
    return this.#refuse(line, who, whyCrowded(line.host, this.#clock.random(), crowding))
  }

  #refuse(line: LineOf, who: Asker, why: Deferral): Admission {
    const { delivery, order, isWoken } = who
    if (isWoken) {
      awaitFewer(line)
      // It goes back to where it came from, and so would the next one.
      line.isReviewed = false
    }
    if (line.window) {
      line.postponed.set(delivery, order)
      this.#away.set(delivery, line)
    }
    this.#waker.look(line)
    return { kind: 'refused', ...why, isWoken: line.window !== undefined }
  }

  /** Gives the free places of a host. `line` may have changed. */
  #givePlaces(host: HostOf, line: LineOf): void {
    if (line.isAsking) host.asking.add(line)
    this.#places.serve(host)
    this.#waker.look(line)
    if (host.canWake) this.#waker.offer(host)
  }

  #admit(line: LineOf, asking: Asking<Admission>): void {
    const { key, host } = line
    const { delivery, bytes, isWoken } = asking
    // While it waited the destination may have been parked.
    if (this.#refuseParked(line, asking)) return
    if (isWoken) {
      awaitFewer(line)
      line.isReviewed = false
    } else this.#stopAsking(host, bytes)
    this.#capacity.underWay.take(host.cluster, bytes)
    line.underWay += 1
    host.free -= 1
    host.given += 1
    const isProbe = this.#healths.of(key)?.begin() ?? false
    const leave = (treatment: Treatment) => {
      this.#healths.end(key, delivery, treatment, isProbe)
      this.#capacity.underWay.give(host.cluster, bytes)
      this.#left(line)
    }
    // Who gets its place at once does not listen yet, and would leave after those who waited.
    doNext(() => asking.answer({ kind: 'admitted', leave }))
  }

  /** Serves others after a delivery left: a place is free, and more is known of its destination. */
  #left(line: LineOf): void {
    const { key, host } = line
    host.free += 1
    line.underWay -= 1
    host.asking.changed(line)
    if (this.#healths.of(key)?.isOpen === false) {
      for (const asking of line.takeAll()) {
        // The time of the probe may have come since.
        if (!this.#refuseParked(line, asking)) line.ask(asking)
      }
    }
    this.#givePlaces(host, line)
    this.#places.serveShort()
  }

  /** Refuses a delivery whose destination is parked. False when it need not wait. */
  #refuseParked(line: LineOf, asker: Asking<Admission>): boolean {
    const parked = this.#healths.whyParked(line, asker.delivery, asker.isWoken)
    if (!parked) return false
    this.#turnAway(line, asker, parked)
    return true
  }

  /** Refuses a delivery that waits in memory. */
  #turnAway(line: LineOf, asking: Asking<Admission>, why: Deferral): void {
    if (!asking.isWoken) this.#stopAsking(line.host, asking.bytes)
    asking.answer(this.#refuse(line, asking, why))
  }

  #stopAsking(host: HostOf, bytes: number): void {
    host.unwritten -= 1
    this.#capacity.asking.give(host.cluster, bytes)
  }
}

/** Counts a woken delivery off: it has its place now, or goes back to the store. */
function awaitFewer(line: LineOf): void {
  line.awaited -= 1
  line.host.awaited -= 1
  line.host.wakeable.changed(line)
}
