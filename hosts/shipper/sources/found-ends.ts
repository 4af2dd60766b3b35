import { MAX_MESSAGE_LENGTH } from '../../../relay/model/event.ts'
import { OBJECT_DELETED, SHIPPER_REPORTER } from '../../../relay/model/good-ends.ts'
import type { JsonObject } from '../../../relay/model/json-value.ts'
import { cutText } from '../../../relay/model/text.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import { ApiError } from '../kubernetes/api-error.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import { type ApiObject, list } from '../kubernetes/collection.ts'
import { type ApiResource, findResource } from '../kubernetes/discovery.ts'
import { isDefinite } from '../kubernetes/follow-kind.ts'
import type { Loop } from '../loop.ts'
import type { FailingObject } from '../spool/failing-objects.ts'
import type { Spool } from '../spool/spool.ts'
import { eventText, type WithLabels } from './event-text.ts'
import { involvedObjectKey } from './flux-object.ts'
import { isCurrent, readStatus } from './ready-status.ts'
import { type StatusKind, statusKindOf } from './status-kinds.ts'

/** Is told about the look at objects that failed. */
export interface FoundEndsObserver {
  /** A failure has ended that no event ended. The event that says so is stored. */
  found(object: FailingObject, reason: string): void
  /** Objects of this kind cannot be read, and their failures end by events only. Called once for each kind. */
  unreadable(kind: string, reason: string): void
  /** A look failed, and the next one is in `retryInMs` milliseconds. */
  failed(error: unknown, retryInMs: number): void
}

export interface FoundEndsOptions {
  readonly client: KubernetesClient
  readonly spool: Spool
  readonly clock: Pick<Clock, 'now'>
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly withLabels: WithLabels
  readonly observer: FoundEndsObserver
}

const LOOK_EVERY_MS = 60_000

/** By how much the time between looks that fail grows at the most. */
const MAX_SLOWER = 8

/** The most objects of one look, each of which is one request. */
const MAX_AT_ONCE = 100

/**
 * How long an object is ready before that counts. Meanwhile its controller may report it: a post is tried for 15 s,
 * and an Event is held for 20 s.
 */
const SETTLED_MS = 30_000

/** How long a failure is remembered: the relay reminds of it for as long. */
const REMEMBER_MS = 7 * 24 * 3_600_000

/** A kind whose objects cannot be read. */
interface Unreadable {
  /** Where they were refused first. What may be read elsewhere tells nothing of it. */
  readonly namespace: string
  /** The look at which that began, by its number. */
  readonly since: number
  readonly isTold: boolean
}

/**
 * Looks every minute whether objects that failed are ready again, or gone, and stores an event that says so. Flux
 * reports none for some failures: https://github.com/fluxcd/flux2/issues/5738
 */
export class FoundEnds implements Loop {
  readonly #options: FoundEndsOptions
  readonly #stopping = new AbortController()
  readonly #resources = new Map<string, ApiResource>()
  readonly #unreadable = new Map<string, Unreadable>()
  /** How many looks began. */
  #looks = 0
  /** The object that was looked at last; undefined when the next look begins with the first one. */
  #last: FailingObject | undefined

  constructor(options: FoundEndsOptions) {
    this.#options = options
  }

  stop(): void {
    this.#stopping.abort()
  }

  async run(): Promise<void> {
    const { wait, observer } = this.#options
    const { signal } = this.#stopping
    let waitMs = LOOK_EVERY_MS
    for (;;) {
      await wait(waitMs, signal)
      if (signal.aborted) return
      try {
        await this.look()
        waitMs = LOOK_EVERY_MS
      } catch (error) {
        waitMs = Math.min(2 * waitMs, MAX_SLOWER * LOOK_EVERY_MS)
        if (!signal.aborted) observer.failed(error, waitMs)
      }
    }
  }

