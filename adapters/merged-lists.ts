import type { Outcome } from '../relay/model/outcomes.ts'
import type { LedgerFilter } from '../relay/ports/ledger.ts'
import type { ListPosition } from './ledger-cursor.ts'

/** A filter that one index can answer in order: it names one outcome at most. */
export type OneOutcomeFilter = Omit<LedgerFilter, 'outcome'> & { readonly outcome?: Outcome }

/** A part of a list, the latest accepted first. */
export interface ListPart<P extends ListPosition = ListPosition> {
  readonly positions: readonly P[]
  /** The position up to which the list was read; undefined when it was read to its end. */
  readonly reached: ListPosition | undefined
}

/** The filters, each for one outcome, that together select what a filter does. */
export function perOutcome({ outcome, ...rest }: LedgerFilter): readonly OneOutcomeFilter[] {
  if (outcome === undefined) return [rest]
  const outcomes = typeof outcome === 'string' ? [outcome] : [...new Set(outcome)]
  return outcomes.map((one) => ({ ...rest, outcome: one }))
}

/** Says which of two positions comes first in a list: below 0 when it is the first one. */
export type PositionOrder = (a: ListPosition, b: ListPosition) => number

/**
 * Joins several lists to the first `limit` positions of all of them, in the order of the lists. Positions
 * beyond the place up to which one of the lists was read are left out, since that list may have more before them.
 */
export function mergeLists<P extends ListPosition>(
  lists: readonly ListPart<P>[],
  limit: number,
  order: PositionOrder,
): ListPart<P> {
  const [only, ...others] = lists
  if (only && others.length === 0) return only
  const [reached] = lists.flatMap((list) => list.reached ?? []).toSorted(order)
  const known = lists
    .flatMap(({ positions }) => positions)
    .filter((position) => reached === undefined || order(position, reached) <= 0)
    .toSorted(order)
  const positions = known.slice(0, limit)
  return { positions, reached: known.length > limit ? positions.at(-1) : reached }
}
