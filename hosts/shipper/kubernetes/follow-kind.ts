import { backoffMs } from '../../kit/backoff.ts'
import { ApiError } from './api-error.ts'
import type { KubernetesClient } from './client.ts'
import type { Collection } from './collection.ts'
import type { ApiResource } from './discovery.ts'
import { type FollowOptions, follow, type Update } from './follow.ts'

/** Told what becomes of a kind. */
export interface KindListener {
  /** What serves the kind from now on; empty when the cluster does not have it. */
  found(resources: readonly ApiResource[]): void
  updated(resource: ApiResource, update: Update): void
  /** It is tried again in so many milliseconds. Without a resource the look-up of the kind failed. */
  failed(error: unknown, retryInMs: number, resource?: ApiResource): void
  /** What failed works again. */
  recovered(): void
}

export interface FollowKindOptions extends Pick<FollowOptions, 'random' | 'wait' | 'listTurns'> {
  readonly client: KubernetesClient
  /** Looks up what serves the kind now. */
  readonly find: () => Promise<readonly ApiResource[]>
  /** How long after one look-up of a kind that is there the next follows; ten minutes without it. */
  readonly lookAgainMs?: number
  readonly content?: Collection['content']
  readonly pageSize?: Collection['pageSize']
  readonly listener: KindListener
}

/** A kind that the cluster does not have may be installed at any time. */
const LOOK_FOR_ABSENT_MS = 60_000
/** For a version that is preferred now, and for the kind in another group. */
const LOOK_AGAIN_MS = 600_000

/** What only a person changes: not allowed, not there, or not to be listed. */
export function isDefinite(error: unknown): error is ApiError {
  return error instanceof ApiError && [403, 404, 405].includes(error.status ?? 0)
}

/**
 * Follows the objects of a kind in whatever group and version the cluster serves it, now and later: a
 * kind is installed, upgraded and removed while the shipper runs.
 */
export function followKind(options: FollowKindOptions): KindFollower {
  const loop = new KindLoop(options)
  void loop.run()
  return { lookAgain: () => loop.lookAgain(), stop: () => loop.stop() }
}

export interface KindFollower {
  /** Looks up now what serves the kind: something tells that it has changed. */
  lookAgain(): void
  stop(): void
}

class KindLoop {
  readonly #options: FollowKindOptions
  /** By path. */
  readonly #follows = new Map<string, AbortController>()
  #isStopping = false
  #wake: () => void = () => undefined
  /** Collections that turned out to be gone, in a row. */
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
    let failures = 0
    while (!this.#isStopping) {
      try {
        const resources = await this.#options.find()
        if (this.#isStopping) return
        if (failures > 0) this.#options.listener.recovered()
        failures = 0
        if (resources.length === 0) this.#losses = 0
        this.#change(resources)
        await this.#pause(resources.length === 0 ? LOOK_FOR_ABSENT_MS : lookAgainMs)
      } catch (error) {
        if (this.#isStopping) return
        failures += 1
        const retryInMs = backoffMs(failures, this.#options.random())
        this.#options.listener.failed(error, retryInMs)
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
    const onFailure = (error: unknown, retryInMs: number) => {
      if (signal.aborted) return
      listener.failed(error, retryInMs, resource)
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
        if ('resourceVersion' in update) this.#losses = 0
        listener.updated(resource, update)
      }
    } catch (error) {
      // Not of the API, so a bug; the kind is followed anew all the same.
      onFailure(error, backoffMs(this.#losses + 1, random()))
      this.#lost(running)
    }
  }

  /** The version is gone, as by an upgrade, or all of the kind: it is looked up again. */
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
