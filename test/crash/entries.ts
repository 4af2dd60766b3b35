import type { DeliveryView } from '../../relay/api/delivery-view.ts'
import { hashParts } from '../../relay/model/hash.ts'
import type { Outcome } from '../../relay/model/outcomes.ts'
import { deliveryId, eventRecordId } from '../../relay/pipeline/record.ts'

/** A record of the ledger, as far as the test looks at it. */
export interface Entry {
  readonly id: string
  readonly eventId: string
  readonly cluster: string
  /** Name of the Alert; empty for an event that reached none. */
  readonly route: string
  /** Of the event, which tells it from all others. */
  readonly message: string
  readonly outcome: Outcome
  readonly reason: string
  readonly attempt: number
  readonly repeats: number
  /** The id of the delivery in whose message it is told together with others. */
  readonly toldIn?: string | undefined
  /** Which reminder of a failure that lasts it is, from 1 on; absent for any other. */
  readonly reminder?: number | undefined
  /** Whether it counts the events that found their status unchanged, and is nobody's own. */
  readonly isCounter: boolean
}

/** What both the API's view and the database's row have. */
export type Described = Pick<
  DeliveryView,
  'id' | 'eventId' | 'cluster' | 'outcome' | 'reason' | 'attempt' | 'repeats' | 'alert'
> & { readonly toldIn?: string | undefined; readonly event: { readonly message: string } }

export function entryOf(record: Described): Entry {
  const { id, eventId, cluster, reason, attempt, repeats, alert, event, toldIn } = record
  const isOwn = id === (alert ? deliveryId(eventId, alert.uid) : eventRecordId(eventId))
  const reminder = isOwn || !alert ? undefined : reminderOf(record, alert.uid)
  return {
    ...{ id, eventId, cluster, reason, attempt, repeats, toldIn },
    // The database knows one outcome of what waits, and people see two.
    outcome: record.outcome === 'held' ? 'retry' : record.outcome,
    route: alert?.name ?? '',
    message: event.message,
    reminder,
    isCounter: !isOwn && reminder === undefined,
  }
}

/** The most reminders of a failure that a campaign has time for. */
const MAX_REMINDERS = 300

function reminderOf({ id, eventId }: Described, uid: string): number | undefined {
  for (let number = 1; number <= MAX_REMINDERS; number += 1) {
    if (hashParts(eventId, uid, 'remind', String(number)) === id) return number
  }
  return undefined
}

/** Whether it says that its event, for its Alert or for all, only repeats an earlier one. */
export function isOfRepeat({ outcome, reason }: Entry): boolean {
  return outcome === 'suppressed' && reason.startsWith('repeats the event')
}

/** Reads all pages of `GET /v1/deliveries`. */
export async function readLedger(url: string): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  let cursor = ''
  do {
    const page = await readPage(`${url}/v1/deliveries?limit=200${cursor}`)
    entries.push(...page.deliveries.map(entryOf))
    cursor = page.nextCursor === undefined ? '' : `&cursor=${encodeURIComponent(page.nextCursor)}`
  } while (cursor !== '')
  return entries
}

interface Page {
  readonly deliveries: readonly DeliveryView[]
  readonly nextCursor?: string
}

async function readPage(url: string): Promise<Page> {
  const answer = await fetch(url)
  if (answer.status !== 200) throw new Error(`GET /v1/deliveries: ${await answer.text()}`)
  return (await answer.json()) as Page
}

/** What waits in the queue, by `/metrics`. */
export interface Depth {
  readonly events: number
  readonly retries: number
  /** How long the first retry is overdue, in seconds; 0 when none is due. */
  readonly overdueSeconds: number
}

export async function readDepth(url: string): Promise<Depth> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const sample = (name: string) => {
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `))
    if (line === undefined) throw new Error(`/metrics has no ${name}`)
    return Number(line.slice(name.length))
  }
  return {
    events: sample('flux_relay_queue_depth{queue="events"}'),
    retries: sample('flux_relay_queue_depth{queue="retries"}'),
    overdueSeconds: sample('flux_relay_queue_oldest_age_seconds{queue="retries"}'),
  }
}
