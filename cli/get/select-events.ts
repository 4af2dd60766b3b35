import { PAGE_SIZE, type RelayClient } from '../../client/relay-client.ts'
import type { ListedEvent } from '../../relay/api/schemas/event-list.ts'
import { cutByLimit, cutByReading } from './select-deliveries.ts'

/** Which events are wanted. */
export interface EventSelection {
  /** The parameters of `GET /v1/events`. */
  readonly filters: Readonly<Record<string, string>>
  readonly limit: number
  /** Most records that are looked at: what fits may be rare. */
  readonly mostRead: number
  /** Whether those that fit of a page are the last that are wanted. */
  readonly isEnough?: (page: readonly ListedEvent[]) => boolean
}

/** The latest events that fit, each with all that became of it. */
export interface SelectedEvents {
  readonly events: readonly ListedEvent[]
  /** The reason why there may be more, as people read it; undefined when these are all. */
  readonly cut: string | undefined
  /** How many of the records that were looked at cannot be read. */
  readonly unreadable: number
}

/** Looks for events, the latest first, until there are enough or enough was looked at. */
export async function selectEvents(
  api: Pick<RelayClient, 'eventPages'>,
  { filters, limit, mostRead, isEnough = () => false }: EventSelection,
): Promise<SelectedEvents> {
  const whole: ListedEvent[] = []
  const parts = new Map<string, ListedEvent>()
  let read = 0
  let lost = 0
  for await (const { events, unreadable = 0, nextCursor, reachedTime } of api.eventPages(filters)) {
    for (const event of events) parts.set(event.id, merge(parts.get(event.id), event))
    for (const [id, event] of parts) {
      // All records of an event have its accept time, so the next page may have more of this one.
      if (nextCursor !== undefined && isReached(event, reachedTime)) continue
      parts.delete(id)
      whole.push(event)
    }
    read += PAGE_SIZE
    lost += unreadable
    if (isEnough(events))
      return { events: [...whole, ...parts.values()], cut: undefined, unreadable: lost }
    const isMore = nextCursor !== undefined || whole.length > limit
    if (whole.length >= limit && isMore) {
      return { events: whole.slice(0, limit), cut: cutByLimit(limit), unreadable: lost }
    }
    if (read >= mostRead && isMore) {
      return { events: whole, cut: cutByReading(read, reachedTime), unreadable: lost }
    }
  }
  return { events: whole, cut: undefined, unreadable: lost }
}

function isReached({ acceptedAt }: ListedEvent, reachedTime: string | undefined): boolean {
  return reachedTime === undefined || Date.parse(acceptedAt) <= Date.parse(reachedTime)
}

/** One event of two parts, of which the later one counts where both tell of the same record. */
export function merge(earlier: ListedEvent | undefined, later: ListedEvent): ListedEvent {
  if (earlier === undefined) return later
  const outcomes = new Map(
    [...earlier.outcomes, ...later.outcomes].map((outcome) => [outcome.delivery, outcome]),
  )
  return { ...later, outcomes: [...outcomes.values()] }
}
