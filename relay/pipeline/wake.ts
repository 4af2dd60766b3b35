import type { EventOrder, LedgerRecord, Waiting } from '../model/delivery.ts'
import { eventSize } from '../model/event.ts'
import type { Ports } from '../ports/ports.ts'
import { timeHeld } from './record.ts'
import { readInForce } from './silences/in-force.ts'
import { isObjectId } from './silences/silence-objects.ts'
import { noPause, type Pause, slicesOf } from './slices.ts'

const PAGE_SIZE = 200

/** How many records are in memory, and written, at once, and how many bytes of their events. */
const WOKEN_AT_ONCE = 100
const BYTES_AT_ONCE = 8 * 1024 * 1024

/** The most deliveries that are looked at. Any further ones are tried by the retry schedule. */
const MAX_RECORDS = 10_000

/** By when every process knows that a silence has ended. Milliseconds. */
const KNOWN_TO_ALL_MS = 10_000

type WakePorts = Pick<Ports, 'ledger' | 'queue' | 'clock'>
type ReleasePorts = WakePorts & Pick<Ports, 'configs' | 'state'>

/** What bounds a wake. */
export interface WakeBounds {
  /** Whether there is time to read or to write another part; always by default. */
  readonly hasTime?: () => boolean
  /**
   * Wakes only what was not written since, in milliseconds since the epoch: what an earlier part of this wake woke
   * may wait again already.
   */
  readonly notSince?: number
}

/** How far a wake came. */
export interface Woken {
  readonly deliveries: number
  /** Whether none is left that the time was too short for. */
  readonly isComplete: boolean
}

/**
 * Tries soon what waits for a configuration, after a configuration, Provider or Secret came, and what a silence
 * held back that is gone, was changed or has ended. Each delivery keeps its chain of tries and its place in it. `pause` lets
 * other work run. Resolves with the number of deliveries. Rejects when a store fails; those that were not woken are tried by the retry schedule.
 */
export async function wakeWaiting(
  ports: ReleasePorts,
  cluster: string,
  pause: Pause = noPause,
): Promise<number> {
  return (await wakeInTime(ports, cluster, {}, pause)).deliveries
}

/** Does as `wakeWaiting` within bounds. Call it again for what is left, with `notSince` the time of the first call. */
export async function wakeInTime(
  ports: ReleasePorts,
  cluster: string,
  bounds: WakeBounds,
  pause: Pause = noPause,
): Promise<Woken> {
  const wake = { ports, bounds, delayMs: 0 }
  const isWanted: IsWanted = ({ why }) => why === 'configuration'
  const waiting = await wakeThose(wake, { cluster, outcome: 'retry', isWanted })
  const released = await wakeReleased(wake, ports, cluster, pause)
  return both(waiting, released)
}

/** Does as `wakeWaiting` for what silences held back alone. */
export async function wakeHeld(
  ports: ReleasePorts,
  cluster: string,
  pause: Pause = noPause,
): Promise<number> {
  return (await wakeReleased({ ports, bounds: {}, delayMs: 0 }, ports, cluster, pause)).deliveries
}

/**
 * Looks soon at what Silences held back that are gone, have another condition or end sooner than they did, and at
 * what those hold back that have ended since a person ended them.
 */
async function wakeReleased(
  wake: Wake,
  ports: ReleasePorts,
  cluster: string,
  pause: Pause,
): Promise<Woken> {
  const isHeld: IsWanted = ({ silence }) => silence !== undefined
  const held = await findWaiting(wake, { cluster, outcome: 'held', isWanted: isHeld })
  if (held.waiting.length === 0) return { deliveries: 0, isComplete: held.isComplete }
  const inForce = await readInForce(ports, cluster, pause)
  const released = await wakeEach(wake, held, ({ silence, dueAt }) => {
    if (silence === undefined || !isObjectId(silence)) return false
    return (inForce.objects.get(silence) ?? Number.NEGATIVE_INFINITY) < dueAt
  })
  const soon = ports.clock.now() + KNOWN_TO_ALL_MS
  const left = await wakeEach({ ...wake, delayMs: KNOWN_TO_ALL_MS }, held, (status) => {
    const { silence, dueAt } = status
    if (silence === undefined || isObjectId(silence) || inForce.made.has(silence)) return false
    return dueAt > soon
  })
  return both(released, left)
}

/**
 * Looks soon at what a silence holds back, after a person has ended it. `delayMs` is how long other processes
 * may still know it as it was; 0 when none does. Resolves with the number of deliveries. Rejects when a store
 * fails; those that were not woken are looked at by `wakeHeld`, or when the silence would have ended.
 */
export async function wakeSilenced(
  ports: WakePorts,
  cluster: string,
  silence: string,
  delayMs = 0,
): Promise<number> {
  const isWanted: IsWanted = (status) => status.silence === silence
  const wake = { ports, bounds: {}, delayMs }
  return (await wakeThose(wake, { cluster, outcome: 'held', isWanted })).deliveries
}

