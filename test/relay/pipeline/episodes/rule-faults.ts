import type { ShownRecord } from '../../../support/delivery-records.ts'
import { OBJECTS, type Reported, type RuleLife, type RuleSet } from './rule-life.ts'

/** An event that was reported, and what became of it for one Alert. */
interface Judged extends Reported {
  readonly outcome: string
  readonly reason: string
}

const isTold = ({ outcome }: Pick<Judged, 'outcome'>) => outcome === 'delivered'

/** Whether somebody was told, or finds what nobody was told of among what is dead. */
const isAnswered = ({ outcome }: Pick<Judged, 'outcome'>) =>
  isTold({ outcome }) || outcome === 'dead' || outcome === 'dismissed'

/** What is not as it has to be once a life is over, in which nothing waits. */
export async function faultsOf(life: RuleLife): Promise<readonly string[]> {
  const records = await life.records()
  const waiting = records.filter(({ outcome }) => outcome === 'retry' || outcome === 'held')
  return [
    ...waiting.map((record) => `it still waits: ${line(record)}`),
    ...postsFaults(life, records),
    ...life.sets.flatMap((set, index) =>
      OBJECTS.flatMap((object) => {
        const own = records.filter(
          ({ alert, event }) =>
            alert?.name === `alert-${index}` && event.involvedObject.name === object,
        )
        const judged = judgedOf(life, object, own)
        const found = [
          ...claimFaults(life, judged, records),
          ...(life.isChanged || life.isReplayed ? [] : ruleFaults(set, judged)),
          ...(life.isChanged || life.isReplayed ? [] : reminderFaults(life, set, judged, own)),
        ]
        const story = judged.map((one) => `  ${one.message} ${one.outcome}: ${one.reason}`)
        return found.map((fault) => [`${JSON.stringify(set)}: ${fault}`, ...story].join('\n'))
      }),
    ),
  ]
}

function judgedOf(life: RuleLife, object: string, own: readonly ShownRecord[]): readonly Judged[] {
  return life.reported
    .filter((reported) => reported.object === object)
    .map((reported) => {
      const record = own.find((one) => !isReminder(one) && one.event.message === reported.message)
      const { outcome = 'not taken', reason = '' } = record ?? {}
      return { ...reported, outcome, reason }
    })
}

/** Each delivery is told in exactly one message, and each message tells as many as it says. */
function postsFaults({ host, isReplayed }: RuleLife, records: readonly ShownRecord[]) {
  const posted = host.posted().reduce((sum, text) => {
    const [, count = '1'] = /^(\d+) events of \d+ object/.exec(text) ?? []
    return sum + Number(count)
  }, 0)
  const told = records.filter(isTold).length
  // A replay may send the message of a group once more.
  const most = isReplayed ? Number.POSITIVE_INFINITY : told
  return posted < told || posted > most ? [`${posted} posted, and ${told} delivered`] : []
}

/**
 * What a record says that another delivery told of was told by that or by a later one, or has ended. Where people change
 * Alerts meanwhile, that one may be skipped, and its own record says why.
 */
function claimFaults(
  { isChanged }: RuleLife,
  judged: readonly Judged[],
  records: readonly ShownRecord[],
) {
  return judged.flatMap((one, index) => {
    const teller = tellerOf(one.reason, records)
    if (teller === undefined || isAnswered(teller)) return []
    if (isChanged && teller.outcome === 'skipped') return []
    const later = judged.slice(index + 1)
    const isOver = later.some(
      (next) => next.of === 'success' || (isFailure(next) && isAnswered(next)),
    )
    return isOver ? [] : [`${one.message} was not told by ${line(teller)}`]
  })
}

/** The delivery of which a reason says that it tells, or that of which its own reason does. */
function tellerOf(reason: string, records: readonly ShownRecord[]): ShownRecord | undefined {
  const [, id] = /(?:told by|the) delivery ([0-9a-f]{12})/.exec(reason) ?? []
  const teller = id === undefined ? undefined : records.find((one) => one.id.startsWith(id))
  if (teller?.outcome !== 'skipped') return teller
  return tellerOf(teller.reason, records) ?? teller
}

