import type { DeliveryRecord, LedgerRecord } from '../../model/delivery.ts'
import type { Ports } from '../../ports/ports.ts'
import { isReplayed } from '../record.ts'
import { readSoundBare } from '../sound-records.ts'
import { isInMessage } from './messages.ts'

/**
 * Whether a message of a group tells of a delivery that waits for it, or that died with it, after all: it was sent again
 * since, or is being sent. Then the delivery has to be no message of its own, or people would read of it twice. Rejects
 * when a store fails.
 */
export async function isToldAgain(
  ports: Pick<Ports, 'state' | 'ledger'>,
  record: LedgerRecord,
): Promise<boolean> {
  if (!isUntoldWithOthers(record)) return false
  const { toldIn } = record
  if (!(await isInMessage(ports, record, toldIn))) return false
  const [leader] = await readSoundBare(ports, [toldIn])
  const status = leader?.value.status
  return status?.kind === 'waiting' || status?.outcome === 'delivered'
}

/** A delivery that was replayed before is sent by itself, whatever its group does. */
function isUntoldWithOthers(
  record: LedgerRecord,
): record is DeliveryRecord & { readonly toldIn: string } {
  if (record.kind === 'event' || record.toldIn === undefined || isReplayed(record)) return false
  const { id, toldIn, status } = record
  return toldIn !== id && (status.kind === 'waiting' || status.outcome === 'dead')
}
