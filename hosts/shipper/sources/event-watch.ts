import type { Clock } from '../../../relay/ports/clock.ts'
import { backoffMs } from '../../kit/backoff.ts'
import type { ApiError } from '../kubernetes/api-error.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import { createKindFinder } from '../kubernetes/discovery.ts'
import { follow } from '../kubernetes/follow.ts'
import { createMutex } from '../kubernetes/mutex.ts'
import type { Spool } from '../spool/spool.ts'
import { ALL_KINDS } from '../spool/watches.ts'
import { EventIntake, type EventIntakeObserver } from './event-intake.ts'
import type { WithLabels } from './event-text.ts'
import type { ObjectStatuses } from './object-statuses.ts'

/** Is told what becomes of Kubernetes Events, for log and metrics. */
export interface EventWatchObserver extends EventIntakeObserver {
  /** The Events of a kind could not be read. That is tried again in `retryInMs` milliseconds. */
  apiFailed(kind: string, error: ApiError, retryInMs: number): void
  /** The Events of a kind can be read again. */
  apiRecovered(kind: string): void
  /** The cluster has no kind of this name, which may be a typing error. Called once. */
  unknownKind(kind: string): void
  /**
   * The spool is full. The watch waits and loses nothing; it tries again in `retryInMs`
   * milliseconds.
   */
  spoolFull(kind: string, retryInMs: number): void
  /** The spool could not be read or written. That is tried again in `retryInMs` milliseconds. */
  spoolFailed(error: unknown, retryInMs: number): void
}

export interface EventWatchOptions {
  readonly client: KubernetesClient
  readonly spool: Spool
  /** The kinds of involved objects, such as `Kustomization`; `*` for all. */
  readonly kinds: readonly string[]
  readonly clock: Pick<Clock, 'now'>
  readonly random: Clock['random']
  /** Resolves after `ms` milliseconds, or as soon as the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly observer: EventWatchObserver
  readonly withLabels?: WithLabels
  /**
   * The status of Flux's objects. Without it an Event that has lost its metadata is sent at once.
   */
  readonly statuses?: Pick<ObjectStatuses, 'isFollowed' | 'metadataOf'> | undefined
}

/** A watch of Kubernetes Events. It can be started once. */
export interface EventWatch {
  start(): void
  /** Resolves once the watch does not use the spool any more. */
  stop(): Promise<void>
}

/**
 * Watches the Kubernetes Events about objects of some kinds, and stores each occurrence in the
 * spool as a Flux event, exactly once, even if the process ends in between or the controllers post
 * the same. When a kind is watched for the first time, only the Events of the last minute are
 * stored.
 */
export function createEventWatch(options: EventWatchOptions): EventWatch {
  const loop = new WatchLoop(options)
  let done = Promise.resolve()
  return {
    start() {
      done = loop.run()
    },
    stop() {
      loop.stop()
      return done
    },
  }
}

class WatchLoop {
  readonly #options: EventWatchOptions
  readonly #stopping = new AbortController()
  /**
   * The turns of lists. Labels have their own: a list here may wait for room in the spool, and
   * sending waits for labels.
   */
  readonly #listTurns = createMutex()
  readonly #findKind: ReturnType<typeof createKindFinder>
  /** The kinds that were looked up in the cluster. */
  readonly #checked = new Set<string>([ALL_KINDS])

  constructor(options: EventWatchOptions) {
    this.#options = options
    this.#findKind = createKindFinder(options.client)
  }

  stop(): void {
    this.#stopping.abort()
  }

  async run(): Promise<void> {
    const { spool, clock } = this.#options
    const isAll = this.#options.kinds.includes(ALL_KINDS)
    const kinds = isAll ? [ALL_KINDS] : [...new Set(this.#options.kinds)]
    const begin = () => spool.memory.watches.begin(kinds, clock.now())
    await this.#untilDone(async () => {
      await spool.tables.write(begin)
      return true
    })
    await Promise.all(kinds.map((kind) => this.#watch(kind)))
  }

  /**
   * Watches one kind. Each kind has its own watch: the API then leaves out all other Events, of
   * which there may be many.
   */
  async #watch(kind: string): Promise<void> {
    const { random, wait, observer } = this.#options
    const { signal } = this.#stopping
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#follow(kind, () => {
          failures = 0
          void this.#check(kind)
        })
      } catch (error) {
        // Of the spool, or a bug, by which what controllers post must not be held up.
        failures += 1
        const retryInMs = backoffMs(failures, random())
        observer.spoolFailed(error, retryInMs)
        await wait(retryInMs, signal)
      }
    }
  }

  /** Looks a kind up once, when the API answers: a wrong name is as silent as a quiet cluster. */
  async #check(kind: string): Promise<void> {
    if (this.#checked.has(kind)) return
    this.#checked.add(kind)
    try {
      const found = await this.#findKind(kind)
      if (found.length === 0) this.#options.observer.unknownKind(kind)
    } catch {
      // It is but advice; what is wrong with the API shows elsewhere.
    }
  }

  async #follow(kind: string, onTaken: () => void): Promise<void> {
    const { client, spool, random, wait, observer } = this.#options
    const { withLabels = (event) => event } = this.#options
    const { signal } = this.#stopping
    const from = spool.memory.watches.read(kind)?.resourceVersion ?? undefined
    const isFirst = from === undefined
    const intake = new EventIntake({ ...this.#options, withLabels, kind, isFirst })
    const selector = kind !== ALL_KINDS && { fieldSelector: `involvedObject.kind=${kind}` }
    const collection = { path: '/api/v1/events', hasBookmarks: false, ...selector }
    const onFailure = (error: ApiError, retryInMs: number) =>
      observer.apiFailed(kind, error, retryInMs)
    const updates = follow({
      ...{ client, collection, from, signal, random, wait, onFailure },
      listTurns: this.#listTurns,
      onRecovered: () => observer.apiRecovered(kind),
    })
    for await (const update of updates) {
      await this.#untilDone(
        () => intake.take(update),
        (retryInMs) => observer.spoolFull(kind, retryInMs),
      )
      onTaken()
    }
  }

  /** Repeats an operation while the spool is full or fails, until it is done or the watch ends. */
  async #untilDone(
    operation: () => Promise<boolean>,
    onFull?: (retryInMs: number) => void,
  ): Promise<void> {
    const { random, wait, observer } = this.#options
    for (let failures = 1; !this.#stopping.signal.aborted; failures += 1) {
      const retryInMs = backoffMs(failures, random())
      try {
        if (await operation()) return
        onFull?.(retryInMs)
      } catch (error) {
        observer.spoolFailed(error, retryInMs)
      }
      await wait(retryInMs, this.#stopping.signal)
    }
  }
}
