import type { Clock } from '../../../relay/ports/clock.ts'
import { backoffMs } from '../../kit/backoff.ts'
import type { Loop, StartableLoop } from '../loop.ts'
import { startable } from '../loop.ts'
import type { Spool } from '../spool/spool.ts'
import { release } from './reports.ts'

/** How often to look for events that were held long enough. */
const CHECK_MS = 500

export interface HeldReleaseOptions {
  readonly spool: Spool
  readonly clock: Pick<Clock, 'now' | 'random'>
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  /**
   * Called when the spool could not be read or written. That is tried again in `retryInMs`
   * milliseconds.
   */
  readonly onFailed: (error: unknown, retryInMs: number) => void
}

/** Releases held events when their time is over, those of an earlier run included. */
export function createHeldRelease(options: HeldReleaseOptions): StartableLoop {
  return startable(new HeldReleaseLoop(options))
}

class HeldReleaseLoop implements Loop {
  readonly #options: HeldReleaseOptions
  readonly #stopping = new AbortController()

  constructor(options: HeldReleaseOptions) {
    this.#options = options
  }

  stop(): void {
    this.#stopping.abort()
  }

  async run(): Promise<void> {
    const { clock, wait, onFailed } = this.#options
    const { signal } = this.#stopping
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#release()
        failures = 0
        await wait(CHECK_MS, signal)
      } catch (error) {
        failures += 1
        const retryInMs = backoffMs(failures, clock.random())
        onFailed(error, retryInMs)
        await wait(retryInMs, signal)
      }
    }
  }

  async #release(): Promise<void> {
    const { spool, clock } = this.#options
    const { memory } = spool
    while (memory.held.isAnyDue(clock.now())) {
      const now = clock.now()
      await spool.change((write) => release(memory, write, memory.held.due(now), now))
    }
  }
}
