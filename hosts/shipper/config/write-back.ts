import type { Clock } from '../../../relay/ports/clock.ts'
import { backoffMs } from '../../kit/backoff.ts'
import { ApiError } from '../kubernetes/api-error.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import type { ConfigWatch } from './config-watch.ts'
import type { PutResult } from './put-results.ts'
import { readinessEvent } from './readiness-event.ts'
import { readyPatch } from './ready-condition.ts'

/** Is told which readiness could not be shown in the cluster. */
export interface WriteBackObserver {
  /**
   * The readiness of an object such as `Alert/flux-system/podinfo` could not be written. The next
   * put brings it again.
   */
  writeBackFailed(object: string, error: unknown): void
}

export interface WriteBackOptions {
  readonly client: Pick<KubernetesClient, 'request'>
  readonly watch: Pick<ConfigWatch, 'find' | 'resource' | 'lookAgain'>
  readonly clock: Clock
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly observer: WriteBackObserver
}

export interface WriteBack {
  /**
   * Shows what the relay made of the whole set. Results of an earlier set that are not written yet
   * are dropped.
   */
  show(results: readonly PutResult[]): void
  stop(): void
}

/** How often one write is tried, while another process writes the same object or the API fails. */
const MAX_ATTEMPTS = 5

/**
 * After so many refusals a right is missing. An API server that starts refuses what is allowed too, until it has read the
 * roles.
 */
const REFUSALS = 4

/**
 * Shows readiness where people look for it: in the object's status, or in an Event on it if its
 * kind has no status.
 */
export function createWriteBack(options: WriteBackOptions): WriteBack {
  const told: Told = new Map()
  let current = new AbortController()
  return {
    show(results) {
      current.abort()
      current = new AbortController()
      const uids = new Set(results.map(({ object }) => object.metadata.uid))
      for (const uid of told.keys()) if (!uids.has(uid)) told.delete(uid)
      void new Run(options, told, current.signal).write(results)
    },
    stop: () => current.abort(),
  }
}

/** What the last Event on an object said, by the object's UID. */
type Told = Map<string, string>

type Attempt = 'done' | { readonly error: unknown; readonly next: 'retry' | 'refused' | 'end' }

class Run {
  readonly #options: WriteBackOptions
  readonly #told: Told
  readonly #signal: AbortSignal
  /** What was refused, by the place where this process may not write a kind: `Alert/flux-system`. */
  readonly #refused = new Map<string, () => void>()

  constructor(options: WriteBackOptions, told: Told, signal: AbortSignal) {
    this.#options = options
    this.#told = told
    this.#signal = signal
  }

  /** What is refused is written again when all the others are, since a refusal may pass, and then it is told. */
  async write(results: readonly PutResult[]): Promise<void> {
    const { wait, clock } = this.#options
    let left = results
    for (let refusals = 1; ; refusals += 1) {
      this.#refused.clear()
      for (const result of left) {
        if (this.#signal.aborted) return
        if (!this.#refused.has(placeOf(result))) await this.#persist(result)
      }
      if (this.#refused.size === 0 || this.#signal.aborted) return
      if (refusals === REFUSALS) break
      left = left.filter((result) => this.#refused.has(placeOf(result)))
      await wait(backoffMs(refusals, clock.random()), this.#signal)
    }
    for (const tell of this.#refused.values()) tell()
  }

  async #persist(result: PutResult): Promise<void> {
    const { observer, wait, clock } = this.#options
    for (let attempt = 1; !this.#signal.aborted; attempt += 1) {
      const outcome = await this.#attempt(result)
      if (outcome === 'done' || this.#signal.aborted) return
      const { error, next } = outcome
      const { namespace, name } = result.readiness
      const tell = () => observer.writeBackFailed(`${result.kind}/${namespace}/${name}`, error)
      if (next === 'refused') {
        this.#refused.set(placeOf(result), tell)
        return
      }
      if (next === 'end' || attempt === MAX_ATTEMPTS) return tell()
      // The watch brings the object as somebody else wrote it.
      await wait(backoffMs(attempt, clock.random()), this.#signal)
    }
  }

  async #attempt(result: PutResult): Promise<Attempt> {
    try {
      await this.#writeOnce(result)
      return 'done'
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 400
      if (status === 404) return this.#notThere(result, error)
      if (status === 401 || status === 403) return { error, next: 'refused' }
      const isFinal = status !== undefined && status < 500 && status !== 409 && status !== 429
      return { error, next: isFinal ? 'end' : 'retry' }
    }
  }

  /** The object is gone, or its kind has no status any more. The watch tells which. */
  #notThere({ kind }: PutResult, error: unknown): Attempt {
    const { watch } = this.#options
    if (!watch.resource(kind)?.hasStatus) return 'done'
    watch.lookAgain(kind)
    return { error, next: 'retry' }
  }

  /**
   * Writes one result. Nothing is written for an object that is gone or was replaced: its own put
   * brings its own result.
   */
  async #writeOnce({ kind, object, readiness }: PutResult): Promise<void> {
    const { watch, client, clock } = this.#options
    const { namespace = '', name, uid, generation } = object.metadata
    const now = watch.find(kind, namespace, name)?.object
    const resource = watch.resource(kind)
    if (resource === undefined || now?.metadata.uid !== uid) return
    if (now.metadata.generation !== generation) return
    if (resource.hasStatus) {
      const body = readyPatch(now, readiness, clock.now())
      if (body === undefined) return
      const base = resource.path.slice(0, -resource.plural.length)
      const path = `${base}namespaces/${namespace}/${resource.plural}/${name}/status`
      await client.request({ method: 'PATCH', path, body })
      return
    }
    const text = JSON.stringify([readiness.ready, readiness.reason, readiness.message])
    if (this.#told.get(uid) === text) return
    const body = readinessEvent(resource, now, readiness, clock.now())
    // Before it is told: the next put may come meanwhile, and says the same.
    this.#told.set(uid, text)
    try {
      await client.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/events`, body })
    } catch (error) {
      if (this.#told.get(uid) === text) this.#told.delete(uid)
      throw error
    }
  }
}

/**
 * The place of a refusal. A namespace that is being deleted refuses writes, which says nothing
 * about others.
 */
function placeOf({ kind, readiness }: PutResult): string {
  return `${kind}/${readiness.namespace}`
}
