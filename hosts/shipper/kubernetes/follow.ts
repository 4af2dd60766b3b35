import { backoffMs } from '../../kit/backoff.ts'
import { ApiError } from './api-error.ts'
import type { KubernetesClient } from './client.ts'
import {
  type Collection,
  isBehind,
  type ListUpdate,
  list,
  type WatchUpdate,
  watch,
} from './collection.ts'
import type { Mutex } from './mutex.ts'

/** An update that `follow` yields. */
export type Update = ListUpdate | WatchUpdate

export interface FollowOptions {
  readonly client: KubernetesClient
  readonly collection: Collection
  /**
   * Shared by collections that must not be listed at the same time: a page of 500 objects can take
   * 20 MB. A turn lasts as long as the list, since a page stays in memory until the next one is
   * there.
   */
  readonly listTurns?: Mutex | undefined
  /** The resource version at which a watch is resumed: all later changes are yielded. */
  readonly from?: string | undefined
  readonly signal: AbortSignal
  /** A random number in [0, 1). */
  readonly random: () => number
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** Called for each failure. The request is tried again in `retryInMs` milliseconds. */
  readonly onFailure: (error: ApiError, retryInMs: number) => void
  /** Called when the API answers again after a failure. */
  readonly onRecovered?: () => void
}

/**
 * The shortest time of a watch. Each gets a random time, so that those of a fleet, and of one
 * process, do not all end at once.
 */
const LEAST_TIMEOUT_SECONDS = 240
const TIMEOUT_SPREAD_SECONDS = 60

/**
 * The shortest time of a watch without bookmarks. Each end of such a watch costs a list when it was
 * quiet, since its position is too old by then.
 */
const LEAST_UNMARKED_TIMEOUT_SECONDS = 600

/**
 * Lists a collection and then watches it, without end. It yields every change after the list, even
 * if connections break or the API server restarts. When the API no longer has the changes since the
 * last resource version (410), it lists the collection again. It reads the next update when the
 * caller has dealt with the last one. Ends when the signal is aborted, and never throws an
 * `ApiError`.
 */
export async function* follow(options: FollowOptions): AsyncGenerator<Update, void> {
  const { signal, wait, onFailure, random } = options
  let position = options.from
  /** Whether the API may have been restored from a backup since it returned the position. */
  let isDoubtful = true
  let failures = 0
  let isFailing = false
  while (!signal.aborted) {
    let isQuiet = true
    try {
      for await (const update of followOnce(options, position, isDoubtful)) {
        yield update
        if (!('resourceVersion' in update)) continue
        position = update.resourceVersion
        isQuiet = false
        if (isFailing) options.onRecovered?.()
        isFailing = false
        // Not after a list: the watch from there may fail each time.
        if (update.kind === 'watched') failures = 0
      }
      failures = 0
      // A watch from a position that the API does not have yet is silent.
      isDoubtful = isQuiet
      // A server that ends every watch at once, as one that shuts down may, is not asked in a loop.
      if (isQuiet) await wait(backoffMs(1, random()), signal)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (signal.aborted) return
      isDoubtful = true
      failures += 1
      const wasResumed = position !== undefined && isQuiet
      if (error.isExpired) position = undefined
      // The answer to that is a list, at once.
      if (error.isExpired && wasResumed) continue
      const retryInMs = Math.max(backoffMs(failures, random()), error.retryAfterMs ?? 0)
      onFailure(error, retryInMs)
      isFailing = true
      await wait(retryInMs, signal)
    }
  }
}

/** Watches once, after a list if there is no position to start from. */
async function* followOnce(
  { client, collection, signal, random, listTurns }: FollowOptions,
  from: string | undefined,
  isDoubtful: boolean,
): AsyncGenerator<Update, void> {
  let position = from
  if (position !== undefined && isDoubtful && (await isBehind(client, collection, position))) {
    position = undefined
  }
  if (position === undefined) {
    const endTurn = await listTurns?.take()
    try {
      for await (const update of list(client, collection)) {
        yield update
        if (signal.aborted) return
        if (update.kind === 'list-ended') position = update.resourceVersion
      }
    } finally {
      endTurn?.()
    }
  }
  if (position === undefined) return
  const leastSeconds =
    collection.hasBookmarks === false ? LEAST_UNMARKED_TIMEOUT_SECONDS : LEAST_TIMEOUT_SECONDS
  const timeoutSeconds = leastSeconds + Math.floor(random() * TIMEOUT_SPREAD_SECONDS)
  yield* watch(client, collection, position, timeoutSeconds, signal)
}
