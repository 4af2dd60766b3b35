import type { DeliveryRecord, Status } from '../../model/delivery.ts'
import type { Digest } from '../../model/stored/group-message.ts'
import type { Ports } from '../../ports/ports.ts'
import { type Conclusion, end } from '../conclusion.ts'
import type { MatchedCandidate } from '../prepare.ts'
import { isReplayed } from '../record.ts'
import { type Gathering, gatherByRule, gatherForLimit } from './gathering.ts'
import { type Ended, type Grouped, group, leadAlone, toldWith } from './group.ts'

/** A delivery that is sent now, with what its message says if that tells of several. */
export interface LetGo {
  readonly kind: 'go'
  readonly digest?: Digest
  /** What the ledger tells, such as why the rule has no effect. */
  readonly notes?: readonly string[]
}

export const UNGROUPED: LetGo = { kind: 'go' }

/**
 * Whether a delivery is told together with others, or may be. `isLimited`: whether its type is for chat,
 * and its destination limits the rate now.
 */
export function mayBeGrouped(
  { toldIn }: DeliveryRecord<Status>,
  { group }: MatchedCandidate,
  isLimited: boolean,
): boolean {
  if (toldIn !== undefined) return true
  return group === undefined ? isLimited : group !== 'never'
}

/** What decides about a group beside the delivery. */
export interface GroupSituation {
  /** Whether the type is for chat, and its destination limits the rate now. */
  readonly isLimited: boolean
  /** Where the relay's console is open to people; absent when it is not. */
  readonly publicUrl?: string | undefined
}

/**
 * Decides about a delivery that may be grouped: a conclusion when it is not sent now, or not by itself. A
 * replay is told alone, or as the message of its group was. Rejects when a store fails.
 */
export async function attemptGroup(
  ports: Pick<Ports, 'state' | 'clock' | 'ledger'>,
  record: DeliveryRecord<Status>,
  candidate: MatchedCandidate,
  { isLimited, publicUrl }: GroupSituation,
): Promise<LetGo | Conclusion> {
  const gathering = gatheringOf(record, candidate, isLimited)
  const grouped = isReplayed(record)
    ? await leadAlone(ports, record, gathering)
    : await group(
        ports,
        { record, provider: candidate.provider.provider.metadata, publicUrl },
        gathering,
      )
  return conclude(grouped, gathering?.why)
}

function gatheringOf(
  record: DeliveryRecord<Status>,
  candidate: MatchedCandidate,
  isLimited: boolean,
): Gathering | undefined {
  const { group: rule, type } = candidate
  if (rule === 'never' || type.family !== 'chat') return undefined
  if (rule !== undefined) return gatherByRule(record, candidate, rule)
  if (isLimited) return gatherForLimit(record, candidate)
  if (record.toldIn === undefined) return undefined
  // What gathered it is over: the limit, or the rule.
  return { ...gatherForLimit(record, candidate), why: 'as was decided before' }
}

function conclude(grouped: Grouped, why = 'as before'): LetGo | Conclusion {
  switch (grouped.kind) {
    case 'alone':
      return grouped.note === undefined ? UNGROUPED : { kind: 'go', notes: [grouped.note] }
    case 'leads':
      return { kind: 'go', digest: grouped.digest }
    case 'waits': {
      const { leader: toldIn, until } = grouped
      const reason = `waits until ${new Date(until).toISOString()} to be told with others, ${why}`
      return { kind: 'postponed', why: 'rule', reason, until, endsWhenLate: false, toldIn }
    }
    case 'ended':
      return concludeEnded(grouped)
  }
}

function concludeEnded({ outcome, reason, leader: toldIn }: Ended): Conclusion {
  return { ...end(outcome, reason), toldIn }
}

/**
 * What becomes of a delivery that the message of another one told of, or that is being sent, whatever has become of its
 * Alert since; undefined for any other. Rejects when a store fails.
 */
export async function concludeTold(
  ports: Pick<Ports, 'state' | 'clock' | 'ledger'>,
  record: DeliveryRecord<Status>,
): Promise<Conclusion | undefined> {
  const { toldIn, id } = record
  if (toldIn === undefined || toldIn === id || isReplayed(record)) return undefined
  const told = await toldWith(ports, record, toldIn)
  const concluded = told && conclude(told)
  return concluded?.kind === 'go' ? undefined : concluded
}
