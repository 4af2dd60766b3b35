import type { RelayClient } from '../../client/relay-client.ts'
import type { ExplainRules } from '../../client/requests.ts'
import type { ListedEvent } from '../../relay/api/schemas/event-list.ts'

/** How far a ledger is read. */
export interface Bounds {
  readonly mostEvents: number
  readonly mostPages: number
}

/** Each page of a hundred or two is paid for on AWS. */
const BOUNDS: Bounds = { mostEvents: 2_000, mostPages: 100 }

/** Events of a ledger, the latest first. */
export interface LedgerEvents {
  readonly events: readonly ListedEvent[]
  /** How many of the records that were looked at cannot be read. */
  readonly unreadable: number
  /** The accept time of the earliest one, where earlier ones were not read. RFC 3339. */
  readonly reachedTime?: string
}

/**
 * Reads the events of a ledger with all that is recorded of each. Where it ends before all are read, it leaves out
 * those of the last accept time: they may have more records.
 */
export async function readLedgerEvents(
  api: Pick<RelayClient, 'eventPages'>,
  filters: Readonly<Record<string, string>>,
  rules: ExplainRules,
  { mostEvents, mostPages }: Bounds = BOUNDS,
): Promise<LedgerEvents> {
  const found = new Map<string, ListedEvent>()
  let pages = 0
  let lost = 0
  let isCut = false
  for await (const { events, unreadable = 0, nextCursor } of api.eventPages(filters, rules)) {
    for (const event of events) found.set(event.id, joined(found.get(event.id), event))
    pages += 1
    lost += unreadable
    isCut = found.size > mostEvents || (nextCursor !== undefined && pages >= mostPages)
    if (isCut) break
  }
  const read = [...found.values()]
  if (!isCut) return { events: read, unreadable: lost }
  const last = read.slice(0, mostEvents + 1).at(-1)?.acceptedAt ?? ''
  const events = read.filter(({ acceptedAt }) => Date.parse(acceptedAt) > Date.parse(last))
  return { events, unreadable: lost, reachedTime: events.at(-1)?.acceptedAt ?? last }
}

/** An event whose records are on two pages is on both. */
function joined(before: ListedEvent | undefined, event: ListedEvent): ListedEvent {
  if (before === undefined) return event
  const known = new Set(before.outcomes.map(({ delivery }) => delivery))
  const added = event.outcomes.filter(({ delivery }) => !known.has(delivery))
  return { ...before, outcomes: [...before.outcomes, ...added] }
}
