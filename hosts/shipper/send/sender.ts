import type { RelayAddress } from '../../../client/cluster/authorised.ts'
import type { BatchResult, Retry } from '../../../client/cluster/batch-result.ts'
import { postBatch } from '../../../client/cluster/post-batch.ts'
import type { Rejection } from '../../../relay/api/schemas/events.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import type { HttpClient } from '../../../relay/ports/http.ts'
import { backoffMs } from '../../kit/backoff.ts'
import { type Loop, type StartableLoop, startable } from '../loop.ts'
import type { Spool } from '../spool/spool.ts'
import type { SpooledEvent } from '../spool/spooled-events.ts'
import { Isolation } from './isolation.ts'
import type { OutageWait } from './outage.ts'
import { chooseProbe } from './probe.ts'

/** The most events, and bytes before compression, of one batch. */
const MAX_BATCH_EVENTS = 100
const MAX_BATCH_BYTES = 256 * 1024

/** How far a probe may overtake: enough for two events of the largest size. */
const PROBE_AMONG_EVENTS = 101
const PROBE_AMONG_BYTES = 8 * 1024 * 1024

/** Is told what becomes of batches, for log and metrics. */
export interface SenderObserver {
  /** The relay accepted this many events. */
  sent(events: number): void
  /** The relay will never accept this event. It was set aside. */
  refused(event: SpooledEvent, error: string): void
  /** Sending failed. The batch is sent again in `retryInMs` milliseconds. */
  failed(failure: Pick<Retry, 'reason' | 'detail'>, events: number, retryInMs: number): void
  /** The spool could not be read or written. That is tried again in `retryInMs` milliseconds. */
  spoolFailed(error: unknown, retryInMs: number): void
}

/** The labels of the objects that events are about. Alerts may select by them. */
export interface EventLabels {
  /** Whether all labels that are needed are known, or known to be unavailable. */
  isReady(): boolean
  /** Resolves when the labels are ready, or when the signal is aborted. */
  ready(signal: AbortSignal): Promise<void>
  /** The JSON text of an event, with labels added if they are known and missing in it. */
  fillIn(body: string): string
}

export interface SenderOptions {
  readonly spool: Spool
  /** The labels that events wait for. */
  readonly labels?: EventLabels
  readonly http: HttpClient
  readonly relay: RelayAddress
  readonly random: Clock['random']
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** Waits after a request that failed; the default is `wait`. */
  readonly waitForRelay?: OutageWait
  readonly observer: SenderObserver
}

export type EventSender = StartableLoop

/**
 * Sends what is in the spool: the oldest events first, one batch at a time, each until the relay
 * has it. A single event that fails for minutes, while others are accepted, is set aside.
 */
export function createSender(options: SenderOptions): EventSender {
  return startable(new SenderLoop(options))
}

class SenderLoop implements Loop {
  readonly #options: SenderOptions
  readonly #stopping = new AbortController()
  #wake: () => void = () => undefined
  /** Failures in a row. */
  #failures = 0
  /**
   * The most events of the next batch. It falls when a batch was too large or one of its events is
   * suspect, and rises by one with each batch that was sent.
   */
  #maxEvents = MAX_BATCH_EVENTS
  readonly #isolation = new Isolation()

