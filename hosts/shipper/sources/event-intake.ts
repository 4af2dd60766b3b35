import { apiGroup } from '../../../relay/model/event.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import type { ApiObject } from '../kubernetes/collection.ts'
import type { Update } from '../kubernetes/follow.ts'
import type { Hold } from '../spool/held-events.ts'
import type { Novelty, Spool, SpooledItem } from '../spool/spool.ts'
import { stateOfEvent } from './event-state.ts'
import { eventText, type WithLabels } from './event-text.ts'
import { isFluxGroup, objectOfEvent, saidKey } from './flux-object.ts'
import { type ReadEvent, readKubernetesEvent } from './kubernetes-event.ts'
import { noteFailure } from './note-failure.ts'
import type { ObjectStatuses } from './object-statuses.ts'
import { occurrenceOf } from './occurrence.ts'
import { HOLD_MS, STATUS_WINDOW_MS, tell } from './reports.ts'
import { ToldAhead } from './told-ahead.ts'
import { isTrace } from './trace-event.ts'
import { unknownMetadata } from './unknown-metadata.ts'

/** Is told what becomes of Kubernetes Events that were read. */
export interface EventIntakeObserver {
  /** So many occurrences were stored in the spool. */
  spooled(events: number): void
  /** So many occurrences were in the spool already, because their controllers had posted them. */
  known(events: number): void
  /**
   * A kind was listed for the first time. So many Events had occurred before that, and are not
   * sent.
   */
  began(kind: string, older: number): void
  /** No relay would accept this Event, such as `flux-system/podinfo.17a2`. Called once for each. */
  skipped(event: string, problem: string): void
  /** The event was stored without its annotations, with which it is too large for a relay. */
  shortened(event: string): void
}

export interface EventIntakeOptions {
  readonly spool: Spool
  /** The kind of the involved objects; `*` for all. */
  readonly kind: string
  /** Whether the kind was never listed completely. */
  readonly isFirst: boolean
  readonly clock: Pick<Clock, 'now'>
  readonly observer: EventIntakeObserver
  readonly withLabels: WithLabels
  /** The status of Flux's objects; undefined when they are not followed. */
  readonly statuses?: Pick<ObjectStatuses, 'isFollowed' | 'metadataOf'> | undefined
}

/** The reporter of Events on Alerts and Providers in the cluster. Those are of no use to Alerts. */
const SELF = 'flux-relay'

/** How much a reporter's clock may be behind when a kind is watched for the first time. */
const ALLOWANCE_MS = 60_000

/** An Event of the API, and what it says. */
interface IncomingEvent {
  readonly object: ApiObject
  readonly read: ReturnType<typeof readKubernetesEvent>
  /** When it last occurred, in milliseconds since the epoch; now when that cannot be read. */
  readonly at: number
}

/** What has to be done about an Event. */
type Step =
  | { readonly kind: 'keep'; readonly entry: SpooledItem; readonly shortened?: string }
  | Passed

/** The Event is not sent, and that is remembered. */
interface Passed {
  readonly kind: 'pass'
  readonly uid: string
  readonly remember: () => void
  readonly told: () => void
}

/** Stores the Events of one kind in the spool as they are listed and watched. */
export class EventIntake {
  readonly #options: EventIntakeOptions
  #isFirst: boolean
  /** The UIDs in the list that is being read. */
  #listed: string[] = []
  #older = 0

  constructor(options: EventIntakeOptions) {
    this.#options = options
    this.#isFirst = options.isFirst
  }

