import type { SQSRecord } from 'aws-lambda'
import type { Clock } from '../../relay/ports/clock.ts'
import { LATER_VERSION_S, LONGEST_S, secondsAfterReceives } from './put-back.ts'

/** The messages of a group, in order. */
export type Group = readonly SQSRecord[]

/** The groups that a call handles, and those that other calls are left to handle. */
export interface Parts {
  readonly now: readonly Group[]
  readonly later: readonly Group[]
}

/** A call lasts 60 s at most, within the visibility timeout that a call which was killed leaves. Milliseconds. */
const UNEXPLAINED_MS = (LONGEST_S - 60) * 1_000

/**
 * Leaves half of the groups, by chance, to other calls if one of the messages may have killed an earlier call, as by its
 * memory. The messages of such a call come back together, so those of other groups would be killed with it again and
 * again.
 */
export function inParts(groups: readonly Group[], clock: Pick<Clock, 'now' | 'random'>): Parts {
  const at = clock.now()
  const isSuspect = groups.flat().some((record) => mayHaveBeenKilled(record, at))
  if (!isSuspect || groups.length === 1) return { now: groups, later: [] }
  const shuffled = groups
    .map((group) => ({ group, place: clock.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ group }) => group)
  const half = Math.ceil(shuffled.length / 2)
  return { now: shuffled.slice(0, half), later: shuffled.slice(half) }
}

/**
 * Whether an earlier call with this message may have been killed: the message is older than if each call had put it
 * back. One that only a later version can read stays away for longer.
 */
function mayHaveBeenKilled({ attributes }: SQSRecord, now: number): boolean {
  const before = Number(attributes.ApproximateReceiveCount) - 1
  const ageMs = now - Number(attributes.ApproximateFirstReceiveTimestamp)
  let explainedS = 0
  for (let receives = 1; receives <= before; receives += 1) {
    explainedS += secondsAfterReceives(receives)
  }
  return ageMs >= explainedS * 1_000 + UNEXPLAINED_MS && ageMs < before * LATER_VERSION_S * 1_000
}
