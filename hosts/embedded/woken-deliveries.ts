import type { SqliteQueue } from '../../adapters/sqlite/queue.ts'
import type { Wakes } from '../../relay/pipeline/destinations/destinations.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { WokenDeliveries } from './worker.ts'

/** What destinations wake, as messages; one that is put back comes from the queue, as a retry. */
export function createWokenDeliveries(
  wakes: Wakes,
  queue: Pick<SqliteQueue, 'bringForward'>,
  clock: Clock,
): WokenDeliveries {
  return {
    take(max) {
      const dueAt = clock.now()
      return wakes.take(max).map(({ id, attempt }) => ({ deliveryId: id, attempt, dueAt }))
    },
    putBack(message, notBefore) {
      // By its record it is due only at the end of its 24 hours.
      queue.bringForward(message, notBefore)
    },
    nextWakeAt() {
      const at = wakes.nextWakeAt()
      return at === undefined ? undefined : clock.now() + (at - clock.elapsed())
    },
    onReady: (listener) => wakes.onReady(listener),
  }
}