  constructor(options: SenderOptions) {
    this.#options = options
    options.spool.onAdded(() => this.#wake())
  }

  stop(): void {
    this.#stopping.abort()
    this.#wake()
  }

  async run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        const batch = this.#options.spool.peek(this.#maxEvents, MAX_BATCH_BYTES)
        const { labels } = this.#options
        if (batch.length === 0) await this.#added()
        else if (labels?.isReady() === false) await labels.ready(this.#stopping.signal)
        else await this.#sendNext(batch)
      } catch (error) {
        await this.#spoolFailed(error)
      }
    }
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  #added(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #sendNext(oldest: readonly SpooledEvent[]): Promise<void> {
    const [suspect] = oldest
    if (!suspect || !this.#isolation.isProbeDue(oldest)) return this.#send(oldest)
    const waiting = this.#options.spool.peek(PROBE_AMONG_EVENTS, PROBE_AMONG_BYTES)
    const probe = chooseProbe(waiting, this.#isolation.lastProbed)
    return probe ? this.#sendProbe(probe, suspect) : this.#send(oldest)
  }

  async #send(batch: readonly SpooledEvent[]): Promise<void> {
    const result = await this.#post(batch)
    switch (result.kind) {
      case 'done':
        this.#maxEvents = Math.min(this.#maxEvents + 1, MAX_BATCH_EVENTS)
        return this.#settleOldest(batch, result.rejected)
      case 'too-large':
        if (batch.length === 1) return this.#settleOldest(batch, [TOO_LARGE])
        return this.#halve(batch)
      case 'retry':
        if (this.#isolation.failed(batch, result)) this.#halve(batch)
        return this.#failed(result, batch.length)
    }
  }

  /**
   * Sends a later event alone, to see whether it is accepted while the oldest one, the suspect, is
   * not.
   */
  async #sendProbe(probe: SpooledEvent, suspect: SpooledEvent): Promise<void> {
    const result = await this.#post([probe])
    switch (result.kind) {
      case 'done':
        await this.#settle([probe], result.rejected)
        return this.#convict(suspect, this.#isolation.probeSettled())
      case 'too-large':
        // It may be a proxy that says so, and then tells nothing of the relay.
        return this.#settle([probe], [TOO_LARGE])
      case 'retry':
        this.#isolation.probeFailed(probe, result)
        return this.#failed(result, 1)
    }
  }

  #post(batch: readonly SpooledEvent[]): Promise<BatchResult> {
    const { http, relay, labels, spool } = this.#options
    const filled = labels ? batch.map(({ body }) => ({ body: labels.fillIn(body) })) : batch
    return postBatch(http, relay, filled, { spooled: spool.waitingEvents - batch.length })
  }

  #halve(batch: readonly SpooledEvent[]): void {
    this.#maxEvents = Math.max(Math.floor(batch.length / 2), 1)
  }

  #failed(failure: Retry, events: number): Promise<void> {
    this.#failures += 1
    const { random, observer } = this.#options
    const retryInMs = Math.max(backoffMs(this.#failures, random()), failure.retryAfterMs ?? 0)
    observer.failed(failure, events, retryInMs)
    const { signal } = this.#stopping
    return this.#options.waitForRelay?.(retryInMs, failure, signal) ?? this.#wait(retryInMs)
  }

  async #convict(suspect: SpooledEvent, error: string | undefined): Promise<void> {
    if (error !== undefined) await this.#settleOldest([suspect], [{ index: 0, error }])
  }

  async #settleOldest(
    batch: readonly SpooledEvent[],
    rejected: readonly Rejection[],
  ): Promise<void> {
    await this.#settle(batch, rejected)
    this.#failures = 0
    this.#isolation.settled()
  }

  /**
   * Removes a batch from the spool. A failure is repeated here, since sending the batch again would
   * not help.
   */
  async #settle(batch: readonly SpooledEvent[], rejected: readonly Rejection[]): Promise<void> {
    const { spool, observer } = this.#options
    for (let isSettled = false; !isSettled; ) {
      try {
        await spool.settle(batch, rejected)
        isSettled = true
      } catch (error) {
        await this.#spoolFailed(error)
        if (this.#isStopping) return
      }
    }
    observer.sent(batch.length - rejected.length)
    for (const { index, error } of rejected) {
      const event = batch[index]
      if (event) observer.refused(event, error)
    }
  }

  #spoolFailed(error: unknown): Promise<void> {
    this.#failures += 1
    const retryInMs = backoffMs(this.#failures, this.#options.random())
    this.#options.observer.spoolFailed(error, retryInMs)
    return this.#wait(retryInMs)
  }

  #wait(ms: number): Promise<void> {
    return this.#options.wait(ms, this.#stopping.signal)
  }
}

const TOO_LARGE: Rejection = {
  index: 0,
  error: 'larger than the relay, or a proxy before it, takes',
}
