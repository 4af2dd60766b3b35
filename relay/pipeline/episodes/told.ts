import { isHeld, isObserved } from '../../model/delivery.ts'
import type { Episode, EpisodeFailure } from '../../model/stored/episode.ts'
import type { Ports } from '../../ports/ports.ts'

export type ToldPorts = Pick<Ports, 'state' | 'clock' | 'ledger'>

/** Whether an Alert was told of a failure. */
export type Telling =
  /** Nothing told of it. `isDead`: what should have died, and a person may replay it. */
  | { readonly kind: 'untold'; readonly isDead: boolean }
  | { readonly kind: 'on-its-way' }
  /** `at` is in milliseconds since the epoch; absent when it is so long ago that nobody keeps it. */
  | { readonly kind: 'told'; readonly at?: number }

/**
 * Finds out whether an Alert was told of a failure. `countsObserved`: what would have been sent counts, as in a
 * cluster that is observed. Rejects when the ledger fails.
 */
export async function tellingOf(
  { ledger }: Pick<Ports, 'ledger'>,
  { deliveryId, heldUntil }: EpisodeFailure,
  countsObserved: boolean,
): Promise<Telling> {
  if (deliveryId === undefined || heldUntil !== undefined) return UNTOLD
  const [stored] = await ledger.readMany([deliveryId])
  if (stored === undefined) return { kind: 'told' }
  const { status, updatedAt: at } = stored.value
  if (status.kind === 'waiting') return { kind: 'on-its-way' }
  const isTold = status.outcome === 'delivered' || (countsObserved && isObserved(stored.value))
  return isTold ? { kind: 'told', at } : { kind: 'untold', isDead: status.outcome === 'dead' }
}

const UNTOLD: Telling = { kind: 'untold', isDead: false }

/** Whether an Alert was told of a failure, or will be. Rejects when the ledger fails. */
export async function wasTold(
  ports: Pick<Ports, 'ledger'>,
  failure: EpisodeFailure | undefined,
  countsObserved: boolean,
): Promise<boolean> {
  if (failure === undefined) return false
  return (await tellingOf(ports, failure, countsObserved)).kind !== 'untold'
}

/**
 * The Episode with the time until which the Delivery of its failure is held back, as that record has it: it moves along
 * when the clock is set. Rejects when the ledger fails.
 */
export async function withHeldUntil(
  { ledger }: Pick<Ports, 'ledger'>,
  episode: Episode,
): Promise<Episode> {
  const { failure } = episode
  if (failure?.heldUntil === undefined || failure.deliveryId === undefined) return episode
  const [stored] = await ledger.readMany([failure.deliveryId])
  if (stored === undefined || !isHeld(stored.value)) return episode
  return { ...episode, failure: { ...failure, heldUntil: stored.value.status.dueAt } }
}
