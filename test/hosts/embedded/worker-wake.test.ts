import { expect, it, onTestFinished } from 'vitest'
import { createWorker, type ReceivingQueue } from '../../../hosts/embedded/worker.ts'
import type { RetryMessage } from '../../../relay/model/delivery.ts'
import { NOTHING_WOKEN } from '../../support/nothing-woken.ts'
import { waitFor } from '../../support/wait-for.ts'

it('hands out what falls due between two looks at the clock', async () => {
  // Each look is a millisecond later, as it can be on a busy machine.
  let now = 0
  const clock = { now: () => ++now, elapsed: () => now, random: () => 0 }
  const retry: RetryMessage = { deliveryId: 'one', attempt: 2, dueAt: 2 }
  const handled: RetryMessage[] = []
  const worker = createWorker({
    queue: queueOf(retry, clock.now),
    woken: NOTHING_WOKEN,
    clock,
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
  await waitFor(() => expect(handled).toEqual([retry]))
})

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
