import type { RelayAddress } from '../../../client/cluster/authorised.ts'
import type { Retry } from '../../../client/cluster/batch-result.ts'
import { type PutSetResult, putSet } from '../../../client/cluster/put-set.ts'
import type { ObjectReadiness } from '../../../relay/model/config.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import type { HttpClient } from '../../../relay/ports/http.ts'
import { backoffMs } from '../../kit/backoff.ts'
import type { OutageWait } from '../send/outage.ts'
import type { ConfigMemory } from '../spool/config-memory.ts'
import type { ConfigWatch } from './config-watch.ts'
import type { ViewedObject } from './object-view.ts'
import { type PutResult, resultsOf, type TakenSet } from './put-results.ts'
import { TakenAt } from './taken-at.ts'

/** Is told what becomes of the cluster's set. */
export interface ConfigUploadObserver {
  uploaded(counts: {
    readonly alerts: number
    readonly providers: number
    readonly notReady: number
  }): void
  /** The upload failed. The set is put again in `retryInMs` milliseconds. */
  uploadFailed(failure: Pick<Retry, 'reason' | 'detail'>, retryInMs: number): void
  /**
   * The relay has a set that was taken later: another process put it, or a clock is ahead. It is
   * replaced in `retryInMs` milliseconds.
   */
  overtaken(detail: string, retryInMs: number): void
  /** The relay refuses the set until a person changes something. It is put again in ten minutes. */
  uploadRefused(detail: string): void
  /** The time of the last set could not be read or stored. */
  memoryFailed(error: unknown): void
}

export interface ConfigUploadOptions {
  readonly watch: Pick<ConfigWatch, 'viewed' | 'isComplete' | 'onChanged'>
  readonly http: HttpClient
  /** The route `PUT /v1/clusters/{cluster}/config` of the relay. */
  readonly relay: RelayAddress
  readonly memory: ConfigMemory
  readonly clock: Clock
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** Waits after a request that failed; the default is `wait`. */
  readonly waitForRelay?: OutageWait
  /**
   * Whether the set is put more often while some of its objects are not ready, since a Secret may
   * come.
   */
  readonly followsReadiness?: boolean
  /** Is told what the relay made of each object. */
  readonly onResults: (results: readonly PutResult[]) => void
  readonly observer: ConfigUploadObserver
}

export interface ConfigUpload {
  /** Puts the set again although nothing in it changed, so that the relay judges it again. */
  putAgain(): void
  stop(): void
}

/** How long nothing may change before the set is put, and how often that is waited for at most. */
const QUIET_MS = 1_000
const MAX_QUIET_WAITS = 5
/** How often the set is put. The relay takes a cluster that is silent for longer as down. */
const INTERVAL_MS = 600_000

/**
 * How long to wait while objects are not ready: the first time, and at most. The time doubles in
 * between.
 */
const FIRST_UNREADY_INTERVAL_MS = 5_000
const LONGEST_UNREADY_INTERVAL_MS = 60_000

/** Puts the cluster's whole set on every change and every ten minutes, until the relay has it. */
export function startConfigUpload(options: ConfigUploadOptions): ConfigUpload {
  const loop = new UploadLoop(options)
  void loop.run()
  return { putAgain: () => loop.changed(), stop: () => loop.stop() }
}

class UploadLoop {
  readonly #options: ConfigUploadOptions
  readonly #takenAt: TakenAt
  readonly #stopping = new AbortController()
  /** Whether something changed since the last set was taken. */
  #isDirty = false
  #wake: () => void = () => undefined
  /** Failures in a row. */
  #failures = 0
  /** Puts of the same set in a row with objects that are not ready. */
  #unreadyPuts = 0

