import type { KubernetesObject } from '../../../relay/model/kubernetes.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import { backoffMs } from '../../kit/backoff.ts'
import { type Loop, type StartableLoop, startable } from '../loop.ts'
import type { SecretName } from '../spool/sync-memory.ts'
import { keyOf, secretsNamedBy } from './references.ts'
import { SyncPass, type SyncPassObserver, type SyncPassOptions } from './sync-pass.ts'

export interface SecretSyncObserver extends SyncPassObserver {
  /** Without a Secret: the memory of copies fails. All is tried again in so many milliseconds. */
  failed(secret: SecretName | undefined, reason: string, retryInMs: number): void
}

export interface SecretSyncOptions extends SyncPassOptions {
  /** All Providers of the cluster; undefined as long as they are not known, when nothing is done. */
  readonly providers: () => readonly KubernetesObject[] | undefined
  /** Calls the listener after what `providers` returns has changed. */
  readonly onProvidersChanged: (listener: () => void) => void
  readonly random: Clock['random']
  /** Resolves after so many milliseconds, or as soon as the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly observer: SecretSyncObserver
  /** Copies were written or deleted: which objects are ready has to be worked out anew. */
  readonly onWritten: () => void
}

export type SecretSync = StartableLoop

/** Between two passes: a random time from half of this on, so that a fleet does not ask at once. */
const LONGEST_INTERVAL_MS = 60_000

/** Changes of Providers come in groups. */
const SETTLE_MS = 1_000

/**
 * Keeps copies of exactly the Secrets that Providers name, each read by its name: when Providers
 * begin or cease to name one, and within every minute.
 */
export function createSecretSync(options: SecretSyncOptions): SecretSync {
  return startable(new SecretSyncLoop(options))
}

class SecretSyncLoop implements Loop {
  readonly #options: SecretSyncOptions
  readonly #pass: SyncPass
  readonly #stopping = new AbortController()
  /** Aborted when the next pass shall not wait for its time. */
  #pause = new AbortController()
  /** The Secrets of the last pass, as one text. */
  #named: string | undefined
  /** Passes in a row in which something failed. */
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

  /** How long to wait for the next, in milliseconds. */
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
