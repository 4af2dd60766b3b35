import {
  type DeliveryRecord,
  isReminder,
  type LedgerRecord,
  outcomeOf,
} from '../../model/delivery.ts'
import { namespacedName } from '../../model/kubernetes.ts'
import type { Outcome } from '../../model/outcomes.ts'
import type { AlertVerdict } from './explanation.ts'

/** What became of an event for one Alert: what was recorded, or what follows from the rules of then. */
export interface EventVerdict extends Omit<AlertVerdict, 'outcome'> {
  /**
   * `unrecorded`: the Alert takes such events, and nothing is recorded of this one. Whether it was a repeat
   * is not worked out anew.
   */
  readonly outcome: Outcome | 'unrecorded'
  /** Whether the ledger has it. If not, it was worked out by the rules of then. */
  readonly recorded: boolean
  /** The id of the record. */
  readonly delivery?: string
}

/**
 * Puts what is recorded of an event in the place of what its rules say. What is recorded for all Alerts
 * together, such as a repeat, counts for each that takes the event. A reminder counts where no other record
 * of its Alert is left. A record of an Alert that the rules do not have comes first.
 */
export function withRecords(
  verdicts: readonly AlertVerdict[],
  records: readonly LedgerRecord[],
): readonly EventVerdict[] {
  const ofEvent = records.find(({ kind }) => kind === 'event')
  const left = new Map(
    remindersFirst(records).flatMap((record) =>
      record.kind === 'delivery' ? [[namespacedName(record.alert), record] as const] : [],
    ),
  )
  const settled = verdicts.map((verdict) => {
    const name = namespacedName(verdict.alert)
    const record = left.get(name)
    left.delete(name)
    return record ? recordedVerdict(record, verdict) : unrecordedVerdict(verdict, ofEvent)
  })
  return [...[...left.values()].map((record) => recordedVerdict(record)), ...settled]
}

/** The records, the reminders first, so that each other one takes the place of those of its Alert. */
function remindersFirst(records: readonly LedgerRecord[]): readonly LedgerRecord[] {
  return records.toSorted((a, b) => Number(isReminder(b)) - Number(isReminder(a)))
}

function recordedVerdict(record: DeliveryRecord, verdict?: AlertVerdict): EventVerdict {
  const { alert, provider = verdict?.provider, notes, status, id } = record
  const outcome = outcomeOf(record)
  const rule = outcome === 'skipped' ? verdict?.rule : undefined
  return {
    alert: { namespace: alert.namespace, name: alert.name },
    ...(provider && { provider: nameOf(provider) }),
    outcome,
    ...(rule && { rule }),
    reason: status.reason,
    notes,
    requests: verdict?.requests ?? [],
    recorded: true,
    delivery: id,
  }
}

const UNRECORDED =
  'the Alert takes such events, and there is no record of this one: a repeat of an unchanged status is counted in the record of another event'

function unrecordedVerdict(verdict: AlertVerdict, ofEvent: LedgerRecord | undefined): EventVerdict {
  if (verdict.outcome === 'skipped') return { ...verdict, recorded: false }
  const { rule: _, ...rest } = verdict
  const outcome = ofEvent && outcomeOf(ofEvent)
  if (!ofEvent || outcome === undefined || outcome === 'skipped') {
    return { ...rest, outcome: 'unrecorded', reason: UNRECORDED, recorded: false }
  }
  const { status, id } = ofEvent
  return { ...rest, outcome, reason: status.reason, recorded: true, delivery: id }
}

function nameOf({ namespace, name, type }: NonNullable<AlertVerdict['provider']>) {
  return { namespace, name, ...(type !== undefined && { type }) }
}
