import type { DeliveryChanges } from '../../client/delivery-changes.ts'
import type { RelayClient } from '../../client/relay-client.ts'
import type { Delivery } from '../../relay/api/schemas/deliveries.ts'
import type { ListedEvent } from '../../relay/api/schemas/event-list.ts'
import { textOf } from './cells.ts'
import { outcomesText } from './event-table.ts'
import { latestTime, newsAfter, patiently, poll, remember } from './looks.ts'
import { merge, selectEvents } from './select-events.ts'

/** What is watched, and how. */
export interface EventsWatch {
  /** The parameters of `GET /v1/events`. */
  readonly filters: Readonly<Record<string, string>>
  /** What is shown already. */
  readonly known: readonly ListedEvent[]
  /** How many records of that list could not be read, which was said. */
  readonly unreadable: number
  /** The changes since before `known` was asked for. Without them the list is asked for again and again. */
  readonly changes: DeliveryChanges | undefined
  /** How long to wait between two lists. Milliseconds. */
  readonly everyMs: number
  /** Most records that are looked at for events that came in between. */
  readonly mostRead: number
  /** How long to wait before each further try when the relay cannot be asked. Milliseconds; half a minute in all without. */
  readonly waitsMs?: readonly number[]
  /** Told why some of those may not be shown. */
  onCut(why: string): void
  /** Told how many records cannot be read that came, so that events or outcomes may be missing. */
  onUnreadable(count: number): void
  /** Told of those that came, or of which more became, the earliest first. */
  onChange(events: readonly ListedEvent[]): Promise<void>
}

/** Most records that are looked at for the rest of an event. */
const MOST_READ = 2_000

/** How many pages of records tell of which known events more became. */
const LEAST_PAGES = 2

type Events = readonly ListedEvent[]

/** What one look at the relay found. */
interface Look {
  readonly events: Events
  /** How many of the records that were looked at cannot be read. */
  readonly unreadable: number
}
type Api = Pick<RelayClient, 'eventPages'>

/**
 * Tells of events that come, or of which more becomes. Does not end by itself; rejects with `UsageError` when the
 * relay cannot be asked.
 */
export async function watchEvents(api: Api, watch: EventsWatch): Promise<void> {
  const { known, changes, onChange, onUnreadable } = watch
  const events = new Map(known.map((event) => [event.id, event]))
  let latestAt = latestTime(known)
  let unreadable = watch.unreadable
  const latest = async () => {
    const look = () => latestOf(api, watch, events, latestAt)
    const found = await patiently(look, watch.waitsMs)
    // Those that were there before are counted again.
    if (found.unreadable > unreadable) onUnreadable(found.unreadable)
    unreadable = found.unreadable
    return found.events
  }
  const looks = changes ? follow(changes, api, watch, events, latest) : poll(latest, watch.everyMs)
  for await (const look of looks) {
    const changed = new Map<string, ListedEvent>()
    for (const part of look) {
      const before = events.get(part.id)
      const event = merge(before, part)
      remember(events, event.id, event, known.length)
      if (before && outcomesText(before) === outcomesText(event)) continue
      changed.set(event.id, event)
    }
    latestAt = Math.max(latestAt, latestTime([...changed.values()]))
    if (changed.size > 0) await onChange([...changed.values()])
  }
}

/** What the deliveries that change tell of their events. */
async function* follow(
  changes: DeliveryChanges,
  api: Api,
  { filters, known, onUnreadable }: EventsWatch,
  events: ReadonlyMap<string, ListedEvent>,
  latest: () => Promise<Events>,
): AsyncIterable<Events> {
  const text = filters.text?.toLowerCase() ?? ''
  const began = latestTime(known)
  const lost = new Map<string, true>()
  for await (const change of changes) {
    if (change === 'missed') {
      yield await latest()
      continue
    }
    const newlyLost = change.filter((it) => it.unreadable && !lost.has(it.id))
    for (const { id } of newlyLost) remember(lost, id, true, 0)
    if (newlyLost.length > 0) onUnreadable(newlyLost.length)
    const parts: ListedEvent[] = []
    for (const part of change.flatMap(eventOf)) {
      if (!textOf(part.event.message).toLowerCase().includes(text)) continue
      // An event that is older than the list has outcomes that no change tells of.
      if (!events.has(part.id) && Date.parse(part.acceptedAt) < began) {
        parts.push(...(await wholeOf(api, part)))
      }
      parts.push(part)
    }
    yield parts
  }
}

/** What a delivery tells of its event: nothing where it cannot be read, or is a test of a Provider. */
function eventOf(delivery: Delivery): Events {
  const { id, cluster, acceptedAt, object, event, eventId, alert, provider } = delivery
  if (event === undefined || eventId === undefined || delivery.test !== undefined) return []
  const outcome = {
    delivery: id,
    ...(alert && { alert: { namespace: alert.namespace, name: alert.name } }),
    ...(provider && { provider: { namespace: provider.namespace, name: provider.name } }),
    outcome: delivery.outcome,
    reason: delivery.reason,
  }
  return [{ id: eventId, cluster, acceptedAt, object, event, outcomes: [outcome] }]
}

/** All records of an event have its accept time: on AWS, where ids have no index, each that is looked at is paid for. */
async function wholeOf(api: Api, { id, cluster, acceptedAt }: ListedEvent): Promise<Events> {
  const until = new Date(Date.parse(acceptedAt) + 1_000).toISOString()
  const filters = { event: id, cluster, since: acceptedAt, until }
  const selection = { filters, limit: 1, mostRead: MOST_READ }
  return (await selectEvents(api, selection)).events
}

/** The latest events, back to those that were told of, the earliest first. */
async function latestOf(
  api: Api,
  { filters, known, changes, mostRead, onCut }: EventsWatch,
  memory: ReadonlyMap<string, unknown>,
  latestAt: number,
): Promise<Look> {
  const reading = { leastPages: LEAST_PAGES, isAfterGap: changes !== undefined }
  const { isLast, isPossible } = newsAfter({ list: known, memory }, latestAt, reading)
  const selection = { filters, limit: Number.POSITIVE_INFINITY, mostRead, isEnough: isLast }
  const { events, cut, unreadable } = await selectEvents(api, selection)
  if (cut !== undefined) onCut(cut)
  return { events: events.filter(isPossible).toReversed(), unreadable }
}
