import type { Awaitable } from '../model/awaitable.ts'
import type { BareRecord } from '../model/bare-record.ts'
import { isObserved } from '../model/delivery.ts'
import type { SeenEvent } from '../model/stored/object-state.ts'
import type { Ports } from '../ports/ports.ts'
import type { Candidate } from './match.ts'
import { READ_AT_ONCE, type RecallContext } from './recall.ts'
import { deliveryId, eventRecordId } from './record.ts'
import { slicesOf } from './slices.ts'
import { readSoundBare } from './sound-records.ts'

/** Tells which earlier events an event repeats, and for which Alerts. */
export interface Repeats {
  /**
   * Whether the event repeats an earlier one for every Alert that takes it, and there is such an
   * Alert; or whether an earlier event itself still waits for Alerts.
   */
  readonly areForAll: boolean
  /** The earlier events that are repeated for at least one Alert, oldest first. */
  readonly events: readonly SeenEvent[]
  /**
   * The earlier event that is repeated for an Alert; undefined when the event is news to it.
   * `place` is the Alert's index among those that take the event.
   */
  of(place: number): SeenEvent | undefined
}

export const NO_REPEATS: Repeats = { areForAll: false, events: [], of: () => undefined }

export type RepeatsContext = Pick<RecallContext, 'recalling'> & {
  readonly ports: Pick<Ports, 'ledger'>
}

/** Whether no rule keeps the event from the Alert, as far as that is known before a try. */
function takesEvent({ kind }: Candidate): boolean {
  return kind !== 'skipped'
}

/**
 * Tells for which Alerts an event repeats one of these earlier events of its fingerprint: those for
 * which a record of an earlier event is delivered or waits. With `countsObserved`, as for a cluster
 * that is observed, also those for which it would have been sent. Reads a bounded number of records
 * at once, and keeps one number for each Alert.
 */
export function findRepeats(
  context: RepeatsContext,
  earlier: readonly SeenEvent[],
  candidates: Iterable<Candidate>,
  countsObserved: boolean,
): Awaitable<Repeats> {
  if (earlier.length === 0) return NO_REPEATS
  return findRepeatsOf(context, earlier, candidates, countsObserved)
}

async function findRepeatsOf(
  context: RepeatsContext,
  earlier: readonly SeenEvent[],
  candidates: Iterable<Candidate>,
  countsObserved: boolean,
): Promise<Repeats> {
  const idsOf = function* () {
    // An earlier event may wait for its Alerts itself, before it has a Delivery to any.
    yield earlier.map(({ eventId }) => eventRecordId(eventId))
    for (const candidate of candidates) {
      const { uid } = candidate.alert.metadata
      if (takesEvent(candidate)) yield earlier.map(({ eventId }) => deliveryId(eventId, uid))
    }
  }
  const isTold = (record: BareRecord) => wasTold(record) || (countsObserved && isObserved(record))
  const perRead = Math.max(1, Math.floor(READ_AT_ONCE / earlier.length))
  const slices: Int16Array[] = []
  for (const ids of slicesOf(idsOf(), perRead)) slices.push(await findSlice(context, ids, isTold))

  const eventAt = (index: number) =>
    earlier[slices[Math.floor(index / perRead)]?.[index % perRead] ?? NONE]
  const waiting = eventAt(0)
  if (waiting) return { areForAll: true, events: [waiting], of: () => waiting }
  const found = new Set<number>()
  // The first place is that of the events themselves, of which none waits.
  let takers = -1
  let news = -1
  for (const slice of slices) {
    takers += slice.length
    for (const index of slice) {
      if (index === NONE) news += 1
      else found.add(index)
    }
  }
  return {
    areForAll: takers > 0 && news === 0,
    events: earlier.filter((_, index) => found.has(index)),
    of: (place) => eventAt(place + 1),
  }
}

/** An Alert whose source fits, with the earlier event that is repeated for it, if there is one. */
export interface Addressed {
  readonly candidate: Candidate
  readonly repeated: SeenEvent | undefined
}

/**
 * The candidates with their repeats. They must be the same ones, in the same order, as those given
 * to `findRepeats`.
 */
export function* withRepeats(
  candidates: Iterable<Candidate>,
  repeats: Repeats,
): Generator<Addressed> {
  let place = 0
  for (const candidate of candidates) {
    const isTaker = takesEvent(candidate)
    yield { candidate, repeated: isTaker ? repeats.of(place) : undefined }
    if (isTaker) place += 1
  }
}

/** The reason that names the repeated events. */
export function repeatReason(events: readonly SeenEvent[]): string {
  const named = events.map(
    ({ eventId, at }) => `${eventId.slice(0, 12)} of ${new Date(at).toISOString()}`,
  )
  return `repeats the ${named.length === 1 ? 'event' : 'events'} ${named.join(' and ')}`
}

const NONE = -1

/** The index of the latest record that counts in each list of ids, or `NONE`. */
async function findSlice(
  context: RepeatsContext,
  lists: readonly (readonly string[])[],
  isTold: IsTold,
): Promise<Int16Array> {
  const counting = await readCounting(context, lists.flat(), isTold)
  return Int16Array.from(lists, (ids) => ids.findLastIndex((id) => counting.has(id)))
}

function readCounting(
  { ports, recalling }: RepeatsContext,
  ids: readonly string[],
  isTold: IsTold,
): Promise<ReadonlySet<string>> {
  return recalling.hold(ids.length, async () => {
    const records = await readSoundBare(ports, ids)
    return new Set(records.filter(({ value }) => isTold(value)).map(({ value }) => value.id))
  })
}

type IsTold = (record: BareRecord) => boolean

/** Whether the destination of the record was told, or will be. */
function wasTold({ status }: BareRecord): boolean {
  return status.kind === 'waiting' || status.outcome === 'delivered'
}
