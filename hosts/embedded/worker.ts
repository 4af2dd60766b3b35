import type { EventLease } from '../../adapters/sqlite/event-reader.ts'
import type { Awaitable } from '../../relay/model/awaitable.ts'
import { earlier } from '../../relay/model/earlier.ts'
import type { QueuedEvent, RetryMessage } from '../../relay/model/queue-messages.ts'
import type { Dispatcher } from '../../relay/pipeline/dispatch.ts'
import { type DispatchFailure, dispatchFailureOf } from '../../relay/pipeline/dispatch-failure.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { MessageKind, SetAsideReason } from '../../relay/ports/quarantine.ts'
import { backoffMs, createLane, type Lane, type LaneReports, tell } from './lane.ts'
import { createTurnGate, type TurnGate } from './turn-gate.ts'

/**
 * The receiving side of the queue: what is leased comes again unless it is acknowledged. `free` is how
 * many more are leased in all at most, of which no cluster gets more than are left for the others.
 */
export interface ReceivingQueue {
  /** `unreadable` is told of each event that is leased and cannot be read. */
  leaseEvents(
    max: number,
    unreadable: (lease: EventLease, error: unknown) => void,
    free: number,
  ): Awaitable<readonly QueuedEvent[]>
  acknowledge(event: EventLease): Awaitable<void>
  release(event: EventLease, notBefore: number): void
  /** Acknowledges the event, and keeps it apart from the queue. */
  setAsideEvent(event: EventLease, reason: SetAsideReason): Promise<void>
  leaseRetries(max: number, free: number): Promise<readonly RetryMessage[]>
  acknowledgeRetry(message: RetryMessage): Promise<void>
  releaseRetry(message: RetryMessage, notBefore: number): void
  /** Acknowledges the message, and keeps it apart from the queue. */
  setAsideRetry(message: RetryMessage, reason: SetAsideReason): Promise<void>
  nextWakeAt(): number | undefined
  /** Calls `listener` when there may be a message of a kind to lease, or `nextWakeAt` changed by one. */
  onReady(listener: (kind: MessageKind) => void): void
}

/** A message that was kept apart. */
export interface QuarantinedMessage {
  readonly kind: MessageKind
  /** Names it: an event's number in the queue, or a retry's delivery and attempt. */
  readonly key: string
  readonly failure: DispatchFailure
}

/** Deliveries that their destinations wake. Their records wait in the ledger until they are decided. */
export interface WokenDeliveries {
  take(max: number): readonly RetryMessage[]
  /** Lets one come again at a time, in milliseconds since the epoch. */
  putBack(message: RetryMessage, notBefore: number): void
  nextWakeAt(): number | undefined
  onReady(listener: () => void): void
}

export interface WorkerOptions {
  readonly queue: ReceivingQueue
  readonly woken: WokenDeliveries
  readonly dispatcher: Dispatcher
  /** Events and due retries pass it, and so leave time for what is under way. */
  readonly gate?: TurnGate
  readonly clock: Clock
  /** While it says so, nothing is leased: what became of it could not be kept. */
  readonly hold?: WorkerPause
  /**
   * A message is put back, or the queue itself failed: either comes again after `retryInMs`, which is
   * infinite for a message that could not be put back and comes at the next start.
   */
  readonly onFailure: (failure: DispatchFailure, retryInMs: number) => void
  readonly onSetAside: (message: QuarantinedMessage) => void
  /** Most events dispatched at once; one at a time of each object. Default 3,000. */
  readonly eventConcurrency?: number
  /** Most retries at once, a share of their own, so no backlog delays the other. Default 500. */
  readonly retryConcurrency?: number
  /** Most woken deliveries at once, beyond what each host allows. Default 1,000. */
  readonly wokenConcurrency?: number
}

/** What keeps the worker from its work for a while. */
export interface WorkerPause {
  isHeld(): boolean
  /** Calls `listener` when that may have changed. */
  onChange(listener: () => void): void
}

