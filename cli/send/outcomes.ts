import { setTimeout as sleep } from 'node:timers/promises'
import type { RelayClient } from '../../client/relay-client.ts'
import type { Delivery } from '../../relay/api/schemas/deliveries.ts'

/** The deliveries of one event, as far as they have come. */
export interface EventOutcomes {
  readonly deliveries: readonly Delivery[]
  /** Whether each of them came to its end within the time. */
  readonly haveEnded: boolean
}

/** How long after a look the next one comes: much less than a person notices. Milliseconds. */
const LOOK_MS = 250

/**
 * Waits until the deliveries of an event have ended. The records of an event's Alerts are written one by
 * one, so the last two looks have to show the same.
 */
export async function eventOutcomes(
  api: RelayClient,
  { cluster, id }: { readonly cluster: string; readonly id: string },
  waitMs: number,
): Promise<EventOutcomes> {
  const until = performance.now() + waitMs
  let before: string | undefined
  for (;;) {
    const deliveries: Delivery[] = []
    for await (const delivery of api.deliveries({ cluster, event: id })) deliveries.push(delivery)
    const seen = deliveries.map((delivery) => `${delivery.id} ${delivery.outcome}`).join()
    const isOver = deliveries.length > 0 && deliveries.every(({ outcome }) => !isOpen(outcome))
    if (isOver && seen === before) return { deliveries, haveEnded: true }
    if (performance.now() >= until) return { deliveries, haveEnded: false }
    before = seen
    await sleep(LOOK_MS)
  }
}

/** Whether a delivery with this outcome is tried later. */
function isOpen(outcome: string): boolean {
  return outcome === 'retry' || outcome === 'held'
}
