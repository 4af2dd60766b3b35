import type { Clock, HttpClient } from '../../relay/ports.ts'
import type { Refusal, Spool, SpooledEvent } from '../spool/spool.ts'
import type { RelayAddress } from './authorised.ts'
import { backoffMs } from './backoff.ts'
import { postBatch } from './post-batch.ts'
import type { Retry } from './verdict.ts'

/** Most of one batch, before it is compressed. */
const MAX_BATCH_EVENTS = 100
const MAX_BATCH_BYTES = 256 * 1024

/** Told what becomes of batches, for log and metrics. */
export interface SenderObserver {
  /** The relay has these many events more. */
  sent(events: number): void
  /** The relay will never take this one; it was set aside. */
  refused(event: SpooledEvent, error: string): void
  /** The batch is sent again in so many milliseconds. */
  failed(failure: Pick<Retry, 'reason' | 'detail'>, events: number, retryInMs: number): void
  /** The spool could not be read or written; that is tried again in so many milliseconds. */
  spoolFailed(error: unknown, retryInMs: number): void
}

/** The labels of the objects that events are about, which Alerts may select by. */
export interface EventLabels {
  /** Whether all that are wanted are known, or cannot be had. */
  isReady(): boolean
  /** Resolves when they are, or when the signal is aborted. */
  ready(signal: AbortSignal): Promise<void>
  /** An event's JSON text with its labels, where they are known and missing. */
  fillIn(body: string): string
}

export interface SenderOptions {
  readonly spool: Spool
  /** Events wait until these are ready. */
  readonly labels?: EventLabels
  readonly http: HttpClient
  readonly relay: RelayAddress
  readonly random: Clock['random']
  /** Resolves after so many milliseconds, or as soon as the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly observer: SenderObserver
}

export interface Sender {
  start(): void
  /** Lets the batch in flight finish and starts no other; false when that took over `graceMs`. */
  stop(graceMs: number): Promise<boolean>
}

/** Sends what is in the spool: the oldest first, one batch at a time, each until the relay has it. */
export function createSender(options: SenderOptions): Sender {
  const loop = new SenderLoop(options)
  let done = Promise.resolve()
  return {
    start() {
      done = loop.run()
    },
    stop(graceMs) {
      loop.stop()
      return Promise.race([done.then(() => true), expires(graceMs)])
    },
  }
}

class SenderLoop {
  readonly #options: SenderOptions
  readonly #stopping = new AbortController()
  #wake: () => void = () => undefined
  /** In a row. */
  #failures = 0
  /** Fewer after a batch was too large; one more again with each that was not. */
  #maxEvents = MAX_BATCH_EVENTS

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
        else await this.#send(batch)
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

  async #send(batch: readonly SpooledEvent[]): Promise<void> {
    const { http, relay, labels } = this.#options
    const filled = labels ? batch.map(({ body }) => ({ body: labels.fillIn(body) })) : batch
    const verdict = await postBatch(http, relay, filled)
    switch (verdict.kind) {
      case 'done':
        this.#maxEvents = Math.min(this.#maxEvents + 1, MAX_BATCH_EVENTS)
        return this.#settle(batch, verdict.refusals)
      case 'too-large':
        if (batch.length === 1) return this.#settle(batch, [TOO_LARGE])
        this.#maxEvents = Math.floor(batch.length / 2)
        return
      case 'retry': {
        this.#failures += 1
        const { random, observer } = this.#options
        const retryInMs = Math.max(backoffMs(this.#failures, random()), verdict.retryAfterMs ?? 0)
        observer.failed(verdict, batch.length, retryInMs)
        return this.#wait(retryInMs)
      }
    }
  }

  /** Repeated by itself: sending the batch again would be of no use. */
  async #settle(batch: readonly SpooledEvent[], refusals: readonly Refusal[]): Promise<void> {
    const { spool, observer } = this.#options
    for (let isSettled = false; !isSettled; ) {
      try {
        await spool.settle(batch, refusals)
        isSettled = true
      } catch (error) {
        await this.#spoolFailed(error)
        if (this.#isStopping) return
      }
    }
    this.#failures = 0
    observer.sent(batch.length - refusals.length)
    for (const { index, error } of refusals) {
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

const TOO_LARGE: Refusal = { index: 0, error: 'larger than the relay, or a proxy before it, takes' }

function expires(ms: number): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), ms).unref()
  })
}
