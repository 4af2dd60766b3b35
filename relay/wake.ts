import type { LedgerRecord, Waiting } from './model/delivery.ts'
import type { Ports, Versioned } from './ports.ts'

const PAGE_SIZE = 200

/** Most deliveries that are looked at; those beyond go by their schedule. */
const MAX_RECORDS = 10_000

/**
 * Tries soon what waits for a configuration: its cluster had none, or a Provider or Secret was missing,
 * and something of that has come. Each keeps its chain of tries and its place in it. `delayMs` is how
 * long whoever tries may still believe what was before; 0 where nobody does. Resolves with their
 * number, and rejects when a store fails; what is not woken goes by its schedule.
 */
export async function wakeWaiting(
  { ledger, queue, clock }: Pick<Ports, 'ledger' | 'queue' | 'clock'>,
  cluster: string,
  delayMs = 0,
): Promise<number> {
  const waiting = await findWaiting(ledger, cluster)
  const now = clock.now()
  const dueAt = now + delayMs
  const woken = waiting.map(({ value: { record, status }, version }) => ({
    record: {
      ...record,
      status: { ...status, dueAt },
      attempt: record.attempt + 1,
      updatedAt: now,
    },
    expected: version,
  }))
  const written = woken.length === 0 ? [] : await ledger.writeMany(woken)
  // The message that waits in the queue is of the attempt before, and so stale. Until this one is
  // queued it stands in for it: it is behind the ledger, and queues what the ledger says.
  const messages = woken.flatMap(({ record: { id, attempt } }, index) =>
    written[index] ? [{ deliveryId: id, attempt, dueAt }] : [],
  )
  if (messages.length > 0) await queue.sendRetries(messages)
  return messages.length
}

/** The oldest first, as they are to be sent. */
async function findWaiting(
  ledger: Ports['ledger'],
  cluster: string,
): Promise<ReadonlyArray<Versioned<WaitingRecord>>> {
  const ids: string[] = []
  let cursor: string | undefined
  for (let seen = 0; seen < MAX_RECORDS; seen += PAGE_SIZE) {
    const page = await ledger.list({ cluster, outcome: 'retry' }, PAGE_SIZE, cursor)
    for (const record of page.records) {
      if (record.kind !== 'unreadable' && waitingOf(record)) ids.push(record.id)
    }
    cursor = page.nextCursor
    if (cursor === undefined) break
  }
  // With their versions, and as they are now.
  const read = ids.length === 0 ? [] : await ledger.readMany(ids)
  return read
    .flatMap(({ value: record, version }) => {
      const status = waitingOf(record)
      return status ? [{ value: { record, status }, version }] : []
    })
    .toSorted((a, b) => (a.value.record.order < b.value.record.order ? -1 : 1))
}

/** A record that waits for a configuration, and how it waits. */
interface WaitingRecord {
  readonly record: LedgerRecord
  readonly status: Waiting
}

function waitingOf({ status }: LedgerRecord): Waiting | undefined {
  const waits = status.kind === 'waiting' && status.why === 'configuration'
  return waits ? status : undefined
}
