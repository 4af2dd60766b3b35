import type { Awaitable } from '../../model/awaitable.ts'
import { type DeliveryRecord, isHeld, isObserved } from '../../model/delivery.ts'
import type { Episode, EpisodeFailure } from '../../model/stored/episode.ts'
import { DamagedRecord } from '../../model/stored/errors.ts'
import type { Ports } from '../../ports/ports.ts'
import { lastEnd } from '../object-memory.ts'
import { readSoundBare } from '../sound-records.ts'

export type ToldPorts = Pick<Ports, 'state' | 'clock' | 'ledger'>

type TellingPorts = Pick<ToldPorts, 'clock' | 'ledger'>

/** Whether an Alert was told of a failure. */
export type Telling =
  /** Nothing told of it. `isDead`: what should have died, and a person may replay it. */
  | { readonly kind: 'untold'; readonly isDead: boolean }
  /** `isSilenced`: a silence holds it back, and it is told only if the failure outlasts that. */
  | { readonly kind: 'on-its-way'; readonly isSilenced: boolean }
  /** `at` is in milliseconds since the epoch; absent when it is so long ago that nobody keeps it. */
  | { readonly kind: 'told'; readonly at?: number }
  /** The record of what told of it, or did not, is damaged. */
  | { readonly kind: 'unknown' }

/**
 * Finds out whether an Alert was told of a failure. `countsObserved`: what would have been sent counts, as in a
 * cluster that is observed. Rejects when the ledger fails.
 */
export async function tellingOf(
  ports: TellingPorts,
  { deliveryId, heldUntil }: EpisodeFailure,
  countsObserved: boolean,
): Promise<Telling> {
  if (deliveryId === undefined || heldUntil !== undefined) return UNTOLD
  return tellingBy(ports, deliveryId, countsObserved)
}

/** Finds out the same of one Delivery. Rejects when the ledger fails. */
export async function tellingBy(
  ports: TellingPorts,
  deliveryId: string,
  countsObserved: boolean,
): Promise<Telling> {
  const stored = await readUnlessDamaged(ports, deliveryId)
  if (stored === 'damaged') return { kind: 'unknown' }
  if (stored === undefined) return { kind: 'told' }
  const { status, updatedAt: at } = stored.value
  if (status.kind === 'waiting') {
    // One that is due is being sent perhaps, as its silence is over.
    const isSilenced = status.silence !== undefined && status.dueAt > ports.clock.now()
    return { kind: 'on-its-way', isSilenced }
  }
  const isTold = status.outcome === 'delivered' || (countsObserved && isObserved(stored.value))
  return isTold ? { kind: 'told', at } : { kind: 'untold', isDead: status.outcome === 'dead' }
}

const UNTOLD: Telling = { kind: 'untold', isDead: false }

async function readUnlessDamaged({ ledger }: Pick<Ports, 'ledger'>, id: string) {
  try {
    const [stored] = await ledger.readMany([id], { withoutEvents: true })
    return stored
  } catch (error) {
    if (error instanceof DamagedRecord) return 'damaged'
    throw error
  }
}

/** What an Alert knows of a failure when another event of its object comes. */
export interface Knowledge {
  /** Whether it was told, or will be. */
  readonly isTold: boolean
  /** The Deliveries by which it was told, or may be, whatever becomes of later ones. */
  readonly toldBy: readonly string[]
}

/** The event for which it is asked what an Alert knows of a failure. */
export interface Asking {
  readonly severity: string
  /** Whether a silence would hold the event back too. Rejects when a store fails. */
  isSilenced(): Awaitable<boolean>
}

/** Most Deliveries of one failure that are on their way and remembered; of more the latest ones. */
const MOST_ON_THEIR_WAY = 8

/**
 * Finds out whether an Alert was told of a failure, or will be, as far as it matters to an event. A
 * further failure is told again when the latest Delivery died; its end is told if any told of it. Where nobody
 * knows, neither the failure nor its end is kept from the Alert: it may be told of a failure twice, and never not at all.
 * What a silence holds back tells nothing of a failure that ends before, and stands in for no event that the
 * silence lets pass. Rejects when a store fails.
 */
