import { type Dismissal, type LedgerRecord, outcomeOf } from '../model/delivery.ts'
import type { Ports } from '../ports/ports.ts'
import { readableRecord } from './readable-record.ts'

/** The ports that a dismissal needs: nothing is queued and nothing is sent. */
export type DismissPorts = Pick<Ports, 'ledger' | 'clock'>

/** The result of a dismissal. `reason` is for a person. */
export type DismissResult =
  | { readonly kind: 'dismissed'; readonly record: LedgerRecord }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * Puts a dead delivery away, which leaves the lists and the count of dead ones by that. It stays dismissed
 * until it is tried again, which only a replay brings about. The first dismissal counts: a second one
 * changes nothing. Refused when the delivery is not dead. `told` is who dismisses it, and why, as far as it is
 * known. Rejects when the ledger fails.
 */
export async function dismiss(
  ports: DismissPorts,
  id: string,
  told: Omit<Dismissal, 'at'>,
): Promise<DismissResult> {
  const stored = await readableRecord(ports.ledger, id)
  if (stored === undefined) return { kind: 'not-found' }
  if (typeof stored === 'string') return { kind: 'refused', reason: stored }
  const { value: record, version } = stored
  const outcome = outcomeOf(record)
  if (outcome === 'dismissed') return { kind: 'dismissed', record }
  const { status } = record
  if (status.kind === 'waiting' || outcome !== 'dead') {
    return { kind: 'refused', reason: notDeadText(outcome) }
  }
  const at = ports.clock.now()
  const dismissed = { ...record, status: { ...status, dismissal: { at, ...told } }, updatedAt: at }
  const [written] = await ports.ledger.writeMany([{ record: dismissed, expected: version }])
  return written ? { kind: 'dismissed', record: dismissed } : dismiss(ports, id, told)
}

/** Why a delivery with another outcome than `dead` and `dismissed` cannot be dismissed. */
export function notDeadText(outcome: string): string {
  return `only a dead delivery can be dismissed, and the outcome of this one is ${outcome}`
}