function ruleFaults({ rules, spec = {} }: RuleSet, judged: readonly Judged[]): readonly string[] {
  const { only, after } = rules
  const isListed = 'exclusionList' in spec || 'inclusionList' in spec
  const faults: string[] = []
  const isSilenced = ({ reason }: Judged) => reason.startsWith('silenced by')
  for (const [index, one] of judged.entries()) {
    const before = judged.slice(0, index)
    const lasting = sinceLast(before, ({ of }) => of === 'success')
    if (one.of === 'success') {
      const untold = sinceLast(before, (it) => it.of === 'success' && isTold(it)).filter(isFailure)
      if (only === 'failures' && isTold(one) && !untold.some(isAnswered)) {
        faults.push(`${one.message} tells the end of what was not told`)
      }
      const mayTell = only !== undefined || (after !== undefined && spec.eventSeverity !== 'error')
      const wasTold = lasting.some((it) => isFailure(it) && isTold(it))
      if (mayTell && !isListed && wasTold && !isAnswered(one) && !isSilenced(one)) {
        faults.push(`${one.message} does not tell the end of what was told`)
      }
    }
    if (only !== undefined && isFailure(one) && isTold(one)) {
      const same = sinceLast(lasting, (it) => isFailure(it) && it.revision !== one.revision)
      if (same.some((it) => isFailure(it) && isTold(it)))
        faults.push(`${one.message} is told twice`)
    }
  }
  const open = sinceLast(judged, ({ of }) => of === 'success').filter(isFailure)
  const [least = '1'] = /^\d+(?= times)/.exec(after ?? '') ?? []
  if (open.length >= Number(least) && !open.some(isAnswered)) {
    faults.push('a failure lasts of which nobody was told')
  }
  return faults
}

/** A reminder is of what was told, comes while that lasts, and comes again until the seven days are over. */
function reminderFaults(
  { isClockSet, reported }: RuleLife,
  { rules }: RuleSet,
  judged: readonly Judged[],
  own: readonly ShownRecord[],
): readonly string[] {
  if (rules.remind === undefined || isClockSet) return []
  const reminders = own.filter((one) => isReminder(one) && isTold(one))
  const faults = reminders.flatMap((reminder) => {
    const { message, involvedObject } = reminder.event
    const told = judged.find((one) => one.message === message)
    const end = reported
      .slice(reported.findIndex((one) => one.message === message))
      .find(({ of, object }) => of === 'success' && object === involvedObject.name)
    return [
      ...(told && isTold(told) ? [] : [`a reminder of ${message}, which was not told`]),
      ...(end && wasSentAfter(reminder, end.at) ? [`a reminder of ${message} after its end`] : []),
    ]
  })
  const open = sinceLast(judged, ({ of }) => of === 'success').filter(isFailure)
  // Of a failure whose latest delivery is dead nobody is reminded.
  const last = open.some((one) => isAnswered(one) && !isTold(one))
    ? undefined
    : open.findLast(isTold)
  const count = reminders.filter(({ event }) => event.message === last?.message).length
  const [hours = '1'] = /^\d+/.exec(rules.remind) ?? []
  // Silences and destinations that fail take some of the days.
  const least = (5 * 24) / Number(hours)
  return last && count < least ? [...faults, `${count} reminders of ${last.message}`] : faults
}

/** Whether a reminder was sent by itself after a time: a message that tells of several goes on. */
function wasSentAfter({ attempts, toldIn }: ShownRecord, at: number): boolean {
  const last = attempts.at(-1)
  return toldIn === undefined && last !== undefined && last.startedAt > at + 1_000
}

/** What came after the last one that a test holds for. */
function sinceLast<T>(all: readonly T[], test: (one: T) => boolean): readonly T[] {
  return all.slice(all.findLastIndex(test) + 1)
}

function isFailure({ of }: Pick<Reported, 'of'>): boolean {
  return of === 'failure'
}

function isReminder(record: ShownRecord): boolean {
  return record.kind === 'delivery' && record.reminder !== undefined
}

function line({ alert, event, outcome, reason }: ShownRecord): string {
  return `${alert?.name} ${event.message} ${outcome}: ${reason}`
}
