import type { SpooledEvent } from '../spool/spooled-events.ts'
import { objectOf } from './object-of.ts'

/**
 * Chooses an event that may overtake the first of these: the next one after the sequence `after`
 * that is the oldest of its own object, so that the order of each object is kept. Starts again at
 * the first when there is none.
 */
export function chooseProbe(
  events: readonly SpooledEvent[],
  after: number,
): SpooledEvent | undefined {
  const [suspect, ...later] = events
  const objects = new Set([suspect && objectOf(suspect.body)])
  const candidates = later.filter(({ body }) => {
    const object = objectOf(body)
    if (object === undefined || objects.has(object)) return false
    objects.add(object)
    return true
  })
  return candidates.find(({ sequence }) => sequence > after) ?? candidates[0]
}
