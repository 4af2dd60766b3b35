import type { Clock } from '../../relay/ports.ts'
import type { ApiObject } from '../kubernetes/collection.ts'
import type { Update } from '../kubernetes/follow.ts'
import type { Entry, Spool } from '../spool/spool.ts'
import { eventText, type WithLabels } from './event-text.ts'
import { type ReadEvent, readKubernetesEvent } from './kubernetes-event.ts'
import { occurrenceOf } from './occurrence.ts'
import { isTrace } from './trace-event.ts'

/** Told what becomes of Kubernetes Events that were read. */
export interface EventIntakeObserver {
  /** Occurrences that are kept now. */
  spooled(events: number): void
  /** Occurrences that were kept already, as their controllers had posted them. */
  known(events: number): void
  /** The first list ever of a kind: so many Events had occurred before, and are not sent. */
  began(kind: string, older: number): void
  /** No relay would take this one, such as `flux-system/podinfo.17a2`. Told once of each. */
  skipped(event: string, problem: string): void
  /** It is kept without its annotations, with which it is larger than a relay takes. */
  shortened(event: string): void
}

export interface EventIntakeOptions {
  readonly spool: Spool
  /** Of the involved objects; `*` for all. */
  readonly kind: string
  /** The kind was never listed completely. */
  readonly isFirst: boolean
  readonly clock: Pick<Clock, 'now'>
  readonly observer: EventIntakeObserver
  readonly withLabels: WithLabels
}

/** What reports on Alerts and Providers in the cluster; those events are not of any use to Alerts. */
const SELF = 'flux-relay'

/** By so much the clock of a reporter may be late when a kind is watched for the first time. */
const ALLOWANCE_MS = 60_000

/** What is to be done about an Event. */
type Step = { readonly kind: 'keep'; readonly entry: Entry; readonly shortened?: string } | Passed

/** It is not sent, and that is remembered. */
interface Passed {
  readonly kind: 'pass'
  readonly uid: string
  readonly remember: () => void
  readonly told: () => void
}

/** Spools the Events of one kind as they are listed and watched. */
export class EventIntake {
  readonly #options: EventIntakeOptions
  #isFirst: boolean
  /** UIDs of the list that is being read. */
  #listed: string[] = []
  #older = 0

  constructor(options: EventIntakeOptions) {
    this.#options = options
    this.#isFirst = options.isFirst
  }

  /**
   * Keeps what an update brings, and then how far the watch is. Resolves with false when the spool
   * is full: the update has to be taken again, as it has when this rejects with `DatabaseError`.
   */
  async take(update: Update): Promise<boolean> {
    switch (update.kind) {
      case 'list-started':
        this.#listed = []
        return true
      case 'listed': {
        if (!(await this.#keep(update.objects))) return false
        for (const { metadata } of update.objects) this.#listed.push(metadata.uid)
        return true
      }
      case 'list-ended':
        await this.#endList(update.resourceVersion)
        return true
      case 'watched': {
        const here = update.changes.filter(({ type }) => type !== 'DELETED')
        if (!(await this.#keep(here.map(({ object }) => object)))) return false
        const gone = update.changes.filter(({ type }) => type === 'DELETED')
        const uids = gone.map(({ object }) => object.metadata.uid)
        await this.#moveTo(update.resourceVersion, (seen) => seen.forget(uids))
        return true
      }
    }
  }

  async #endList(resourceVersion: string): Promise<void> {
    const { kind, observer } = this.#options
    await this.#moveTo(resourceVersion, (seen) => seen.keepOnly(kind, this.#listed))
    this.#listed = []
    if (this.#isFirst) observer.began(kind, this.#older)
    this.#isFirst = false
  }

  #moveTo(resourceVersion: string, forget: (seen: Spool['memory']['seen']) => void) {
    const { spool, kind } = this.#options
    return spool.tables.write(() => {
      forget(spool.memory.seen)
      spool.memory.watches.moveTo(kind, resourceVersion)
    })
  }

  /** Resolves with false when not all of it had room. */
  async #keep(objects: readonly ApiObject[]): Promise<boolean> {
    const { spool, observer } = this.#options
    const steps = objects.flatMap((object) => this.#step(object) ?? [])
    const kept = steps.filter((step) => step.kind === 'keep')
    await this.#pass(steps.filter((step) => step.kind === 'pass'))
    if (kept.length === 0) return true
    const results = await spool.addAll(kept.map(({ entry }) => entry))
    const spooled = results.filter((result) => result === 'spooled').length
    if (spooled > 0) observer.spooled(spooled)
    if (results.length > spooled) observer.known(results.length - spooled)
    kept.forEach(({ shortened }, index) => {
      if (shortened !== undefined && results[index] === 'spooled') observer.shortened(shortened)
    })
    return results.length === kept.length
  }

  /** Each Event once, also when several of its changes came together. */
  async #pass(steps: readonly Passed[]): Promise<void> {
    if (steps.length === 0) return
    await this.#options.spool.tables.write(() => {
      for (const { remember } of steps) remember()
    })
    for (const { told } of new Map(steps.map((step) => [step.uid, step])).values()) told()
  }

  /** Undefined when there is nothing to do. */
  #step(object: ApiObject): Step | undefined {
    const { spool, kind, clock, observer } = this.#options
    const { seen } = spool.memory
    const { uid } = object.metadata
    const read = readKubernetesEvent(object, clock.now())
    const known = seen.count(uid)
    if ('problem' in read) {
      if (known !== undefined) return undefined
      const told = () => observer.skipped(nameOf(object), read.problem)
      return { kind: 'pass', uid, remember: () => seen.remember(uid, kind, 0), told }
    }
    if (read.reporter === SELF || isTrace(read.event)) return undefined
    if (known !== undefined && known >= read.count) return undefined
    if (!this.#isOfBefore(read)) return this.#entry(object, read)
    const remember = () => seen.remember(uid, read.event.involvedObject.kind, read.count)
    const told = () => {
      this.#older += 1
    }
    return { kind: 'pass', uid, remember, told }
  }

  /** Whether it occurred before anybody asked for its kind. Only then clocks matter. */
  #isOfBefore({ at, event }: ReadEvent): boolean {
    if (!this.#isFirst) return false
    const { kind, spool } = this.#options
    const { watches } = spool.memory
    // When all kinds are watched for the first time, some of them may have been before.
    const watch = watches.read(event.involvedObject.kind) ?? watches.read(kind)
    return watch?.resourceVersion === null && at < watch.beganAt - ALLOWANCE_MS
  }

  #entry(object: ApiObject, { event, count }: ReadEvent): Step {
    const { spool, clock, withLabels } = this.#options
    const { seen, occurrences } = spool.memory
    const { uid } = object.metadata
    const { kind } = event.involvedObject
    const now = clock.now()
    const occurrence = occurrenceOf(event)
    const admit = () => {
      const before = seen.count(uid) ?? 0
      if (before >= count) return false
      seen.remember(uid, kind, count)
      if (occurrence === undefined) return true
      return occurrences.admit('watch', { ...occurrence, count: count - before }, now)
    }
    const text = eventText(event, withLabels)
    if (text !== undefined) return { kind: 'keep', entry: { body: text, admit } }
    // All else that it has is bounded.
    const body = JSON.stringify({ ...event, metadata: {} })
    return { kind: 'keep', entry: { body, admit }, shortened: nameOf(object) }
  }
}

function nameOf({ metadata }: ApiObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}