const NO_HOLD: WorkerPause = { isHeld: () => false, onChange: () => undefined }

export interface Worker {
  start(): void
  /** Leases nothing more; resolves with whether all that was leased finished within `graceMs`. */
  stop(graceMs: number): Promise<boolean>
}

/**
 * As many dispatches as are under way when it is crowded. With 32 senders and destinations that answer
 * at once there are hardly ever so many; at a slow one a hundred wait for their places, and then others
 * in the store, until they are woken.
 */
const CROWD = 60

/** How much later than its time something may be leased. A time by `Clock.elapsed` is never twice the same by the clock. */
const TIMER_SLACK_MS = 1

/** The longest delay of a timer in Node. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Leases from the queue, dispatches, acknowledges: events in order per object and parallel across
 * objects. A message whose dispatch fails goes back, with a wait that doubles, or is set aside. What
 * one message, or the queue, throws stops nothing else.
 */
export function createWorker(options: WorkerOptions): Worker {
  const { queue, woken, dispatcher, clock, gate = createTurnGate(), hold = NO_HOLD } = options
  const reportsOf = (kind: MessageKind): LaneReports => ({
    putBack: options.onFailure,
    setAside: (failure, key) => options.onSetAside({ kind, key, failure }),
  })
  const events = createLane<QueuedEvent, EventLease>({
    concurrency: options.eventConcurrency ?? 3_000,
    keyOf: (event) => event.sequence,
    lease: (max, unreadable, free) => queue.leaseEvents(max, unreadable, free),
    begin: async ({ cluster }) => {
      await gate.begin(cluster)
      // Half as many begin while others were woken. If as many did as leave, those that wait in the store would never
      // become few enough for the new ones to wait in memory, and each would be written, woken and read again.
      if (wokenOnes.begun() > 0) await gate.begin(cluster)
    },
    dispatch: (event) => dispatcher.dispatchEvent(event),
    acknowledge: (event) => queue.acknowledge(event),
    release: (event, notBefore) => queue.release(event, notBefore),
    setAside: (event, reason) => queue.setAsideEvent(event, reason),
    clock,
    reports: reportsOf('event'),
  })
  const retries = createLane<RetryMessage, RetryMessage>({
    concurrency: options.retryConcurrency ?? 500,
    keyOf: (message) => `${message.deliveryId}/${message.attempt}`,
    lease: (max, _unreadable, free) => queue.leaseRetries(max, free),
    begin: ({ cluster }) => gate.begin(cluster),
    dispatch: (message) => dispatcher.dispatchRetry(message),
    acknowledge: (message) => queue.acknowledgeRetry(message),
    release: (message, notBefore) => queue.releaseRetry(message, notBefore),
    setAside: (message, reason) => queue.setAsideRetry(message, reason),
    clock,
    reports: reportsOf('retry'),
  })
  const wokenOnes = createLane<RetryMessage, RetryMessage>({
    concurrency: options.wokenConcurrency ?? 1_000,
    keyOf: (message) => `${message.deliveryId}/${message.attempt}`,
    lease: (max) => woken.take(max),
    dispatch: (message) => dispatcher.dispatchRetry(message),
    acknowledge: () => undefined,
    release: (message, notBefore) => woken.putBack(message, notBefore),
    setAside: (message, reason) => queue.setAsideRetry(message, reason),
    clock,
    reports: reportsOf('retry'),
  })
  gate.heed(() => events.begun() + retries.begun() >= CROWD || wokenOnes.begun() > 0)
  let running = false
  /** Whether what is under way while it stops may need that others are woken: they go before it. */
  let isFinishing = false
  let timer: NodeJS.Timeout | undefined
  /** When the timer ends, and when there is something to lease that now waits for its time. */
  let timerAt = 0
  let wakeAt: number | undefined
  const pump = () => fill(fills)
  const fill = (wanted: readonly Step[]) => {
    if (isFinishing && wanted.includes(fillOf.woken)) fillOf.woken.run()
    if (!running) return
    // What is due by now, and of which the timer is late, loses its timer here, and is no wake time.
    const isDue = wakeAt !== undefined && wakeAt <= clock.now()
    const steps = isDue ? fills : wanted
    if (isDue) endTimer()
    wakeAt = undefined
    if (hold.isHeld()) return endTimer()
    // The time is asked before the leases: what falls due in between is leased, and would else have no
    // timer.
    findWakeTime.run()
    for (const step of steps) step.run()
    if (wakeAt === undefined) endTimer()
    else setTimer(wakeAt)
  }
  /** A timer that ends early is set again then: to end one and begin another each time costs more. */
  const setTimer = (at: number) => {
    if (timer !== undefined && timerAt <= at + TIMER_SLACK_MS) return
    clearTimeout(timer)
    timerAt = at
    timer = setTimeout(
      () => {
        timer = undefined
        pump()
      },
      Math.min(Math.max(at - clock.now(), 1), MAX_TIMER_MS),
    )
  }
  const endTimer = () => {
    clearTimeout(timer)
    timer = undefined
  }
  const findWakeAt = () => {
    wakeAt = earlier(queue.nextWakeAt(), woken.nextWakeAt())
  }
  const fillStep = (lane: Lane): Step => {
    const isOpen = () => (running || (isFinishing && lane === wokenOnes)) && !hold.isHeld()
    const fillLane = () => (isOpen() ? lane.fill(step.run) : undefined)
    const step: Step = createStep(fillLane, pump, options.onFailure)
    return step
  }
  const fillOf = { event: fillStep(events), retry: fillStep(retries), woken: fillStep(wokenOnes) }
  const fills = Object.values(fillOf)
  const findWakeTime = createStep(findWakeAt, pump, options.onFailure)
  const steps = [findWakeTime, ...fills]
  queue.onReady((kind) => fill([fillOf[kind]]))
  woken.onReady(() => fill([fillOf.woken]))
  hold.onChange(pump)

  return {
    start() {
      running = true
      pump()
    },
    async stop(graceMs) {
      running = false
      endTimer()
      for (const step of steps) step.stop()
      const finish = async () => {
        // A lease that is under way still brings messages.
        await Promise.all(steps.map((step) => step.idle()))
        await Promise.all([events.idle(), retries.idle()])
        isFinishing = false
        await fillOf.woken.idle()
        await wokenOnes.idle()
        return true
      }
      isFinishing = true
      fillOf.woken.run()
      const hasFinished = await Promise.race([finish(), expires(graceMs)])
      isFinishing = false
      return hasFinished
    },
  }
}

