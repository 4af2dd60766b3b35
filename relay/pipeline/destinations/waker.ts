import { Listeners } from '../../model/listeners.ts'
import type { Clock } from '../../ports/clock.ts'
import type { WaitingDelivery } from '../../ports/waiting-lines.ts'
import type { Capacity } from './capacity.ts'
import type { Admission } from './destinations.ts'
import type { Healths } from './healths.ts'
import type { Lines } from './lines.ts'
import type { HostOf, LineOf } from './places.ts'
import { Times } from './times.ts'
import { Turns } from './turns.ts'
import type { WaitingWindow } from './window.ts'

/** How long to wait before a store that failed is read again. */
const READ_AGAIN_MS = 1_000

/** What the waker shares with the scheduler, which changes it too. */
export interface WakerParts {
  readonly clock: Clock
  readonly lines: Pick<Lines<Admission>, 'forget'>
  readonly healths: Healths
  readonly capacity: Capacity
  /** The line of each delivery that was woken or refused, until it is done. */
  readonly away: Map<string, LineOf>
  /** Called when one that waited is none to wake: who waits behind it may go. */
  readonly passedBy: (line: LineOf) => void
}

/** Decides which of the deliveries that wait in the store may come now, and notifies the host. */
export class Waker {
  readonly #clock: Clock
  readonly #lines: WakerParts['lines']
  readonly #healths: Healths
  readonly #capacity: Capacity
  readonly #away: Map<string, LineOf>
  readonly #passedBy: (line: LineOf) => void
  /** Hosts at which a delivery may be woken. */
  readonly #ready = new Turns<HostOf>()
  /** Lines from which nothing may be woken before a given time. */
  readonly #notBefore = new Times<LineOf>()
  readonly #listeners = new Listeners()
  /** Whether a cluster could wake none more when it was asked last. */
  #isHeldBack = false

  constructor({ clock, lines, healths, capacity, away, passedBy }: WakerParts) {
    this.#clock = clock
    this.#lines = lines
    this.#healths = healths
    this.#capacity = capacity
    this.#away = away
    this.#passedBy = passedBy
  }

  /** When something that waits for a time may come next; undefined when nothing waits for one. */
  get nextAt(): number | undefined {
    return this.#notBefore.next
  }

  onReady(listener: () => void): void {
    this.#listeners.add(listener)
  }

  /** Reports that a delivery may be woken at a host. */
  offer(host: HostOf): void {
    this.#ready.add(host)
    this.#listeners.notify()
  }

  /** Takes at most `max` deliveries. The hosts take turns. */
  take(max: number): readonly WaitingDelivery[] {
    for (const line of this.#notBefore.takeDue(this.#clock.elapsed())) this.look(line)
    const taken: WaitingDelivery[] = []
    const later: HostOf[] = []
    while (taken.length < max) {
      const host = this.#ready.next()
      if (!host) break
      const mayWake = this.#capacity.mayWake(host.cluster)
      const woken = mayWake && host.canWake ? this.#wake(host) : undefined
      if (woken) taken.push(woken)
      if (!mayWake) later.push(host)
      else if (host.canWake) this.#ready.add(host)
    }
    for (const host of later) this.#ready.add(host)
    this.#isHeldBack = later.length > 0
    return taken
  }

  /** Reports that a delivery is done: those of a cluster that had its whole share may be woken. */
  done(): void {
    if (this.#isHeldBack) this.#listeners.notify()
  }

  /** Finds out when the next delivery of a line may be woken. Forgets the line when none waits. */
  look(line: LineOf): void {
    const { key, host, window } = line
    this.#notBefore.delete(line)
    if (line.isEmpty) this.#lines.forget(line)
    if (window?.isShort) void this.#read(line, window)
    if (window?.first && this.#mayWake(line)) {
      host.wakeable.add(line)
      if (host.canWake) this.offer(host)
      return
    }
    host.wakeable.delete(line)
    if (!window?.first) return
    const probedAt = this.#healths.of(key)?.probedAt ?? 0
    // Else a probe is under way, after which the line is looked at.
    if (probedAt > this.#clock.elapsed()) this.#lookAt(line, probedAt)
  }

  /**
   * Whether the line may wake a delivery. A parked destination wakes a single one, which is its
   * probe.
   */
  #mayWake(line: LineOf): boolean {
    // One that goes before the first is about to wait in the store: after that the line is looked at.
    if (line.isFirstUnwritten) return false
    const health = this.#healths.of(line.key)
    if (line.isReviewed || !health || health.probedAt === 0) return true
    return health.isOpen && line.coming.size === 0 && (!line.isAsking || line.isHeldUp)
  }

  /**
   * Takes one of the deliveries that wait at the host. Undefined when none may be woken after all.
   */
  #wake(host: HostOf): WaitingDelivery | undefined {
    const line = host.wakeable.next()
    if (!line || !this.#mayWake(line)) return undefined
    const woken = line.window?.take((id) => this.#isGoodProbe(line, id))
    const isAway = woken !== undefined && this.#away.has(woken.id)
    if (woken && !isAway) {
      line.coming.set(woken.id, { order: woken.order, givenBefore: host.given })
      this.#away.set(woken.id, line)
      this.#capacity.wake(woken.id, host.cluster, woken.bytes ?? 0)
      line.awaited += 1
      host.awaited += 1
    }
    this.look(line)
    if (!isAway) return woken
    this.#passedBy(line)
    return undefined
  }

  /**
   * Whether the delivery may probe a parked destination. One that has failed may do so only when no
   * other waits.
   */
  #isGoodProbe({ key, isReviewed }: LineOf, delivery: string): boolean {
    const health = this.#healths.of(key)
    return !health || health.probedAt === 0 || isReviewed || !health.hasFailed(delivery)
  }

  async #read(line: LineOf, window: WaitingWindow): Promise<void> {
    try {
      await window.read()
      this.look(line)
    } catch {
      this.#lookAt(line, this.#clock.elapsed() + READ_AGAIN_MS)
    }
  }

  #lookAt(line: LineOf, at: number): void {
    if (this.#notBefore.set(line, at)) this.#listeners.notify()
  }
}
