import type { DeliveryChanges } from '../../client/delivery-changes.ts'
import { PAGE_SIZE, type RelayClient } from '../../client/relay-client.ts'
import type { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { versionOf } from '../relay/delivery-version.ts'
import { poll, remember, withinList } from './looks.ts'
import { isOf, selectDeliveries } from './select-deliveries.ts'

/** What is watched, and how. */
export interface DeliveriesWatch {
  /** The parameters of `GET /v1/deliveries`. */
  readonly filters: Readonly<Record<string, string>>
  readonly namespace: string | undefined
  /** What is shown already. */
  readonly known: readonly Delivery[]
  /** The changes since before `known` was asked for. Without them the list is asked for again and again. */
  readonly changes: DeliveryChanges | undefined
  /** How long to wait between two lists. Milliseconds. */
  readonly everyMs: number
  /** Told of those that came or changed, the earliest first. */
  onChange(deliveries: readonly Delivery[]): Promise<void>
}

type Deliveries = readonly Delivery[]

/**
 * Tells of deliveries that come or change. Does not end by itself; rejects with `UsageError` when the relay cannot
 * be asked.
 */
export async function watchDeliveries(
  api: Pick<RelayClient, 'deliveryPages'>,
  watch: DeliveriesWatch,
): Promise<void> {
  const { changes, namespace, known, onChange } = watch
  const latest = () => latestOf(api, watch)
  const looks = changes ? follow(changes, namespace, latest) : poll(latest, watch.everyMs)
  const seen = new Map(known.map((delivery) => [delivery.id, versionOf(delivery)]))
  for await (const deliveries of looks) {
    const changed = deliveries.filter((delivery) => seen.get(delivery.id) !== versionOf(delivery))
    for (const it of changed) remember(seen, it.id, versionOf(it), known.length)
    if (changed.length > 0) await onChange(changed)
  }
}

async function* follow(
  changes: DeliveryChanges,
  namespace: string | undefined,
  latest: () => Promise<Deliveries>,
): AsyncIterable<Deliveries> {
  for await (const change of changes) {
    if (change === 'missed') yield latest()
    else yield change.filter((it) => namespace === undefined || isOf(it, namespace))
  }
}

/** As many of the latest as a page holds, the earliest first. */
async function latestOf(
  api: Pick<RelayClient, 'deliveryPages'>,
  { filters, namespace, known }: DeliveriesWatch,
): Promise<Deliveries> {
  const selection = { filters, namespace, limit: PAGE_SIZE, mostRead: PAGE_SIZE }
  const { deliveries } = await selectDeliveries(api, selection)
  return withinList(deliveries, known).toReversed()
}
