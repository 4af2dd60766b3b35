import type { JsonObject } from '../../../relay/model/json-value.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import { backoffMs } from '../../kit/backoff.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import type { ApiObject } from '../kubernetes/collection.ts'
import { type ApiResource, createKindFinder } from '../kubernetes/discovery.ts'
import type { FollowOptions, Update } from '../kubernetes/follow.ts'
import { followKind } from '../kubernetes/follow-kind.ts'
import { createMutex } from '../kubernetes/mutex.ts'
import type { Spool, SpooledItem } from '../spool/spool.ts'
import { ALL_KINDS } from '../spool/watches.ts'
import type { WithLabels } from './event-text.ts'
import { involvedObjectKey, objectOfEvent, saidKey } from './flux-object.ts'
import { type Ready, readStatus } from './ready-status.ts'
import { STATUS_WINDOW_MS } from './reports.ts'
import { STATUS_KINDS, type StatusKind, statusKindOf } from './status-kinds.ts'
import { type StatusOf, statusEntry } from './status-report.ts'

/** Is told about the objects whose status is read. */
export interface ObjectStatusesObserver {
  /** The status of this kind cannot be read, and its events are sent without it. Called once. */
  statusesUnavailable(kind: string, reason: string): void
  /** Reading the status failed. It is tried again in `retryInMs` milliseconds. */
  statusesFailed(kind: string, error: unknown, retryInMs: number): void
  /**
   * So many changes of status were not reported by an event. They are stored, and sent unless an
   * event still comes.
   */
  untold(changes: number): void
  /**
   * The spool is full, or could not be written. That is tried again in `retryInMs` milliseconds.
   */
  spoolFailed(error: unknown, retryInMs: number): void
}

export interface ObjectStatusesOptions extends Pick<FollowOptions, 'random' | 'wait'> {
  readonly client: KubernetesClient
  readonly spool: Spool
  /** The kinds whose Kubernetes Events are watched; `*` for all. */
  readonly kinds: readonly string[]
  readonly clock: Pick<Clock, 'now'>
  readonly observer: ObjectStatusesObserver
  readonly withLabels: WithLabels
}

/** The status of Flux's objects, which has what Kubernetes Events lose. */
export interface ObjectStatuses {
  /** Whether the objects of a kind were listed, and are watched. */
  isFollowed(group: string, kind: string): boolean
  /**
   * The metadata of an event that occurred at `at`, if the object's condition `Ready` has its
   * reason and message, and a time within five seconds of it; undefined when the status does not
   * tell them.
   */
  metadataOf(event: JsonObject, at: number): Readonly<Record<string, string>> | undefined
  start(): void
  /** Resolves once the spool is not used any more. */
  stop(): Promise<void>
}

/** What is remembered of one object. Of its message only a hash is. */
interface Known {
  readonly said?: string
  readonly ready?: Omit<Ready, 'message'>
  /** The revision that its controller is working on. */
  readonly attempt?: string
}

/** The objects in a page. Flux's objects are large: a Kustomization lists all that it applied. */
const PAGE_SIZE = 50

export function createObjectStatuses(options: ObjectStatusesOptions): ObjectStatuses {
  return new FollowedStatuses(options)
}

class FollowedStatuses implements ObjectStatuses {
  readonly #options: ObjectStatusesOptions
  readonly #stopping = new AbortController()
  readonly #followers: { stop(): void }[] = []
  readonly #known = new Map<string, Map<string, Known>>()
  readonly #listed = new Map<string, Set<string>>()
  /** The objects of each kind that had been told of when its list began. */
  readonly #toldBefore = new Map<string, readonly string[]>()
  readonly #followed = new Set<string>()
  readonly #unavailable = new Set<string>()
  #writing: Promise<void> = Promise.resolve()

  constructor(options: ObjectStatusesOptions) {
    this.#options = options
  }

  isFollowed(group: string, kind: string): boolean {
    return this.#followed.has(kind) && statusKindOf(group, kind) !== undefined
  }

  metadataOf(event: JsonObject, at: number): Readonly<Record<string, string>> | undefined {
    const object = objectOfEvent(event)
    if (object === undefined || !statusKindOf(object.group, object.kind)) return undefined
    const { said, ready } = this.#known.get(object.kind)?.get(object.key) ?? {}
    if (ready === undefined || said !== saidKey(event.reason, event.message)) return undefined
    return Math.abs(ready.at - at) <= STATUS_WINDOW_MS ? ready.metadata : undefined
  }

  start(): void {
    const { kinds, client, random, wait } = this.#options
    const isAll = kinds.includes(ALL_KINDS)
    const findKind = createKindFinder(client)
    const listTurns = createMutex()
    for (const [kind, status] of Object.entries(STATUS_KINDS)) {
      if (!isAll && !kinds.includes(kind)) continue
      const find = async () => (await findKind(kind)).filter(({ group }) => group === status.group)
      const listener = this.#listenerOf(kind, status)
      const limits = { content: 'whole', pageSize: PAGE_SIZE } as const
      this.#followers.push(
        followKind({ client, random, wait, listTurns, find, listener, ...limits }),
      )
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const follower of this.#followers) follower.stop()
    await this.#writing
  }

