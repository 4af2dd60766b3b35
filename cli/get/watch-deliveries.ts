import { setTimeout as wait } from 'node:timers/promises'
import { PAGE_SIZE, type RelayClient } from '../../client/relay-client.ts'
import type { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { selectDeliveries } from './select-deliveries.ts'

/** What is watched, and how. */
export interface DeliveriesWatch {
  /** The parameters of `GET /v1/deliveries`. */
  readonly filters: Readonly<Record<string, string>>
  readonly namespace: string | undefined
  /** What is shown already. */
  readonly known: readonly Delivery[]
  /** How long to wait between two looks. Milliseconds. */
  readonly everyMs: number
  /** Told of those that came or changed, the earliest first. */
  onChange(deliveries: readonly Delivery[]): Promise<void>
}

/**
 * Asks for the latest deliveries again and again, as many as a page holds, and tells of those that came or changed.
 * Never ends by itself; rejects with `UsageError` when the relay cannot be asked.
 */
export async function watchDeliveries(
  api: Pick<RelayClient, 'deliveryPages'>,
  { filters, namespace, known, everyMs, onChange }: DeliveriesWatch,
): Promise<never> {
  const selection = { filters, namespace, limit: PAGE_SIZE, mostRead: PAGE_SIZE }
  let seen = versionsOf(known)
  // What is older than the list was there before, and is not new.
  const [oldest = 0] = known
    .map(({ acceptedAt }) => Date.parse(acceptedAt))
    .toSorted((a, b) => a - b)
  for (;;) {
    await wait(everyMs)
    const { deliveries } = await selectDeliveries(api, selection)
    const recent = deliveries.filter(({ acceptedAt }) => Date.parse(acceptedAt) >= oldest)
    const changed = recent.filter(({ id, updatedAt }) => seen.get(id) !== (updatedAt ?? ''))
    if (changed.length > 0) await onChange(changed.toReversed())
    seen = versionsOf(recent)
  }
}

function versionsOf(deliveries: readonly Delivery[]): ReadonlyMap<string, string> {
  return new Map(deliveries.map(({ id, updatedAt }) => [id, updatedAt ?? '']))
}
