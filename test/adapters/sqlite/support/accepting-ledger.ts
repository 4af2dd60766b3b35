import { type LedgerOptions, SqliteLedger } from '../../../../adapters/sqlite/ledger.ts'
import type { RelayDatabase } from '../../../../adapters/sqlite/relay-database.ts'
import { change } from '../../../../adapters/sqlite/statement.ts'
import { isTest, type LedgerRecord } from '../../../../relay/model/delivery.ts'
import { orderParts } from '../../../../relay/model/event-order.ts'
import type { RetryMessage } from '../../../../relay/model/queue-messages.ts'
import type { Clock } from '../../../../relay/ports/clock.ts'
import type { Ledger } from '../../../../relay/ports/ledger.ts'
import { deliveryRecord } from '../../../support/delivery-records.ts'

const ACCEPT = `INSERT INTO events (seq, id, grp, accepted_at, queued, body) VALUES (?, ?, '', ?, 0, ?)
  ON CONFLICT (seq) DO NOTHING`

/** A ledger whose records may be of events that were never accepted: it accepts them first, but those of tests. */
export function acceptingLedger(
  database: RelayDatabase,
  clock: Clock,
  options: LedgerOptions = {},
): SqliteLedger {
  const ledger = new SqliteLedger(database, clock, options)
  const writeMany = ledger.writeMany.bind(ledger)
  ledger.writeMany = async (writes) => {
    const reported = writes.filter(({ record }) => !isTest(record))
    await database.write(reported.map(({ record }) => acceptance(record)))
    return writeMany(writes)
  }
  return ledger
}

function acceptance(record: LedgerRecord) {
  const { eventId: id, cluster, event, objectLabels, acceptedAt, order } = record
  const body = JSON.stringify({ id, cluster, group: '', event, objectLabels, acceptedAt })
  return change(ACCEPT, Number(orderParts(order).sequence), id, acceptedAt, body)
}

/** Writes the records that these messages are about, in the place of what they were. */
export async function recordWaiting(
  ledger: Ledger,
  messages: readonly RetryMessage[],
): Promise<void> {
  for (const { deliveryId: id, attempt, dueAt } of messages) {
    const [stored] = await ledger.readMany([id])
    const record = deliveryRecord({ id, outcome: 'retry', attempt, dueAt })
    await ledger.writeMany([{ record, expected: stored?.version ?? 'absent' }])
  }
}