  /**
   * Stores an update, and then the position of the watch. Resolves with false when the spool is
   * full: the update has to be taken again, as after a rejection with `DatabaseError`.
   */
  async take(update: Update): Promise<boolean> {
    switch (update.kind) {
      case 'list-started':
        this.#listed = []
        return true
      case 'listed': {
        // A list goes by names: an Event that occurred again stands before those that came in between.
        const events = update.objects.map((object) => this.#read(object))
        if (!(await this.#keep(events.toSorted((a, b) => a.at - b.at)))) return false
        for (const { metadata } of update.objects) this.#listed.push(metadata.uid)
        return true
      }
      case 'list-ended':
        await this.#endList(update.resourceVersion)
        return true
      case 'watched': {
        const here = update.changes.filter(({ type }) => type !== 'DELETED')
        if (!(await this.#keep(here.map(({ object }) => this.#read(object))))) return false
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

  #read(object: ApiObject): IncomingEvent {
    const now = this.#options.clock.now()
    const read = readKubernetesEvent(object, now)
    return { object, read, at: 'problem' in read ? now : read.at }
  }

  /**
   * Stores Events in this order. Resolves with false when the spool had no room for some of them.
   */
  async #keep(events: readonly IncomingEvent[]): Promise<boolean> {
    const { spool, observer, clock } = this.#options
    const told = new ToldAhead((object) => spool.memory.told.read(object), clock.now())
    const steps = events.flatMap((event) => this.#step(event, told) ?? [])
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

  /**
   * Remembers Events that are not sent, each once, even if several of its changes came together.
   */
  async #pass(steps: readonly Passed[]): Promise<void> {
    if (steps.length === 0) return
    await this.#options.spool.tables.write(() => {
      for (const { remember } of steps) remember()
    })
    for (const { told } of new Map(steps.map((step) => [step.uid, step])).values()) told()
  }

  /** What has to be done about an Event; undefined when there is nothing to do. */
  #step({ object, read }: IncomingEvent, told: ToldAhead): Step | undefined {
    const { spool, kind, observer } = this.#options
    const { seen } = spool.memory
    const { uid } = object.metadata
    const known = seen.count(uid)
    if ('problem' in read) {
      if (known !== undefined) return undefined
      const tellSkipped = () => observer.skipped(nameOf(object), read.problem)
      const rememberIt = () => seen.remember(uid, kind, 0)
      return { kind: 'pass', uid, remember: rememberIt, told: tellSkipped }
    }
    if (read.reporter === SELF) return undefined
    if (known !== undefined && known >= read.count) return undefined
    const remember = () => seen.remember(uid, read.event.involvedObject.kind, read.count)
    // Remembered, since what came before it decides, and that changes.
    if (isTraceAfter(read, told)) return { kind: 'pass', uid, remember, told: () => undefined }
    if (!this.#isOfBefore(read)) return this.#entry(object, read, told)
    const count = () => {
      this.#older += 1
    }
    return { kind: 'pass', uid, remember, told: count }
  }

  /** Whether it occurred before its kind was watched. Clocks matter only for this. */
  #isOfBefore({ at, event }: ReadEvent): boolean {
    if (!this.#isFirst) return false
    const { kind, spool } = this.#options
    const { watches } = spool.memory
    // When all kinds are watched for the first time, some of them may have been before.
    const watch = watches.read(event.involvedObject.kind) ?? watches.read(kind)
    return watch?.resourceVersion === null && at < watch.beganAt - ALLOWANCE_MS
  }

  #entry(object: ApiObject, read: ReadEvent, told: ToldAhead): Step {
    const { spool, clock, withLabels, statuses } = this.#options
    const { memory } = spool
    const { at, count, isForgetful } = read
    const { uid } = object.metadata
    const { kind } = read.event.involvedObject
    const now = clock.now()
    const known = isForgetful ? statuses?.metadataOf(read.event, at) : read.event.metadata
    const event = { ...read.event, metadata: known ?? unknownMetadata(read.event) }
    const occurrence = occurrenceOf(event)
    const state = stateOfEvent(event)
    if (state) told.note(state)
    let number: number | null = null
    const admit: SpooledItem['admit'] = (write): Novelty => {
      const before = memory.seen.count(uid) ?? 0
      if (before >= count) return 'known'
      memory.seen.remember(uid, kind, count)
      if (state && memory.occurrences.isStateSent(state)) return 'known'
      if (occurrence !== undefined) {
        const many = { ...occurrence, count: count - before }
        const admitted = memory.occurrences.admit('watch', many, now)
        if (!admitted.isNew) return 'known'
        number = admitted.number
      }
      tell(memory, write, state, now)
      noteFailure(memory.failing, event, now)
      return 'new'
    }
    const admitted = (sequence: number) => {
      const isUnsure = known === undefined && isFluxGroup(apiGroup(read.event.involvedObject))
      const hold = this.#holdOf(read, isUnsure, now)
      if (hold) memory.held.hold(sequence, { ...hold, occurrence: number }, now)
      // It does not stand for the post, which has what it lacks.
      else if (isUnsure && number !== null) memory.occurrences.forget(number)
    }
    const text = eventText(event, withLabels)
    if (text !== undefined) return { kind: 'keep', entry: { body: text, admit, admitted } }
    // All else that it has is bounded.
    const body = JSON.stringify({ ...event, metadata: {} })
    return { kind: 'keep', entry: { body, admit, admitted }, shortened: nameOf(object) }
  }

  /**
   * Why an Event has to wait: for the post, for the status of its object, or for an Event before
   * it.
   */
  #holdOf({ event, at, reporter }: ReadEvent, isUnsure: boolean, now: number) {
    const { spool, statuses } = this.#options
    const { held, posters } = spool.memory
    const object = objectOfEvent(event)
    if (object === undefined || !isFluxGroup(object.group)) return undefined
    const isForPost = posters.hasPosted(reporter, now)
    const isForStatus = isUnsure && statuses?.isFollowed(object.group, object.kind) === true
    const isBehind = held.ofObject(object.key).some(({ source }) => source === 'watch')
    if (!isForPost && !isForStatus && !isBehind) return undefined
    const hold: Omit<Hold, 'occurrence'> = {
      ...{ object: object.key, source: 'watch', at, isUnsure, isForPost },
      said: saidKey(event.reason, event.message),
      waitMs: isForPost ? HOLD_MS : isForStatus ? STATUS_WINDOW_MS : 0,
    }
    return hold
  }
}

function isTraceAfter({ event }: ReadEvent, told: ToldAhead): boolean {
  const state = stateOfEvent(event)
  const last = state && told.read(state.object)
  return isTrace(event, last && { isError: last.isError, isSame: last.state === state.state })
}

function nameOf({ metadata }: ApiObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}
