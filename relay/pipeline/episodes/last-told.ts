import type { DeliveryRecord, EventOrder, Status } from '../../model/delivery.ts'
import { outcomeOf } from '../../model/delivery.ts'
import type { Outcome } from '../../model/outcomes.ts'
import type { Episode, Told } from '../../model/stored/episode.ts'
import type { Ports } from '../../ports/ports.ts'
import type { CompiledAlert } from '../compiled-alert.ts'
import { readSoundBare } from '../sound-records.ts'
import { type Remembered, readEpisode } from './episode-store.ts'
import { revisionOf } from './judge.ts'

/** What an Alert was last told about an object: the variable `last` of rules. */
export interface LastTold {
  /** What became of its Delivery so far. */
  readonly outcome: Outcome
  readonly severity: string
  readonly reason: string
  /** Absent when its event named none. */
  readonly revision?: string
  /** When it was sent, in milliseconds since the epoch. */
  readonly at: number
}

/** How much is remembered, so that an event that is judged again finds what was told before it. */
const MAX_TOLD = 4

/**
 * Reads what an Alert was last told about an object before the event of this order; undefined when that was
 * nothing. Rejects when a store fails.
 */
export async function readLastTold(
  ports: Pick<Ports, 'state' | 'ledger'>,
  about: Remembered & { readonly order: EventOrder },
): Promise<LastTold | undefined> {
  const { told = [] } = (await readEpisode(ports, about)).episode
  const earlier = told.filter(({ order }) => order < about.order)
  if (earlier.length === 0) return undefined
  const ids = earlier.map(({ deliveryId }) => deliveryId)
  const records = await readSoundBare(ports, ids)
  const outcomes = new Map(records.map(({ value }) => [value.id, outcomeOf(value)]))
  for (const { deliveryId, order: _, ...said } of earlier.toReversed()) {
    // Without a record its first try was under way a moment ago, or it is so long ago that nobody keeps it.
    const outcome = outcomes.get(deliveryId) ?? 'delivered'
    if (outcome !== 'skipped' && outcome !== 'suppressed') return { outcome, ...said }
  }
  return undefined
}

/** The Episode after a Delivery that is sent; undefined when it has that Delivery already. */
export function withTold(
  episode: Episode,
  { id, order, event }: DeliveryRecord<Status>,
  now: number,
): Episode | undefined {
  const { told = [] } = episode
  if (told.some(({ deliveryId }) => deliveryId === id)) return undefined
  const { severity, reason } = event
  const revision = revisionOf(event)
  const own: Told = {
    ...{ deliveryId: id, order, severity, reason, at: now },
    ...(revision !== undefined && { revision }),
  }
  const all = [...told, own].toSorted((a, b) => (a.order < b.order ? -1 : 1))
  return { ...episode, told: all.slice(-MAX_TOLD) }
}

/** Reads the same for any Alert, about the event of a record or of the queue. */
export function lastTold(
  ports: Pick<Ports, 'state' | 'ledger'>,
  about: Omit<Remembered, 'alert'> & { readonly order: EventOrder },
): (compiled: Pick<CompiledAlert, 'alert'>) => Promise<LastTold | undefined> {
  return ({ alert }) => readLastTold(ports, { ...about, alert: alert.metadata })
}
