import type { EdgeRequest } from './http.ts'
import { headerOf } from './http.ts'

/** The header by which a shipper tells how many more events wait in its spool. */
export const SPOOLED_HEADER = 'flux-relay-spooled'

const COUNT = /^\d{1,9}$/

/** How many more events wait at the sender of a request; undefined when it does not tell. */
export function spooledEvents(request: Pick<EdgeRequest, 'headers'>): number | undefined {
  const text = headerOf(request, SPOOLED_HEADER)
  return text !== undefined && COUNT.test(text) ? Number(text) : undefined
}
