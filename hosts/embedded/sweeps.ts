import type { Clock } from '../../relay/ports/clock.ts'

/** A store in which things expire. */
export interface Swept {
  /** Deletes what has expired at `now`, in milliseconds since the epoch; resolves with the number of it. */
  sweep(now: number): Promise<number>
}

export interface SweepOptions {
  readonly clock: Pick<Clock, 'now'>
  readonly onFailure: (error: unknown) => void
}

const INTERVAL_MS = 10 * 60_000

/**
 * Sweeps the stores every ten minutes, one after the other. While a sweep takes longer than that, no other begins.
 * Gives a function that ends it.
 */
export function startSweeps(
  stores: readonly Swept[],
  { clock, onFailure }: SweepOptions,
): () => void {
  let isSweeping = false
  let isOver = false
  const sweep = async () => {
    if (isSweeping) return
    isSweeping = true
    for (const store of stores) {
      if (isOver) break
      // The next one may have something to do all the same.
      await store.sweep(clock.now()).catch(onFailure)
    }
    isSweeping = false
  }
  const timer = setInterval(() => void sweep(), INTERVAL_MS)
  return () => {
    isOver = true
    clearInterval(timer)
  }
}
