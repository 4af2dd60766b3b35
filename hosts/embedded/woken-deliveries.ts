import type { Wakes } from '../../relay/pipeline/destinations/destinations.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { Queue } from '../../relay/ports/queue.ts'
import type { WokenDeliveries } from './worker.ts'

/** What destinations wake, as messages; one that is put back comes from the queue, as a retry. */
export function createWokenDeliveries(
  wakes: Wakes,
  queue: Pick<Queue, 'sendRetries'>,
  clock: Clock,
): WokenDeliveries {
  return {
    take(max) {
      const dueAt = clock.now()
      return wakes.take(max).map(({ id, attempt }) => ({ deliveryId: id, attempt, dueAt }))
    },
    putBack(message, notBefore) {
      // It rejects only where the queue cannot be read at the start, and then nothing is taken.
      void queue.sendRetries([{ ...message, dueAt: notBefore }])
    },
    nextWakeAt() {
      const at = wakes.nextWakeAt()
      return at === undefined ? undefined : clock.now() + (at - clock.elapsed())
    },
    onReady: (listener) => wakes.onReady(listener),
  }
}
