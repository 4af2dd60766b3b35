import { createHash } from 'node:crypto'
import { jsonValue } from '../relay/model/json-value.ts'
import { InvalidCursor, type LedgerFilter } from '../relay/ports/ledger.ts'

/** The position of a record in a list: latest accepted first, and then by id. */
export interface ListPosition {
  readonly acceptedAt: number
  readonly id: string
}

/**
 * The cursor that continues after `position`. It contains a hash of the filter that it belongs to.
 */
export function formatCursor({ acceptedAt, id }: ListPosition, filter: LedgerFilter): string {
  return Buffer.from(JSON.stringify([acceptedAt, id, filterHash(filter)])).toString('base64url')
}

/** Reads a cursor. Throws `InvalidCursor` unless `formatCursor` made it for this filter. */
export function parseCursor(cursor: string, filter: LedgerFilter): ListPosition {
  const parts = partsOf(cursor)
  const [acceptedAt, id] = Array.isArray(parts) ? parts : []
  if (typeof acceptedAt === 'number' && typeof id === 'string') {
    const position = { acceptedAt, id }
    if (formatCursor(position, filter) === cursor) return position
  }
  throw new InvalidCursor('the cursor is not one of this list; start again without it')
}

function partsOf(cursor: string): unknown {
  return jsonValue(Buffer.from(cursor, 'base64url').toString())
}

function filterHash(filter: LedgerFilter): string {
  const { cluster, alert, provider, object, outcome, since, until, event, id } = filter
  const parts = [cluster, alert, provider, object, outcome, since, until, event, id].map(
    (part) => part ?? null,
  )
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 16)
}