/** A wake with its bounds. `delayMs` is how long the deliveries wait on. */
interface Wake {
  readonly ports: WakePorts
  readonly bounds: WakeBounds
  readonly delayMs: number
}

/** Whether a waiting delivery is to be woken. */
type IsWanted = (status: Waiting) => boolean

/** The deliveries to wake. */
interface Wanted {
  readonly cluster: string
  /** The outcome under which the ledger lists them. */
  readonly outcome: 'retry' | 'held'
  readonly isWanted: IsWanted
}

async function wakeThose(wake: Wake, wanted: Wanted): Promise<Woken> {
  return wakeEach(wake, await findWaiting(wake, wanted), wanted.isWanted)
}

/** What was found to wait, the oldest first. */
interface Found {
  readonly waiting: readonly FoundDelivery[]
  readonly isComplete: boolean
}

async function wakeEach(
  wake: Wake,
  { waiting, isComplete }: Found,
  isWanted: IsWanted,
): Promise<Woken> {
  let deliveries = 0
  for (const slice of slicesOf(waiting, WOKEN_AT_ONCE, { most: BYTES_AT_ONCE, of: bytesOf })) {
    if (!hasTime(wake)) return { deliveries, isComplete: false }
    const ids = slice.map(({ id }) => id)
    deliveries += await wakeAll(wake, ids, isWanted)
  }
  return { deliveries, isComplete }
}

/** Wakes these deliveries. Resolves with how many of them still waited. */
async function wakeAll(
  { ports: { ledger, queue, clock }, bounds, delayMs }: Wake,
  ids: readonly string[],
  isWanted: IsWanted,
): Promise<number> {
  // With their versions, and as they are now.
  const read = await ledger.readMany(ids)
  const now = clock.now()
  const dueAt = now + delayMs
  const woken = read
    .flatMap(({ value: record, version }) => {
      const status = waitingOf(record, isWanted, bounds)
      if (!status) return []
      const { attempt } = record
      const next = {
        ...record,
        ...timeHeld(record, now),
        status: { ...status, dueAt },
        attempt: attempt + 1,
        updatedAt: now,
      }
      return [{ record: next, expected: version }]
    })
    .toSorted((a, b) => byOrder(a.record, b.record))
  const written = woken.length === 0 ? [] : await ledger.writeMany(woken)
  // The message that waits in the queue is of the attempt before, and so stale. Until this one is
  // queued it stands in for it: it is behind the ledger, and queues what the ledger says.
  const messages = woken.flatMap(({ record: { id, attempt, cluster } }, index) =>
    written[index] ? [{ deliveryId: id, attempt, dueAt, cluster }] : [],
  )
  if (messages.length > 0) await queue.sendRetries(messages)
  return messages.length
}

/** A delivery with its place in the order of its cluster's events. */
interface Ordered {
  readonly order: EventOrder
}

/** A delivery that was found, and how many bytes its event has. */
interface FoundDelivery extends Ordered {
  readonly id: string
  readonly bytes: number
}

const bytesOf = ({ bytes }: FoundDelivery) => bytes

/** Finds the deliveries that wait, the oldest first: they are sent in this order. */
async function findWaiting(wake: Wake, { cluster, outcome, isWanted }: Wanted): Promise<Found> {
  const waiting: FoundDelivery[] = []
  let cursor: string | undefined
  let isComplete = true
  for (let seen = 0; seen < MAX_RECORDS; ) {
    isComplete = hasTime(wake)
    if (!isComplete) break
    const page = await wake.ports.ledger.list({ cluster, outcome }, PAGE_SIZE, cursor)
    // A page may be short. An empty one counts too, so that it ends.
    seen += Math.max(page.records.length, 1)
    for (const record of page.records) {
      if (record.kind === 'unreadable' || !waitingOf(record, isWanted, wake.bounds)) continue
      const { id, order, event } = record
      waiting.push({ id, order, bytes: eventSize(event) })
    }
    cursor = page.nextCursor
    if (cursor === undefined) break
  }
  return { waiting: waiting.toSorted(byOrder), isComplete }
}

function hasTime({ bounds }: Wake): boolean {
  return bounds.hasTime?.() ?? true
}

function waitingOf(
  { status, updatedAt }: LedgerRecord,
  isWanted: IsWanted,
  { notSince = Number.POSITIVE_INFINITY }: WakeBounds,
): Waiting | undefined {
  const isWaiting = status.kind === 'waiting' && isWanted(status) && updatedAt < notSince
  return isWaiting ? status : undefined
}

function both(one: Woken, other: Woken): Woken {
  return {
    deliveries: one.deliveries + other.deliveries,
    isComplete: one.isComplete && other.isComplete,
  }
}

function byOrder(a: Ordered, b: Ordered): number {
  if (a.order === b.order) return 0
  return a.order < b.order ? -1 : 1
}
