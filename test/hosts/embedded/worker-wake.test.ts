import { expect, it, onTestFinished } from 'vitest'
import { createWorker, type ReceivingQueue } from '../../../hosts/embedded/worker.ts'
import type { RetryMessage } from '../../../relay/model/queue-messages.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import type { MessageKind } from '../../../relay/ports/quarantine.ts'
import { acceptedEvent } from '../../support/delivery-records.ts'
import { EMPTY_QUEUE } from '../../support/empty-queue.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { NOTHING_WOKEN } from '../../support/nothing-woken.ts'
import { waitFor } from '../../support/wait-for.ts'

it('hands out what falls due between two looks at the clock', async () => {
  // Each look is a millisecond later, as it can be on a busy machine.
  let now = 0
  const clock = { now: () => ++now, elapsed: () => now, random: () => 0 }
  const retry: RetryMessage = { deliveryId: 'one', attempt: 2, dueAt: 2 }
  const { handled } = startWorker(queueOf(retry, clock.now), clock)
  await waitFor(() => expect(handled).toEqual([retry]))
})

it('hands out what is due by now when something else comes before its timer', async () => {
  const clock = new ManualClock()
  const retry: RetryMessage = { deliveryId: 'one', attempt: 2, dueAt: clock.now() + 60_000 }
  let tell: (kind: MessageKind) => void = () => undefined
  const queue: ReceivingQueue = {
    ...queueOf(retry, () => clock.now()),
    onReady: (listener) => {
      tell = listener
    },
  }
  const { handled } = startWorker(queue, clock)
  await new Promise((resolve) => setImmediate(resolve))
  // The loop was busy: the timer is late, and an event is there before it.
  clock.advance(60_000)
  tell('event')
  await waitFor(() => expect(handled).toEqual([retry]))
})

it('wakes on while it stops, for what is under way may wait behind one that waits in the store', async () => {
  const clock = new ManualClock()
  const stored: RetryMessage = { deliveryId: 'stored', attempt: 2, dueAt: clock.now() }
  const waiting = [stored]
  const passed = Promise.withResolvers<void>()
  let wake: () => void = () => undefined
  let isStopping = false
  const events = [{ ...acceptedEvent(), sequence: '1' }]
  const begun = Promise.withResolvers<void>()
  const worker = createWorker({
    clock,
    queue: {
      ...queueOf({ ...stored, dueAt: Number.POSITIVE_INFINITY }, () => clock.now()),
      nextWakeAt: () => undefined,
      leaseEvents: async () => events.splice(0),
    },
    woken: {
      ...NOTHING_WOKEN,
      take: () => (isStopping ? waiting.splice(0) : []),
      onReady: (listener) => {
        wake = listener
      },
    },
    dispatcher: {
      async dispatchEvent() {
        begun.resolve()
        await passed.promise
      },
      dispatchRetry: async () => passed.resolve(),
    },
    onFailure: (error) => {
      throw error
    },
    onSetAside: () => undefined,
  })
  worker.start()
  await begun.promise
  isStopping = true
  const stopped = worker.stop(10_000)
  wake()
  expect(await stopped).toBe(true)
})

function startWorker(queue: ReceivingQueue, clock: Clock) {
  const handled: RetryMessage[] = []
  const worker = createWorker({
    ...{ queue, clock, woken: NOTHING_WOKEN },
    dispatcher: {
      dispatchEvent: async () => undefined,
      dispatchRetry: async (message) => {
        handled.push(message)
      },
    },
    onFailure: (error) => {
      throw error
    },
    onSetAside: () => undefined,
  })
  onTestFinished(async () => {
    await worker.stop(0)
  })
  worker.start()
  return { handled }
}

/** A queue of one retry, which waits for its time. */
function queueOf(retry: RetryMessage, now: () => number): ReceivingQueue {
  let isLeased = false
  return {
    ...EMPTY_QUEUE,
    async leaseRetries() {
      if (isLeased || retry.dueAt > now()) return []
      isLeased = true
      return [retry]
    },
    // As the contract has it: of what now waits for a time, and later than now.
    nextWakeAt: () => (!isLeased && retry.dueAt > now() ? retry.dueAt : undefined),
  }
}
