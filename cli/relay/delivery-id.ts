import type { RelayClient } from '../../client/relay-client.ts'
import { UsageError } from '../../client/usage-error.ts'
import type { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { shortId } from '../output/short-id.ts'
import type { RelayFlags } from './options.ts'

/** What an id, or its beginning, stands for. */
export type FoundDelivery =
  | { readonly kind: 'found'; readonly delivery: Delivery }
  /** `why` is for a person. */
  | { readonly kind: 'missing'; readonly why: string }

/** Where a delivery is looked for. */
export interface DeliveryPlace extends RelayFlags {
  readonly cluster?: string
}

/** Characters of a SHA-256 in hexadecimal digits, of which no other id is the beginning. */
const WHOLE = 64

/** Most ids that a message names. */
const MOST_NAMED = 10

/** What can be the beginning of an id. */
const BEGINNING = /^[\w-]{1,63}$/

/**
 * Finds the delivery of an id, or of the beginning of one: on AWS among the newest ones of the cluster. Rejects
 * with `UsageError` when several deliveries fit.
 */
export async function findDelivery(
  api: RelayClient,
  id: string,
  place: DeliveryPlace,
): Promise<FoundDelivery> {
  const delivery = await api.delivery(id)
  if (delivery) return { kind: 'found', delivery }
  const missing = `there is no delivery ${id}`
  if (id.length >= WHOLE || !BEGINNING.test(id)) return { kind: 'missing', why: missing }
  const { cluster, stack } = place
  if (stack !== undefined && cluster === undefined) {
    const why = `${missing}; with --cluster the beginning of an id is enough`
    return { kind: 'missing', why }
  }
  const filters = { id, limit: String(MOST_NAMED + 1), ...(cluster !== undefined && { cluster }) }
  for await (const { deliveries, nextCursor, reachedTime } of api.deliveryPages(filters)) {
    const [first, second] = deliveries
    if (first && second) throw several(id, deliveries)
    if (first) return { kind: 'found', delivery: first }
    if (nextCursor === undefined) break
    // A page that is empty and not the last has looked at more than ten thousand.
    const far = `among the newest of ${cluster}, back to ${reachedTime}; give the whole id`
    return { kind: 'missing', why: `${missing} ${far}` }
  }
  const where = cluster === undefined ? '' : ` of ${cluster}`
  return { kind: 'missing', why: `${missing}${where}` }
}

/** The same, rejecting with `UsageError` also when there is none. */
export async function requireDelivery(
  api: RelayClient,
  id: string,
  place: DeliveryPlace,
): Promise<Delivery> {
  const found = await findDelivery(api, id, place)
  if (found.kind === 'found') return found.delivery
  throw new UsageError(found.why, 1)
}

function several(id: string, deliveries: readonly Delivery[]): UsageError {
  const named = deliveries.slice(0, MOST_NAMED).map((delivery) => namedBy(id, delivery))
  const more = deliveries.length > MOST_NAMED ? ' and more' : ''
  return new UsageError(`${id} is the beginning of several ids: ${named.join(', ')}${more}`, 1)
}

/** Long enough to show what more it has. */
function namedBy(id: string, delivery: Delivery): string {
  return id.length < shortId(delivery.id).length ? shortId(delivery.id) : delivery.id
}
