import type { DeliveryRecord, LedgerRecord, Status } from '../../model/delivery.ts'
import type { LastFailure } from '../../model/stored/object-state.ts'
import type { Ports } from '../../ports/ports.ts'
import { objectGroupKey } from '../accept.ts'
import { readObjectState } from '../object-memory.ts'
import { deliveryId } from '../record.ts'

type FailurePorts = Pick<Ports, 'state' | 'ledger'>

/**
 * Why a failure that was held back is not told any more, for people: it has ended, or a newer delivery to the
 * same Alert tells of it. Undefined while it lasts. Rejects when a store fails.
 */
export async function endOfFailure(
  ports: FailurePorts,
  record: DeliveryRecord<Status>,
): Promise<string | undefined> {
  const failure = await lastFailure(ports, record)
  if (failure === undefined) return undefined
  if (failure.endedBy !== undefined && failure.endedBy > record.order) {
    return 'the object recovered while the failure was silenced'
  }
  if (failure.eventId === record.eventId || failure.order < record.order) return undefined
  const newer = await deliveryOf(ports, failure, record)
  if (newer === undefined || !isTold(newer)) return undefined
  return `the delivery ${newer.id.slice(0, 12)} tells of a newer failure of the object`
}

/**
 * The id of the delivery to the same Alert that is held back and tells of the same failure; undefined when there
 * is none. Rejects when a store fails.
 */
export async function heldAlike(
  ports: FailurePorts,
  record: DeliveryRecord<Status>,
): Promise<string | undefined> {
  const failure = await lastFailure(ports, record)
  if (failure === undefined || failure.eventId === record.eventId) return undefined
  if (failure.order < record.order || failure.endedBy !== undefined) return undefined
  const first = await deliveryOf(ports, failure, record)
  const isHeld = first?.status.kind === 'waiting' && first.status.silence !== undefined
  return isHeld ? first.id : undefined
}

async function lastFailure(
  ports: FailurePorts,
  { cluster, event }: DeliveryRecord<Status>,
): Promise<LastFailure | undefined> {
  const group = objectGroupKey(cluster, event.involvedObject)
  return (await readObjectState(ports, { cluster, group }))?.value.failure
}

async function deliveryOf(
  { ledger }: FailurePorts,
  { eventId }: LastFailure,
  { alert }: DeliveryRecord<Status>,
): Promise<LedgerRecord | undefined> {
  const [stored] = await ledger.readMany([deliveryId(eventId, alert.uid)])
  return stored?.value
}

/** Whether the Alert was told, will be, or would have been if its destination took it. */
function isTold({ status }: LedgerRecord): boolean {
  return status.kind === 'waiting' || status.outcome === 'delivered' || status.outcome === 'dead'
}