  constructor(options: ConfigUploadOptions) {
    this.#options = options
    this.#takenAt = new TakenAt(options.memory, options.clock, (error) =>
      options.observer.memoryFailed(error),
    )
    options.watch.onChanged(() => this.changed())
  }

  changed(): void {
    this.#isDirty = true
    this.#wake()
  }

  stop(): void {
    this.#stopping.abort()
    this.#wake()
  }

  async run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        if (this.#options.watch.isComplete()) await this.#put()
        else await this.#listed()
      } catch (error) {
        if (this.#isStopping) return
        const detail = error instanceof Error ? error.message : String(error)
        await this.#retry({ reason: 'error', detail })
      }
    }
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  async #listed(): Promise<void> {
    await this.#change()
    this.#isDirty = false
  }

  async #put(): Promise<void> {
    const { watch, http, relay } = this.#options
    this.#isDirty = false
    const taken = {
      Alert: watch.viewed('Alert'),
      Provider: watch.viewed('Provider'),
      Silence: watch.viewed('Silence'),
    }
    const takenAt = this.#takenAt.next()
    const set = {
      alerts: taken.Alert.map(textOf),
      providers: taken.Provider.map(textOf),
      silences: taken.Silence.map(textOf),
    }
    const result = await putSet(http, relay, set, takenAt)
    if (this.#isStopping) return
    if (result.kind !== 'accepted') return this.#notAccepted(result)
    this.#failures = 0
    await this.#takenAt.accepted(takenAt)
    this.#report(taken, result.objects)
    await this.#change()
  }

  async #notAccepted(result: Exclude<PutSetResult, { kind: 'accepted' }>): Promise<void> {
    const { observer } = this.#options
    switch (result.kind) {
      case 'retry':
        if (result.reason !== '400' || this.#takenAt.refused()) return this.#retry(result)
        observer.uploadRefused(result.detail)
        return this.#wait(INTERVAL_MS)
      case 'stale': {
        this.#takenAt.overtake(result.storedAt)
        const retryInMs = this.#backoffMs()
        observer.overtaken(result.detail, retryInMs)
        return this.#wait(retryInMs)
      }
      case 'owned':
        observer.uploadRefused(result.detail)
        return this.#wait(INTERVAL_MS)
      case 'too-large':
        observer.uploadRefused(result.detail)
        return this.#change()
    }
  }

  #retry(failure: Pick<Retry, 'reason' | 'detail' | 'retryAfterMs'>): Promise<void> {
    const retryInMs = Math.max(this.#backoffMs(), failure.retryAfterMs ?? 0)
    this.#options.observer.uploadFailed(failure, retryInMs)
    const { signal } = this.#stopping
    return this.#options.waitForRelay?.(retryInMs, failure, signal) ?? this.#wait(retryInMs)
  }

  #backoffMs(): number {
    this.#failures += 1
    return backoffMs(this.#failures, this.#options.clock.random())
  }

  #report(taken: TakenSet, objects: readonly ObjectReadiness[]): void {
    const results = resultsOf(taken, objects)
    const notReady = objects.filter(({ ready }) => !ready).length
    this.#unreadyPuts = notReady === 0 ? 0 : this.#unreadyPuts + 1
    this.#options.observer.uploaded({
      alerts: taken.Alert.length,
      providers: taken.Provider.length,
      notReady,
    })
    this.#options.onResults(results)
  }

  /**
   * Waits until something changes, and until changes pause: objects are usually applied several at
   * a time.
   */
  async #change(): Promise<void> {
    if (this.#isStopping) return
    const changed = new AbortController()
    this.#wake = () => changed.abort()
    if (!this.#isDirty) await this.#options.wait(this.#intervalMs(), changed.signal)
    if (this.#isDirty) this.#unreadyPuts = 0
    for (let waits = 0; this.#isDirty && waits < MAX_QUIET_WAITS; waits += 1) {
      this.#isDirty = false
      await this.#wait(QUIET_MS)
    }
  }

  #intervalMs(): number {
    if (!this.#options.followsReadiness || this.#unreadyPuts === 0) return INTERVAL_MS
    const intervalMs = FIRST_UNREADY_INTERVAL_MS * 2 ** (this.#unreadyPuts - 1)
    return Math.min(intervalMs, LONGEST_UNREADY_INTERVAL_MS)
  }

  #wait(ms: number): Promise<void> {
    return this.#options.wait(ms, this.#stopping.signal)
  }
}

function textOf({ text }: ViewedObject): string {
  return text
}
