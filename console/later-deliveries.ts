import { DeliveriesPage, type Delivery } from '../relay/api/schemas/deliveries.ts'
import { read } from './answers.ts'
import { alertName } from './deliveries-table.ts'
import type { ConsoleRelay } from './relay.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/**
 * The spans after a delivery that are looked at, one after the other, until enough is found. A relay lists the
 * latest first, so the next few are the end of a list, which is short where the span is.
 */
const SPANS_MS = [10 * MINUTE_MS, 2 * HOUR_MS, 24 * HOUR_MS, 8 * 24 * HOUR_MS]

/** Deliveries of one question, and how many questions a span gets. */
const PAGE_SIZE = 100
const MOST_PAGES = 5

type Lists = Pick<ConsoleRelay, 'listDeliveries'>

/**
 * The next deliveries of the same object and Alert, the latest first: one of them may have taken the place of this
 * one. Rejects with `Refused`.
 */
export async function nextDeliveries(
  relay: Lists,
  delivery: Delivery,
  most: number,
): Promise<readonly Delivery[]> {
  const { cluster, object, alert, acceptedAt } = delivery
  if (alert === undefined) return []
  const filters = { cluster, object, alert: alertName({ alert }), since: acceptedAt }
  let next: readonly Delivery[] = []
  for (const span of [...SPANS_MS, undefined]) {
    const until = span && { until: new Date(Date.parse(acceptedAt) + span).toISOString() }
    const found = await listWhole(relay, { ...filters, ...until })
    // Of a span with more than can be looked at the end is not known: what a shorter one has is all that is.
    if (found === undefined) break
    next = found.filter(({ id }) => id !== delivery.id).slice(-most)
    if (next.length === most) break
  }
  return next
}

/** A whole list; undefined where it is longer than can be looked at. */
async function listWhole(
  relay: Lists,
  filters: Readonly<Record<string, string>>,
): Promise<readonly Delivery[] | undefined> {
  const asked = new URLSearchParams({ ...filters, limit: String(PAGE_SIZE) })
  const deliveries: Delivery[] = []
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = read(DeliveriesPage, await relay.listDeliveries(asked))
    deliveries.push(...answer.deliveries)
    if (answer.nextCursor === undefined) return deliveries
    asked.set('cursor', answer.nextCursor)
  }
  return undefined
}