  /** Looks at some objects that failed. Rejects with `ApiError` and `DatabaseError`. */
  async look(): Promise<void> {
    const { spool, clock } = this.#options
    this.#looks += 1
    const { failing } = spool.memory
    const next = failing.readAfter(this.#last, MAX_AT_ONCE)
    const isAtEnd = this.#last !== undefined && next.length === 0
    const objects = isAtEnd ? failing.readAfter(undefined, MAX_AT_ONCE) : next
    const [failure] = (await this.#lookAtEach(objects)).values()
    if (this.#stopping.signal.aborted) return
    if (objects.length < MAX_AT_ONCE) {
      this.#last = undefined
      const before = clock.now() - REMEMBER_MS
      if (objects.length > 0) await spool.tables.write(() => failing.forgetBefore(before))
    }
    if (failure) throw failure
  }

  /**
   * Looks at these objects, and resolves with the errors by kind. After an error the other objects of that kind have
   * to wait for the next look, and those of other kinds do not. The same holds for a kind that there is not, and in one
   * namespace for a kind that may not be read there. Rejects when the API does not answer at all.
   */
  async #lookAtEach(objects: readonly FailingObject[]): Promise<ReadonlyMap<string, ApiError>> {
    const failures = new Map<string, ApiError>()
    const passed = new Set<string>()
    for (const object of objects) {
      if (this.#stopping.signal.aborted) break
      // Before it is looked at: one that cannot be read holds up no other.
      this.#last = object
      const key = resourceKey(object)
      const place = `${key}/${object.namespace}`
      if (failures.has(key) || passed.has(key) || passed.has(place)) continue
      try {
        const seen = await this.#lookAt(object)
        if (seen !== 'looked-at') passed.add(seen === 'no-kind' ? key : place)
      } catch (error) {
        if (!(error instanceof ApiError) || error.status === undefined) throw error
        failures.set(key, error)
      }
    }
    return failures
  }

  async #lookAt(failing: FailingObject): Promise<'looked-at' | Unread> {
    const { spool, clock, observer, withLabels } = this.#options
    const { memory } = spool
    const { kind, namespace, name, failedAt } = failing
    // What waits to be sent may be the end.
    const isHeld = memory.held.ofObject(involvedObjectKey(kind, namespace, name)).length > 0
    if (isHeld) return 'looked-at'
    const read = await this.#read(failing)
    if (typeof read === 'string') return read
    const event = endOf(failing, read, clock.now())
    if (event === undefined) return 'looked-at'
    const body = eventText(event, withLabels) ?? JSON.stringify(event)
    const admit = () => (memory.failing.end(failing, failedAt) ? 'new' : 'known')
    const [kept] = await spool.addAll([{ body, admit }])
    if (kept === 'spooled') observer.found(failing, String(event.reason))
    return 'looked-at'
  }

  /** The object as it is now, if it is there. */
  async #read(failing: FailingObject): Promise<ReadObject | Unread> {
    const { observer, client } = this.#options
    const { kind, namespace } = failing
    try {
      const resource = await this.#resourceOf(failing)
      if (resource === undefined) return 'no-kind'
      const object = await readObject(client, resource, failing)
      if (this.#unreadable.get(kind)?.namespace === namespace) this.#unreadable.delete(kind)
      return { resource, object }
    } catch (error) {
      const isOfKind = isDefinite(error) || (error instanceof ApiError && error.isTruncated)
      if (!isOfKind) throw error
      this.#resources.delete(resourceKey(failing))
      const first = { namespace, since: this.#looks, isTold: false }
      const { since, isTold, ...place } = this.#unreadable.get(kind) ?? first
      // An API server that starts refuses what is allowed too, until it has read the roles.
      const isCertain = error.status !== 403 || since < this.#looks
      if (isCertain && !isTold) observer.unreadable(kind, error.message)
      this.#unreadable.set(kind, { ...place, since, isTold: isTold || isCertain })
      return 'refused'
    }
  }

  async #resourceOf(failing: FailingObject): Promise<ApiResource | undefined> {
    const key = resourceKey(failing)
    const known = this.#resources.get(key)
    if (known) return known
    const found = await findResource(this.#options.client, failing.group, failing.kind)
    if (found) this.#resources.set(key, found)
    return found
  }
}

/** Why it cannot be known how an object is: the cluster has no such kind, or it may not be read. */
type Unread = 'no-kind' | 'refused'

interface ReadObject {
  readonly resource: ApiResource
  /** Undefined when there is none of this name. */
  readonly object: ApiObject | undefined
}

function resourceKey({ group, kind }: FailingObject): string {
  return `${group}/${kind}`
}

/** Reads one object by a list, as the shipper may list these kinds and has no right to get them. */
async function readObject(
  client: KubernetesClient,
  { group, version, plural, path, isNamespaced }: ApiResource,
  { namespace, name }: FailingObject,
): Promise<ApiObject | undefined> {
  const collection = {
    path: isNamespaced ? `/apis/${group}/${version}/namespaces/${namespace}/${plural}` : path,
    fieldSelector: `metadata.name=${name}`,
    pageSize: 1,
  }
  let found: ApiObject | undefined
  for await (const update of list(client, collection)) {
    if (update.kind === 'listed') found ??= update.objects[0]
  }
  return found
}

/** The event that says that a failure has ended; undefined while it lasts. */
function endOf(
  failing: FailingObject,
  { resource, object }: ReadObject,
  now: number,
): JsonObject | undefined {
  const { group, kind, namespace, name, uid, failedAt } = failing
  const end = {
    severity: 'info',
    reportingController: SHIPPER_REPORTER,
    reportingInstance: '',
  }
  const involvedObject = { kind, namespace, name, apiVersion: `${group}/${resource.version}` }
  if (object === undefined || (uid !== '' && object.metadata.uid !== uid)) {
    return {
      ...end,
      involvedObject: { ...involvedObject, uid },
      timestamp: new Date(Math.max(now, failedAt)).toISOString(),
      reason: OBJECT_DELETED,
      message: 'The object was deleted while it failed.',
      metadata: {},
    }
  }
  const status = readStatus(statusKindOf(group, kind) ?? plainKind(group), object, undefined)
  if (status.phase !== 'ready' || !isCurrent(object)) return undefined
  const { isTrue, at, reason, message, metadata = {} } = status.ready
  if (!isTrue || at <= failedAt || now - at < SETTLED_MS) return undefined
  // That mark would keep the event from all but commit statuses.
  const { [`${group}/commit_status`]: _, ...told } = metadata
  const { resourceVersion } = object.metadata
  return {
    ...end,
    involvedObject: { ...involvedObject, uid: object.metadata.uid, resourceVersion },
    timestamp: new Date(at).toISOString(),
    reason,
    message: cutText(message, MAX_MESSAGE_LENGTH),
    metadata: told,
  }
}

/** A kind whose status tells no revision. */
function plainKind(group: string): StatusKind {
  return { group, controller: '', told: {}, namesRevision: () => false, metadata: () => ({}) }
}
