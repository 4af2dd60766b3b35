import type { DeliveryChange } from '../../relay/ports/delivery-feed.ts'
import type { SharedEvents } from './server-sent-events.ts'

/** The changes that wait until a reader of a stream takes them. */
export interface Backlog {
  /** Adds a change; false, without it, where there is no room left. */
  add(change: DeliveryChange): boolean
  /** Whether so much waits that it should not wait any longer. */
  isLarge(): boolean
  isEmpty(): boolean
  /** Takes all that waits, as events in the order of their changes. */
  take(): readonly Uint8Array[]
  /** Gives up all that waits. */
  clear(): void
}

/** A backlog in which no change is left out: it is full with so many bytes, unless one event alone has more. */
export function wholeBacklog(shared: SharedEvents, maxBytes: number): Backlog {
  let waiting: Uint8Array[] = []
  let bytes = 0
  const clear = () => {
    waiting = []
    bytes = 0
  }
  return {
    add(change) {
      const event = shared.eventOf(change)
      if (bytes > 0 && bytes + event.length > maxBytes) return false
      waiting.push(event)
      bytes += event.length
      return true
    },
    isLarge: () => bytes >= maxBytes / 4,
    isEmpty: () => waiting.length === 0,
    take() {
      const taken = waiting
      clear()
      return taken
    },
    clear,
  }
}

/** The most rows that a list shows, and so the most new ones that are told of at once. */
export const MOST_NEW_ROWS = 200

/** The most changes of earlier records that wait. */
const MOST_CHANGED = 1_000

/**
 * A backlog for a list that shows the latest records. Of more new ones than it shows it keeps the latest, since these
 * push the others out, and of a record its latest state. Nothing is made of what is left out. A change of an earlier
 * record is never left out, as its row may be one that is shown.
 */
export function latestBacklog(shared: SharedEvents): Backlog {
  const fresh = new Map<string, DeliveryChange>()
  const changed = new Map<string, DeliveryChange>()
  const clear = () => {
    fresh.clear()
    changed.clear()
  }
  return {
    add(change) {
      const { id, createdAt, updatedAt } = change.record
      const isNew = createdAt === updatedAt || fresh.has(id)
      const [own, most] = isNew ? [fresh, MOST_NEW_ROWS] : [changed, MOST_CHANGED]
      own.delete(id)
      own.set(id, change)
      if (own.size <= most) return true
      const [oldest] = own.keys()
      own.delete(oldest ?? '')
      return isNew
    },
    // However much there is, a person sees no more by hearing of it sooner.
    isLarge: () => false,
    isEmpty: () => fresh.size + changed.size === 0,
    take() {
      const taken = [...changed.values(), ...fresh.values()].map(shared.laterEventOf)
      clear()
      return taken
    },
    clear,
  }
}
