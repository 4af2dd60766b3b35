import { DeliveriesPage, type Delivery } from '../relay/api/schemas/deliveries.ts'
import { read } from './answers.ts'
import type { ConsoleRelay } from './relay.ts'

/** Rows of a page. */
const PAGE_SIZE = 100

/**
 * Records that are looked at for one page. No index covers the text, reason and severity of an event, so a
 * search by these looks at the records that the other filters leave, and stops here.
 */
const MOST_LOOKED_AT = 5_000

const NOT_INDEXED = ['text', 'reason', 'severity'] as const

/** The deliveries of a page. */
export interface FoundDeliveries {
  readonly deliveries: readonly Delivery[]
  /** The cursor of older ones; absent where there are none. */
  readonly older?: string
  /** Beside `older`, where the search gave up: the accept time that it got back to. RFC 3339. */
  readonly gaveUpAt?: string
}

/** Finds a page of deliveries, the latest first. Rejects with `Refused`. */
export async function findDeliveries(
  relay: Pick<ConsoleRelay, 'listDeliveries'>,
  filters: ReadonlyMap<string, string>,
  cursor: string | undefined,
): Promise<FoundDeliveries> {
  const asked = new URLSearchParams([...filters, ['limit', String(PAGE_SIZE)]])
  const isSearch = NOT_INDEXED.some((name) => filters.has(name))
  const pages = isSearch ? MOST_LOOKED_AT / PAGE_SIZE : 1
  const deliveries: Delivery[] = []
  let next = cursor
  let reached: string | undefined
  for (let page = 0; page < pages && deliveries.length < PAGE_SIZE; page += 1) {
    if (next !== undefined) asked.set('cursor', next)
    const answer = read(DeliveriesPage, await relay.listDeliveries(asked))
    deliveries.push(...answer.deliveries)
    next = answer.nextCursor
    reached = answer.reachedTime
    if (next === undefined) return { deliveries }
  }
  const gaveUp = isSearch && deliveries.length < PAGE_SIZE && reached !== undefined
  return {
    deliveries,
    ...(next !== undefined && { older: next }),
    ...(gaveUp && { gaveUpAt: reached }),
  }
}
