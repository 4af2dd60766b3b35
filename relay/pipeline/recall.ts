import type { Awaitable } from '../model/awaitable.ts'
import type { ReadOptions } from '../ports/ledger.ts'
import { deliveryId, eventRecordId } from './record.ts'
import type { Room } from './room.ts'
import { requeue, type SettleContext } from './settle.ts'
import { slicesOf } from './slices.ts'
import { readParted } from './sound-records.ts'

/**
 * The most records that one event reads at once: each holds the event, and an event may have
 * thousands.
 */
export const READ_AT_ONCE = 100

/** The most records that all events together read at once. */
export const RECALLED_AT_ONCE = 1_000

export interface RecallContext extends SettleContext {
  /** Bounds the records in memory to `RECALLED_AT_ONCE`. */
  readonly recalling: Room
}

/** What the ledger knows about an event that is dispatched. */
export interface Recalled {
  /** Whether the event itself has a record, because it reached no Alert. */
  readonly hasEvent: boolean
  /** Whether any of its deliveries has a record. */
  readonly hasDeliveries: boolean
  /** Whether this delivery has a record. */
  hasDelivery(id: string): Awaitable<boolean>
}

/** What the ledger knows about a new event. */
export const NOTHING_RECALLED: Recalled = {
  hasEvent: false,
  hasDeliveries: false,
  hasDelivery: () => false,
}

/**
 * Tells which records an event has for the Alerts with these UIDs, and queues again the next tries
 * of those that wait. One that is damaged counts as a record: its fault is not that of the other deliveries. Keeps no
 * list of the records: an event may fit thousands of Alerts, and a thousand events may be dispatched at once.
 */
export async function recall(
  context: RecallContext,
  eventId: string,
  alertUids: Iterable<string>,
  options: ReadOptions = {},
): Promise<Recalled> {
  const own = eventRecordId(eventId)
  let slices = 0
  let hasEvent = false
  let hasDeliveries = false
  let first: ReadonlySet<string> = new Set()
  for (const ids of slicesOf(idsOf(eventId, alertUids), READ_AT_ONCE)) {
    const known = await readSlice(context, ids, options)
    if (slices === 0) first = known
    slices += 1
    hasEvent ||= known.has(own)
    hasDeliveries ||= known.size > (known.has(own) ? 1 : 0)
  }
  return {
    hasEvent,
    hasDeliveries,
    async hasDelivery(id) {
      if (slices === 1 || !hasDeliveries) return first.has(id)
      const { sound, damaged } = await readParted(context.ports, [id])
      return sound.length + damaged.length > 0
    },
  }
}

function* idsOf(eventId: string, alertUids: Iterable<string>): Generator<string> {
  yield eventRecordId(eventId)
  for (const uid of alertUids) yield deliveryId(eventId, uid)
}

function readSlice(
  context: RecallContext,
  ids: readonly string[],
  options: ReadOptions,
): Promise<ReadonlySet<string>> {
  return context.recalling.hold(ids.length, async () => {
    const { sound, damaged } = await readParted(context.ports, ids, options)
    const records = sound.map(({ value }) => value)
    await requeue(context, records)
    return new Set([...records.map(({ id }) => id), ...damaged])
  })
}
