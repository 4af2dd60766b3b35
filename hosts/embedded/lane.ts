import { type Awaitable, whenThere } from '../../relay/model/awaitable.ts'
import { keepLatest } from '../../relay/model/latest.ts'
import { type DispatchFailure, dispatchFailureOf } from '../../relay/pipeline/dispatch-failure.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { SetAsideReason } from '../../relay/ports/quarantine.ts'

const FIRST_BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 60_000

/**
 * Messages that are leased and have not begun, at most; more are leased once half of them have. A
 * message that is leased early lives long, and what lives long is garbage that is collected late.
 */
const MOST_NOT_BEGUN = 100

/** Of so many messages it is remembered how often they failed. One that comes by another way is never done here. */
const MOST_REMEMBERED = 10_000

/** How long to wait after so many failures in a row. Milliseconds. */
export function backoffMs(failures: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), MAX_BACKOFF_MS)
}

/** What a lane tells of its messages. What these throw is ignored: no message waits for a log. */
export interface LaneReports {
  /** A message is put back, and comes again after `retryInMs`; at the next start if that is infinite. */
  putBack(failure: DispatchFailure, retryInMs: number): void
  /** A message is kept apart, and does not come again. `key` names it. */
  setAside(failure: DispatchFailure, key: string): void
}

/** The part of a queue that a lane empties. `Lease` names a message that may be unreadable. */
export interface LaneOptions<Message extends Lease, Lease> {
  readonly concurrency: number
  readonly clock: Clock
  readonly reports: LaneReports
  keyOf(lease: Lease): string
  /** `free`: how many more the lane has room for in all, of which no cluster gets everything. */
  lease(
    max: number,
    unreadable: (lease: Lease, error: unknown) => void,
    free: number,
  ): Awaitable<readonly Message[]>
  /** Resolves when a dispatch may begin; at once without it. */
  begin?(message: Message): Promise<void>
  dispatch(message: Message): Promise<void>
  acknowledge(lease: Lease): Awaitable<void>
  release(lease: Lease, notBefore: number): void
  setAside(lease: Lease, reason: SetAsideReason): Promise<void>
}

/** A share of the worker's capacity, for one kind of message. */
export interface Lane {
  /**
   * Leases as much as there is room for; fails as leasing does. `onFree`: there is room again, and there
   * may be something to lease. What comes when nothing was leased, the queue tells of.
   */
  fill(onFree: () => void): Awaitable<void>
  /** How many messages have begun and are not done. */
  begun(): number
  /** Resolves once nothing is under way. */
  idle(): Promise<void>
}

export function createLane<Message extends Lease, Lease>(
  options: LaneOptions<Message, Lease>,
): Lane {
  const { clock, reports } = options
  /** How many messages are leased and not done. */
  let underWay = 0
  /** Called once nothing is under way. */
  let onIdle: (() => void)[] = []
  /** How many of them have not begun. */
  let notBegun = 0
  /** Whether there may be more to lease: the last lease found something. */
  let mayBeMore = false
  /** Failures in a row, by message. */
  const failures = new Map<string, number>()

  const putBack = (lease: Lease, failure: DispatchFailure) => {
    const key = options.keyOf(lease)
    const count = (failures.get(key) ?? 0) + 1
    keepLatest(failures, key, count, MOST_REMEMBERED)
    const retryInMs = backoffMs(count)
    tell(() => reports.putBack(failure, retryInMs))
    options.release(lease, clock.now() + retryInMs)
  }

  const fail = async (lease: Lease, failure: DispatchFailure) => {
    if (!failure.mustBeSetAside) return putBack(lease, failure)
    const { count = 0, firstAt = clock.now() } = failure.rejections ?? {}
    await options.setAside(lease, { cause: failure.causeText, rejections: count, firstAt })
    const key = options.keyOf(lease)
    failures.delete(key)
    tell(() => reports.setAside(failure, key))
  }

  /** Never rejects. */
  const failSafely = async (lease: Lease, error: unknown) => {
    try {
      await fail(lease, dispatchFailureOf(error)).catch((again: unknown) =>
        putBack(lease, dispatchFailureOf(again)),
      )
    } catch (lost) {
      // It stays leased until the next start, and nothing else waits for it but its own object.
      tell(() => reports.putBack(dispatchFailureOf(lost), Number.POSITIVE_INFINITY))
    }
  }

  const end = (onFree: () => void) => {
    underWay -= 1
    if (underWay === 0) {
      const listeners = onIdle
      onIdle = []
      for (const listener of listeners) listener()
    }
    if (mayBeMore) onFree()
  }

  const handle = async (message: Message, onFree: () => void) => {
    try {
      if (options.begin) await options.begin(message)
      notBegun -= 1
      if (notBegun === MOST_NOT_BEGUN / 2) onFree()
      await options.dispatch(message)
      const acknowledged = options.acknowledge(message)
      if (acknowledged instanceof Promise) await acknowledged
      if (failures.size > 0) failures.delete(options.keyOf(message))
    } catch (error) {
      await failSafely(message, error)
    }
    end(onFree)
  }

  const handleUnreadable = async (lease: Lease, error: unknown, onFree: () => void) => {
    underWay += 1
    await failSafely(lease, error)
    end(onFree)
  }

  return {
    fill(onFree) {
      mayBeMore = true
      if (notBegun > MOST_NOT_BEGUN / 2) return
      const free = options.concurrency - underWay
      const room = Math.min(free, MOST_NOT_BEGUN - notBegun)
      if (room <= 0) return
      let hasFound = false
      const unreadable = (lease: Lease, error: unknown) => {
        hasFound = true
        void handleUnreadable(lease, error, onFree)
      }
      return whenThere(options.lease(room, unreadable, free), (messages) => {
        if (messages.length > 0) hasFound = true
        // All of them first: one that begins at once may ask for more.
        underWay += messages.length
        notBegun += messages.length
        for (const message of messages) void handle(message, onFree)
        // A cluster has its share, and so may have more, only when no more is free than is under way.
        mayBeMore = hasFound || underWay >= options.concurrency / 2
      })
    },
    begun: () => underWay - notBegun,
    async idle() {
      if (underWay > 0) await new Promise<void>((resolve) => onIdle.push(resolve))
    },
  }
}

/** Tells something to whoever listens, whose own failure stops nothing. */
export function tell(report: () => void): void {
  try {
    report()
  } catch {
    // Whoever tells fails; there is nobody else to tell.
  }
}
