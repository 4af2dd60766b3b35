import { expect, it, onTestFinished } from 'vitest'
import { createWorker, type ReceivingQueue } from '../../../hosts/embedded/worker.ts'
import type { RetryMessage } from '../../../relay/model/queue-messages.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import type { MessageKind } from '../../../relay/ports/quarantine.ts'
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
    leaseEvents: async () => [],
    async leaseRetries() {
      if (isLeased || retry.dueAt > now()) return []
      isLeased = true
      return [retry]
    },
    // As the contract has it: of what now waits for a time, and later than now.
    nextWakeAt: () => (!isLeased && retry.dueAt > now() ? retry.dueAt : undefined),
    acknowledge: async () => undefined,
    acknowledgeRetry: async () => undefined,
    release: () => undefined,
    releaseRetry: () => undefined,
    setAsideEvent: async () => undefined,
    setAsideRetry: async () => undefined,
    onReady: () => undefined,
  }
}