interface Step {
  run(): void
  stop(): void
  idle(): Promise<void>
}

/**
 * Work that may throw or reject when the queue itself fails. It is then left alone for a time that
 * doubles, and `again` is called. What is under way when it is wanted again runs once more.
 */
function createStep(
  work: () => Awaitable<void>,
  again: () => void,
  onFailure: WorkerOptions['onFailure'],
): Step {
  let failures = 0
  let pause: NodeJS.Timeout | undefined
  let underWay: Promise<void> | undefined
  let isWanted = false

  const fail = (error: unknown) => {
    failures += 1
    const waitMs = backoffMs(failures)
    pause = setTimeout(() => {
      pause = undefined
      again()
    }, waitMs)
    tell(() => onFailure(dispatchFailureOf(error), waitMs))
  }
  const succeed = () => {
    failures = 0
  }
  const run = () => {
    isWanted = underWay !== undefined
    if (pause !== undefined || isWanted) return
    try {
      const working = work()
      if (working === undefined) return succeed()
      underWay = working.then(succeed, fail).finally(() => {
        underWay = undefined
        if (isWanted) run()
      })
    } catch (error) {
      fail(error)
    }
  }
  return { run, stop: () => clearTimeout(pause), idle: async () => underWay }
}

function expires(ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), ms).unref()
  })
}