export async function knowledgeOf(
  ports: TellingPorts,
  failure: EpisodeFailure | undefined,
  countsObserved: boolean,
  asking: Asking,
): Promise<Knowledge> {
  if (failure === undefined) return { isTold: false, toldBy: [] }
  const { deliveryId } = failure
  const isEnd = asking.severity !== 'error'
  const kindOf = async (telling: Telling) => {
    const isHeld = telling.kind === 'on-its-way' && telling.isSilenced
    return isHeld && (isEnd || !(await asking.isSilenced())) ? 'untold' : telling.kind
  }
  const kind = await kindOf(await tellingOf(ports, failure, countsObserved))
  if (deliveryId !== undefined && (kind === 'told' || kind === 'unknown')) {
    return { isTold: isEnd || kind === 'told', toldBy: [deliveryId] }
  }
  const before = await notUntold(earlierOf(failure), async (id) =>
    kindOf(await tellingBy(ports, id, countsObserved)),
  )
  if (deliveryId === undefined || kind === 'untold') {
    return { isTold: isEnd && before.length > 0, toldBy: before }
  }
  return { isTold: true, toldBy: [...before, deliveryId].slice(-MOST_ON_THEIR_WAY) }
}

/** The Deliveries of a failure but its latest, as an Episode keeps them. */
export function keptEarlier(
  toldBy: readonly string[],
): Pick<EpisodeFailure, 'toldBy' | 'alsoToldBy'> {
  const [first, ...others] = toldBy
  return {
    ...(first !== undefined && { toldBy: first }),
    ...(others.length > 0 && { alsoToldBy: others }),
  }
}

function earlierOf({ toldBy, alsoToldBy = [] }: EpisodeFailure): readonly string[] {
  return toldBy === undefined ? [] : [toldBy, ...alsoToldBy]
}

/** Those of the Deliveries that told something or may tell it; one alone when that surely did. */
async function notUntold(
  ids: readonly string[],
  kindOf: (id: string) => Promise<Telling['kind']>,
): Promise<readonly string[]> {
  const kinds = await Promise.all(ids.map(kindOf))
  const surely = ids.find((_, index) => kinds[index] === 'told')
  if (surely !== undefined) return [surely]
  return ids.filter((_, index) => kinds[index] !== 'untold')
}

/**
 * The Episode with the time until which the Delivery of its failure is held back, as that record has it: it moves along
 * when the clock is set. Rejects when the ledger fails.
 */
export async function withHeldUntil(
  ports: Pick<Ports, 'ledger'>,
  episode: Episode,
): Promise<Episode> {
  const { failure } = episode
  if (failure?.heldUntil === undefined || failure.deliveryId === undefined) return episode
  const [stored] = await readSoundBare(ports, [failure.deliveryId])
  if (stored === undefined || !isHeld(stored.value)) return episode
  return { ...episode, failure: { ...failure, heldUntil: stored.value.status.dueAt } }
}

/**
 * The Episode without its failure, when that ended by an event that its Alert did not hear of, as it was suspended, had
 * no such rule or did not select the object. Rejects when the store fails.
 */
export async function withoutEnded(
  { state }: Pick<Ports, 'state'>,
  episode: Episode,
  about: Pick<DeliveryRecord, 'cluster' | 'event' | 'order'>,
): Promise<Episode> {
  const { failure, judged, ...rest } = episode
  if (failure === undefined || judged === undefined || about.event.severity !== 'error') {
    return episode
  }
  const end = await lastEnd({ state }, about)
  const isUnheard = end !== undefined && end > judged.order
  // A success that is newer than the event ends what it reports, and so only what is held back.
  const isOver = isUnheard && (end < about.order || judged.order === about.order)
  return isOver ? { ...rest, judged } : episode
}
