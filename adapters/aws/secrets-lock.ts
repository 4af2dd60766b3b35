import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../relay/ports/clock.ts'
import type { StateStore } from '../../relay/ports/state-store.ts'

export interface SecretsLockOptions {
  readonly state: Pick<StateStore, 'write'>
  readonly clock: Clock
  /** Resolves after `ms` milliseconds. */
  readonly wait?: (ms: number) => Promise<unknown>
}

/** The error when another writer has had the lock for too long. */
export class SecretsLocked extends Error {
  override readonly name = 'SecretsLocked'

  constructor(cluster: string) {
    super(`others are writing the Secrets of ${cluster}: try again in a minute`)
  }
}

/**
 * How long a lock that was not released is valid, in milliseconds. A request that began within
 * `BEGIN_WITHIN_MS` has ended by then, with all its tries, even if clocks differ by half a minute.
 */
export const LOCK_MS = 90_000

/** How long after getting the lock a write may begin, in milliseconds. */
export const BEGIN_WITHIN_MS = 30_000

const WAIT_MS = 500

/**
 * Lets one writer at a time change the Secrets of a cluster, with an item of the state table. A
 * writer that was killed blocks the others until the item expires.
 */
export class SecretsLock {
  readonly #options: SecretsLockOptions

  constructor(options: SecretsLockOptions) {
    this.#options = options
  }

  /**
   * Calls `work` with the lock. `assertHeld` throws when it is too late to begin another write.
   * Rejects with `SecretsLocked`, with what `work` rejects with, and when the store fails.
   */
  async hold<T>(cluster: string, work: (assertHeld: () => void) => Promise<T>): Promise<T> {
    const { state, clock } = this.#options
    const key = lockKey(cluster)
    const since = await this.#acquire(cluster, key)
    const heldMs = () => clock.elapsed() - since
    try {
      return await work(() => {
        if (heldMs() >= BEGIN_WITHIN_MS) throw new SecretsLocked(cluster)
      })
    } finally {
      // Later it may be another writer's. What cannot be given back expires.
      if (heldMs() < LOCK_MS) {
        await Promise.resolve(state.write(key, {}, 1, clock.now())).catch(() => false)
      }
    }
  }

  /** Gets the lock. Resolves with the time at which it was asked for, by `Clock.elapsed`. */
  async #acquire(cluster: string, key: string): Promise<number> {
    const { state, clock, wait = sleep } = this.#options
    const first = clock.elapsed()
    for (;;) {
      const since = clock.elapsed()
      if (await state.write(key, {}, 'absent', clock.now() + LOCK_MS)) return since
      if (since - first > LOCK_MS + BEGIN_WITHIN_MS) throw new SecretsLocked(cluster)
      await wait(WAIT_MS * (1 + clock.random()))
    }
  }
}

/** The one key of the state table that a writer of a cluster's Secrets needs rights to. */
export function lockKey(cluster: string): string {
  return `${cluster}#secrets-lock`
}
