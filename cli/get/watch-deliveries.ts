import type { DeliveryChanges } from '../../client/delivery-changes.ts'
import type { RelayClient } from '../../client/relay-client.ts'
import type { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { versionOf } from '../relay/delivery-version.ts'
import { latestTime, newsAfter, patiently, poll, remember } from './looks.ts'
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
  /** Most deliveries that are looked at for those that came in between. */
  readonly mostRead: number
  /** How long to wait before each further try when the relay cannot be asked. Milliseconds; half a minute in all without. */
  readonly waitsMs?: readonly number[]
  /** Told why some of those may not be shown. */
  onCut(why: string): void
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
  const seen = new Map(known.map((delivery) => [delivery.id, versionOf(delivery)]))
  let latestAt = latestTime(known)
  const latest = () => patiently(() => latestOf(api, watch, seen, latestAt), watch.waitsMs)
  const looks = changes ? follow(changes, namespace, latest) : poll(latest, watch.everyMs)
  for await (const deliveries of looks) {
    const changed = deliveries.filter((delivery) => seen.get(delivery.id) !== versionOf(delivery))
    for (const it of changed) remember(seen, it.id, versionOf(it), known.length)
    latestAt = Math.max(latestAt, latestTime(changed))
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

/** The latest, back to those that were told of, the earliest first. */
async function latestOf(
  api: Pick<RelayClient, 'deliveryPages'>,
  { filters, namespace, known, changes, mostRead, onCut }: DeliveriesWatch,
  memory: ReadonlyMap<string, unknown>,
  latestAt: number,
): Promise<Deliveries> {
  const reading = { leastPages: 1, isAfterGap: changes !== undefined }
  const { isLast, isPossible } = newsAfter({ list: known, memory }, latestAt, reading)
  const selection = { filters, namespace, limit: Number.POSITIVE_INFINITY, mostRead }
  const { deliveries, cut } = await selectDeliveries(api, { ...selection, isEnough: isLast })
  if (cut !== undefined) onCut(cut)
  return deliveries.filter(isPossible).toReversed()
}
