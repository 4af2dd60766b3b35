import type { DeliveryRecord } from './model/delivery.ts'
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
  const woken = waiting.map(({ value, version }) => ({
    record: { ...value, attempt: value.attempt + 1, dueAt, updatedAt: now },
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
): Promise<ReadonlyArray<Versioned<DeliveryRecord>>> {
  const ids: string[] = []
  let cursor: string | undefined
  for (let seen = 0; seen < MAX_RECORDS; seen += PAGE_SIZE) {
    const page = await ledger.list({ cluster, outcome: 'retry' }, PAGE_SIZE, cursor)
    for (const { id, waitsFor } of page.records) if (waitsFor === 'configuration') ids.push(id)
    cursor = page.nextCursor
    if (cursor === undefined) break
  }
  // With their versions, and as they are now.
  const read = ids.length === 0 ? [] : await ledger.readMany(ids)
  return read
    .filter(({ value }) => value.outcome === 'retry' && value.waitsFor === 'configuration')
    .toSorted((a, b) => (a.value.order < b.value.order ? -1 : 1))
}