  #listenerOf(kind: string, status: StatusKind): Parameters<typeof followKind>[0]['listener'] {
    const { observer } = this.#options
    return {
      found: (resources) => {
        if (resources.length === 0) this.#followed.delete(kind)
      },
      updated: (resource, update) => {
        this.#updated({ kind, status, resource }, update)
        // The API keeps what comes while the spool is full; here it would fill the memory.
        return this.#writing
      },
      failed: (error, retryInMs) => observer.statusesFailed(kind, error, retryInMs),
      refused: (error) => {
        this.#followed.delete(kind)
        if (!this.#unavailable.has(kind)) observer.statusesUnavailable(kind, error.message)
        this.#unavailable.add(kind)
      },
      recovered: () => this.#unavailable.delete(kind),
    }
  }

  #updated(of: FollowedKind, update: Update): void {
    const { kind } = of
    const { memory } = this.#options.spool
    switch (update.kind) {
      case 'list-started':
        this.#listed.set(kind, new Set())
        this.#enqueue(async () => {
          this.#toldBefore.set(kind, memory.told.objectsOf(kind))
          return true
        })
        return
      case 'listed': {
        const changes = update.objects.flatMap((object) => this.#changed(of, object) ?? [])
        for (const object of update.objects) this.#listed.get(kind)?.add(keyOf(kind, object))
        this.#write(changes.map((change) => statusEntry(memory, { ...change, isListed: true })))
        return
      }
      case 'list-ended': {
        const listed = this.#listed.get(kind) ?? new Set()
        for (const key of this.#known.get(kind)?.keys() ?? []) {
          if (!listed.has(key)) this.#known.get(kind)?.delete(key)
        }
        this.#followed.add(kind)
        this.#forgetUnlisted(kind, listed)
        return
      }
      case 'watched':
        // A watch that goes on after it was refused begins with no list.
        this.#followed.add(kind)
        for (const { type, object } of update.changes) {
          if (type === 'DELETED') this.#deleted(kind, object)
          else this.#watched(of, object)
        }
    }
  }

  #watched(of: FollowedKind, object: ApiObject): void {
    const change = this.#changed(of, object)
    if (change === undefined) return
    this.#write([statusEntry(this.#options.spool.memory, { ...change, isListed: false })])
  }

  #deleted(kind: string, object: ApiObject): void {
    const key = keyOf(kind, object)
    this.#known.get(kind)?.delete(key)
    this.#enqueue(() => this.#forget([key]))
  }

  /** The entry for a changed condition; undefined when the condition is as before. */
  #changed({ kind, status, resource }: FollowedKind, object: ApiObject): Change | undefined {
    const objects = this.#known.get(kind) ?? new Map<string, Known>()
    this.#known.set(kind, objects)
    const key = keyOf(kind, object)
    const before = objects.get(key) ?? {}
    const read = readStatus(status, object, before.attempt)
    if (read.phase === 'none') return undefined
    if (read.phase === 'working') {
      objects.set(key, { ...before, ...read })
      return undefined
    }
    const { message, ...ready } = read.ready
    const said = saidKey(ready.reason, message)
    const isSame = before.ready?.at === ready.at && before.said === said
    // The first look at a condition knows most: later ones may see annotations that came after.
    if (isSame && before.attempt === undefined) return undefined
    objects.set(key, { said, ready })
    const { clock, withLabels } = this.#options
    return { key, kind, status, resource, object, said, ready: read.ready, clock, withLabels }
  }

  /**
   * Forgets what was told of objects that are gone. An object that was told of only since the list began may have
   * been made since, and is not in the list.
   */
  #forgetUnlisted(kind: string, listed: ReadonlySet<string>): void {
    this.#enqueue(() => {
      const before = this.#toldBefore.get(kind) ?? []
      return this.#forget(before.filter((key) => !listed.has(key)))
    })
  }

  async #forget(keys: readonly string[]): Promise<boolean> {
    const { tables, memory } = this.#options.spool
    await tables.write(() => memory.told.forget(keys))
    return true
  }

  #write(entries: readonly SpooledItem[]): void {
    if (entries.length === 0) return
    this.#enqueue(async () => {
      const kept = await this.#options.spool.addAll(entries)
      const untold = kept.filter((result) => result === 'spooled').length
      if (untold > 0) this.#options.observer.untold(untold)
      return kept.length === entries.length
    })
  }

  /** Runs operations one after the other, each until it is done. */
  #enqueue(operation: () => Promise<boolean>): void {
    const { random, wait, observer } = this.#options
    const { signal } = this.#stopping
    this.#writing = this.#writing.then(async () => {
      for (let failures = 1; !signal.aborted; failures += 1) {
        const retryInMs = backoffMs(failures, random())
        try {
          if (await operation()) return
          observer.spoolFailed(new Error('the spool is full'), retryInMs)
        } catch (error) {
          observer.spoolFailed(error, retryInMs)
        }
        await wait(retryInMs, signal)
      }
    })
  }
}

interface FollowedKind {
  readonly kind: string
  readonly status: StatusKind
  readonly resource: ApiResource
}

type Change = Omit<StatusOf, 'isListed'>

function keyOf(kind: string, { metadata }: ApiObject): string {
  return involvedObjectKey(kind, metadata.namespace ?? '', metadata.name)
}
