import { isObserved, type LedgerRecord } from '../../model/delivery.ts'
import type { EpisodeFailure } from '../../model/stored/episode.ts'
import type { Ports } from '../../ports/ports.ts'

export type ToldPorts = Pick<Ports, 'state' | 'clock' | 'ledger'>

/**
 * Whether an Alert was told of a failure, or will be: its Delivery is not held back, and did not die.
 * `countsObserved`: what would have been sent counts, as in a cluster that is observed.
 */
export async function wasTold(
  { ledger }: Pick<Ports, 'ledger'>,
  failure: EpisodeFailure | undefined,
  countsObserved: boolean,
): Promise<boolean> {
  if (failure?.deliveryId === undefined || failure.heldUntil !== undefined) return false
  const [stored] = await ledger.readMany([failure.deliveryId])
  // Without a record its first try is under way, or it is so long ago that nobody keeps it.
  return stored === undefined || counts(stored.value, countsObserved)
}

function counts(record: LedgerRecord, countsObserved: boolean): boolean {
  const { status } = record
  if (status.kind === 'waiting') return true
  return status.outcome === 'delivered' || (countsObserved && isObserved(record))
}
