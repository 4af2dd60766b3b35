import type { KubernetesObject } from '../../../relay/model/kubernetes.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import { backoffMs } from '../../kit/backoff.ts'
import { type Loop, type StartableLoop, startable } from '../loop.ts'
import type { SecretName } from '../spool/sync-memory.ts'
import { keyOf, secretsNamedBy } from './references.ts'
import { SyncPass, type SyncPassObserver, type SyncPassOptions } from './sync-pass.ts'

export interface SecretSyncObserver extends SyncPassObserver {
  /**
   * A pass failed for this Secret; without one the memory of the copies failed. All is tried again
   * in `retryInMs` milliseconds.
   */
  failed(secret: SecretName | undefined, reason: string, retryInMs: number): void
}

export interface SecretSyncOptions extends SyncPassOptions {
  /** All Providers of the cluster; undefined while they are not known, and nothing is done then. */
  readonly providers: () => readonly KubernetesObject[] | undefined
  /** Calls the listener after what `providers` returns has changed. */
  readonly onProvidersChanged: (listener: () => void) => void
  readonly random: Clock['random']
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly observer: SecretSyncObserver
  /**
   * Called after copies were written or deleted, so that the readiness of objects is judged again.
   */
  readonly onWritten: () => void
}

export type SecretSync = StartableLoop

/**
 * The longest time between two passes. It is random from half of this on, so that the shippers of a
 * fleet do not ask at once.
 */
const LONGEST_INTERVAL_MS = 60_000

/** How long to wait after a change of Providers, since changes come in groups. */
const SETTLE_MS = 1_000

/**
 * Keeps copies of exactly the Secrets that Providers name. It reads each by its name: when
 * Providers start or stop naming one, and at least every minute.
 */
export function createSecretSync(options: SecretSyncOptions): SecretSync {
  return startable(new SecretSyncLoop(options))
}

class SecretSyncLoop implements Loop {
  readonly #options: SecretSyncOptions
  readonly #pass: SyncPass
  readonly #stopping = new AbortController()
  /** Aborted when the next pass must not wait for its time. */
  #pause = new AbortController()
  /** The Secrets of the last pass, as one text. */
  #named: string | undefined
  /** How many passes in a row had a failure. */
  #failures = 0

  constructor(options: SecretSyncOptions) {
    this.#options = options
    this.#pass = new SyncPass(options)
    // Providers also change when somebody writes their status, which is of no interest.
    options.onProvidersChanged(() => {
      const secrets = this.#secrets()
      if (secrets && textOf(secrets) !== this.#named) this.#pause.abort()
    })
  }

  stop(): void {
    this.#stopping.abort()
    this.#pause.abort()
  }

  async run(): Promise<void> {
    while (!this.#isStopping) {
      const pause = new AbortController()
      this.#pause = pause
      const waitMs = await this.#runPass()
      if (this.#isStopping) return
      await this.#options.wait(waitMs, pause.signal)
      if (pause.signal.aborted) await this.#options.wait(SETTLE_MS, this.#stopping.signal)
    }
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  #secrets(): readonly SecretName[] | undefined {
    const providers = this.#options.providers()
    return providers && secretsNamedBy(providers)
  }

  /** Runs a pass. Resolves with the time to wait for the next one, in milliseconds. */
  async #runPass(): Promise<number> {
    const { random, observer, onWritten } = this.#options
    const secrets = this.#secrets()
    this.#named = secrets && textOf(secrets)
    const { changes, failures } = await this.#passOver(secrets)
    if (this.#isStopping) return 0
    if (changes > 0) onWritten()
    this.#failures = failures.length > 0 ? this.#failures + 1 : 0
    if (this.#failures === 0) return Math.round((LONGEST_INTERVAL_MS / 2) * (1 + random()))
    const retryInMs = backoffMs(this.#failures, random())
    for (const { secret, reason } of failures) observer.failed(secret, reason, retryInMs)
    return retryInMs
  }

  async #passOver(secrets: readonly SecretName[] | undefined) {
    if (!secrets) return { changes: 0, failures: [] }
    try {
      return await this.#pass.run(secrets, this.#stopping.signal)
    } catch (error) {
      return { changes: 0, failures: [{ secret: undefined, reason: (error as Error).message }] }
    }
  }
}

function textOf(secrets: readonly SecretName[]): string {
  return secrets.map(keyOf).sort().join('\n')
}
