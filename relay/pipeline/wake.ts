import type { EventOrder, LedgerRecord, Waiting } from '../model/delivery.ts'
import type { Ports } from '../ports/ports.ts'
import { timeHeld } from './record.ts'
import { isObjectId, objectsInForce } from './silences/silence-objects.ts'
import { noPause, type Pause, slicesOf } from './slices.ts'

const PAGE_SIZE = 200

/** How many records are in memory, and written, at once: each holds its event. */
const WOKEN_AT_ONCE = 100

/** The most deliveries that are looked at. Any further ones are tried by the retry schedule. */
const MAX_RECORDS = 10_000

type WakePorts = Pick<Ports, 'ledger' | 'queue' | 'clock'>

/**
 * Tries soon what waits for a configuration, after a configuration, Provider or Secret came, and what a Silence
 * held back that is gone or was changed. Each delivery keeps its chain of tries and its place in it. `delayMs` is
 * how long other processes may still use the old configuration; 0 when none does. `pause` lets other work run. Resolves with the number of
 * deliveries. Rejects when a store fails; those that were not woken are tried by the retry schedule.
 */
export async function wakeWaiting(
  ports: WakePorts & Pick<Ports, 'configs'>,
  cluster: string,
  delayMs = 0,
  pause: Pause = noPause,
): Promise<number> {
  const isWanted: IsWanted = ({ why }) => why === 'configuration'
  const waiting = await wakeThose(ports, { cluster, outcome: 'retry', isWanted }, delayMs)
  return waiting + (await wakeReleased(ports, cluster, delayMs, pause))
}

/** Looks soon at what Silences held back that are gone, have another condition or end sooner than they did. */
async function wakeReleased(
  ports: WakePorts & Pick<Ports, 'configs'>,
  cluster: string,
  delayMs: number,
  pause: Pause,
): Promise<number> {
  const isHeld: IsWanted = ({ silence }) => silence !== undefined && isObjectId(silence)
  const held = await findWaiting(ports.ledger, { cluster, outcome: 'held', isWanted: isHeld })
  if (held.length === 0) return 0
  const snapshot = await ports.configs.read(cluster)
  const set = typeof snapshot === 'object' ? snapshot : undefined
  const objects = await objectsInForce(set, ports.clock.now(), pause)
  const endsAt = new Map(objects.map((silence) => [silence.holdId, silence.endsAt]))
  const isWanted: IsWanted = (status) => {
    const end = endsAt.get(status.silence ?? '')
    return isHeld(status) && (end === undefined || end < status.dueAt)
  }
  return wakeEach(ports, held, isWanted, delayMs)
}

/**
 * Looks soon at what a silence holds back, after a person has ended it. `delayMs` is how long other processes
 * may still know it as it was; 0 when none does. Resolves with the number of deliveries. Rejects when a store
 * fails; those that were not woken are looked at when the silence would have ended.
 */
export function wakeSilenced(
  ports: WakePorts,
  cluster: string,
  silence: string,
  delayMs = 0,
): Promise<number> {
  const isWanted: IsWanted = (status) => status.silence === silence
  return wakeThose(ports, { cluster, outcome: 'held', isWanted }, delayMs)
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

async function wakeThose(ports: WakePorts, wanted: Wanted, delayMs: number): Promise<number> {
  return wakeEach(ports, await findWaiting(ports.ledger, wanted), wanted.isWanted, delayMs)
}

async function wakeEach(
  ports: WakePorts,
  found: readonly string[],
  isWanted: IsWanted,
  delayMs: number,
): Promise<number> {
  let woken = 0
  for (const ids of slicesOf(found, WOKEN_AT_ONCE)) {
    woken += await wakeAll(ports, ids, isWanted, delayMs)
  }
  return woken
}

/** Wakes these deliveries. Resolves with how many of them still waited. */
async function wakeAll(
  { ledger, queue, clock }: WakePorts,
  ids: readonly string[],
  isWanted: IsWanted,
  delayMs: number,
): Promise<number> {
  // With their versions, and as they are now.
  const read = await ledger.readMany(ids)
  const now = clock.now()
  const dueAt = now + delayMs
  const woken = read
    .flatMap(({ value: record, version }) => {
      const status = waitingOf(record, isWanted)
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

/** The ids of the deliveries that wait, the oldest first: they are sent in this order. */
async function findWaiting(
  ledger: Ports['ledger'],
  { cluster, outcome, isWanted }: Wanted,
): Promise<readonly string[]> {
  const waiting: (Ordered & { readonly id: string })[] = []
  let cursor: string | undefined
  for (let seen = 0; seen < MAX_RECORDS; seen += PAGE_SIZE) {
    const page = await ledger.list({ cluster, outcome }, PAGE_SIZE, cursor)
    for (const record of page.records) {
      if (record.kind === 'unreadable' || !waitingOf(record, isWanted)) continue
      waiting.push({ id: record.id, order: record.order })
    }
    cursor = page.nextCursor
    if (cursor === undefined) break
  }
  return waiting.toSorted(byOrder).map(({ id }) => id)
}

function waitingOf({ status }: LedgerRecord, isWanted: IsWanted): Waiting | undefined {
  return status.kind === 'waiting' && isWanted(status) ? status : undefined
}

function byOrder(a: Ordered, b: Ordered): number {
  if (a.order === b.order) return 0
  return a.order < b.order ? -1 : 1
}
