import { backoffMs } from '../../kit/backoff.ts'
import { ApiError } from './api-error.ts'
import type { KubernetesClient } from './client.ts'
import type { Collection } from './collection.ts'
import type { ApiResource } from './discovery.ts'
import { type FollowOptions, follow, type Update } from './follow.ts'

/** Is told what becomes of a kind. */
export interface KindListener {
  /** The resources that serve the kind from now on; empty when the cluster does not have it. */
  found(resources: readonly ApiResource[]): void
  /** The next update is read when this one is dealt with. Must not reject. */
  updated(resource: ApiResource, update: Update): void | Promise<void>
  /**
   * Something failed, and is tried again in `retryInMs` milliseconds. Without a resource it was the
   * look-up of the kind.
   */
  failed(error: unknown, retryInMs: number, resource?: ApiResource): void
  /** The same, when only a person can change it, such as a right that is missing. */
  refused(error: ApiError, retryInMs: number, resource?: ApiResource): void
  /** What failed works again. */
  recovered(): void
}

export interface FollowKindOptions extends Pick<FollowOptions, 'random' | 'wait' | 'listTurns'> {
  readonly client: KubernetesClient
  /** Looks up what serves the kind now. */
  readonly find: () => Promise<readonly ApiResource[]>
  /** How often a kind that exists is looked up; the default is ten minutes. */
  readonly lookAgainMs?: number
  readonly content?: Collection['content']
  readonly pageSize?: Collection['pageSize']
  readonly listener: KindListener
}

/** How often a missing kind is looked up: it may be installed at any time. */
const LOOK_FOR_ABSENT_MS = 60_000
/**
 * How often a kind is looked up that exists: another version may be preferred, or another group may
 * have it too.
 */
const LOOK_AGAIN_MS = 600_000

/**
 * After so many 403 in a row, about eight seconds, a right is missing. An API server that starts
 * answers what is allowed so too, until it has read the roles.
 */
const REFUSALS = 4

/**
 * Whether only a person can change the error: the request is not allowed, or the path cannot be
 * listed.
 */
export function isDefinite(error: unknown): error is ApiError {
  return error instanceof ApiError && [403, 404, 405].includes(error.status ?? 0)
}

/**
 * Follows the objects of a kind in all groups and versions in which the cluster serves it, now and
 * later: a kind may be installed, upgraded and removed while the shipper runs.
 */
export function followKind(options: FollowKindOptions): KindFollower {
  const loop = new KindLoop(options)
  void loop.run()
  return { lookAgain: () => loop.lookAgain(), stop: () => loop.stop() }
}

export interface KindFollower {
  /** Looks up at once what serves the kind, because something indicates that it has changed. */
  lookAgain(): void
  stop(): void
}

class KindLoop {
  readonly #options: FollowKindOptions
  /** The collections that are followed, by path. */
  readonly #follows = new Map<string, AbortController>()
  #isStopping = false
  #wake: () => void = () => undefined
  /** How many collections in a row turned out to be gone. */
  #losses = 0

  constructor(options: FollowKindOptions) {
    this.#options = options
  }

  stop(): void {
    this.#isStopping = true
    this.#wake()
    for (const follow of this.#follows.values()) follow.abort()
  }

  lookAgain(): void {
    this.#wake()
  }

  async run(): Promise<void> {
    const { lookAgainMs = LOOK_AGAIN_MS } = this.#options
    const failed = this.#judge()
    let failures = 0
    while (!this.#isStopping) {
      try {
        const resources = await this.#options.find()
        if (this.#isStopping) return
        if (failures > 0) this.#options.listener.recovered()
        failures = 0
        failed.recovered()
        if (resources.length === 0) this.#losses = 0
        this.#change(resources)
        await this.#pause(resources.length === 0 ? LOOK_FOR_ABSENT_MS : lookAgainMs)
      } catch (error) {
        if (this.#isStopping) return
        failures += 1
        const retryInMs = backoffMs(failures, this.#options.random())
        failed.tell(error, retryInMs)
        await this.#pause(retryInMs)
      }
    }
  }

  #change(resources: readonly ApiResource[]): void {
    const paths = new Set(resources.map(({ path }) => path))
    for (const [path, running] of this.#follows) {
      if (!paths.has(path)) running.abort()
      if (running.signal.aborted) this.#follows.delete(path)
    }
    this.#options.listener.found(resources)
    for (const resource of resources) {
      if (!this.#follows.has(resource.path)) void this.#follow(resource)
    }
  }

  async #follow(resource: ApiResource): Promise<void> {
    const running = new AbortController()
    const { signal } = running
    this.#follows.set(resource.path, running)
    const { client, random, wait, content, pageSize, listener, listTurns } = this.#options
    const failed = this.#judge(resource)
    const onFailure = (error: unknown, retryInMs: number) => {
      if (signal.aborted) return
      failed.tell(error, retryInMs)
      if (error instanceof ApiError && error.status === 404) this.#lost(running)
    }
    const { path } = resource
    const collection = { path, pageSize, ...(content !== undefined && { content }) }
    try {
      const onRecovered = () => listener.recovered()
      const calls = { onFailure, onRecovered }
      const updates = follow({ client, collection, signal, random, wait, listTurns, ...calls })
      for await (const update of updates) {
        if (signal.aborted) return
        if ('resourceVersion' in update) {
          this.#losses = 0
          failed.recovered()
        }
        await listener.updated(resource, update)
      }
    } catch (error) {
      // Not of the API, so a bug; the kind is followed anew all the same.
      onFailure(error, backoffMs(this.#losses + 1, random()))
      this.#lost(running)
    }
  }

  /** Tells the listener whether a failure of a collection, or of the look-up, is definite. */
  #judge(resource?: ApiResource) {
    const { listener } = this.#options
    let refusals = 0
    return {
      tell(error: unknown, retryInMs: number): void {
        if (error instanceof ApiError && error.status === 403) refusals += 1
        const mayBeOfStart = refusals > 0 && refusals < REFUSALS
        if (isDefinite(error) && !mayBeOfStart) listener.refused(error, retryInMs, resource)
        else listener.failed(error, retryInMs, resource)
      },
      recovered(): void {
        refusals = 0
      },
    }
  }

  /**
   * Looks the kind up again: its version is gone, for example after an upgrade, or the whole kind
   * is.
   */
  #lost(running: AbortController): void {
    running.abort()
    this.#losses += 1
    this.#wake()
  }

  async #pause(ms: number): Promise<void> {
    const pause = new AbortController()
    this.#wake = () => pause.abort()
    if (!this.#isStopping) await this.#options.wait(ms, pause.signal)
    if (this.#losses === 0 || this.#isStopping) return
    // A server that lists the kind and does not serve it is not asked in a loop.
    const rest = new AbortController()
    this.#wake = () => this.#isStopping && rest.abort()
    await this.#options.wait(backoffMs(this.#losses, this.#options.random()), rest.signal)
  }
}
