import type { DeliveryRecord, Reminder, Status } from '../../model/delivery.ts'
import { hashParts } from '../../model/hash.ts'
import type { EpisodeFailure } from '../../model/stored/episode.ts'
import { hasEnded } from '../object-memory.ts'
import type { MatchedCandidate } from '../prepare.ts'
import { isReplayed } from '../record.ts'
import { type MemoryRules, REMIND_FOR_MS } from '../rules/memory-rules.ts'
import { type SettleContext, settle } from '../settle.ts'
import { readEpisode } from './episode-store.ts'
import type { Verdict } from './judge.ts'
import { type Telling, type ToldPorts, tellingBy, tellingOf } from './told.ts'

interface RemindersContext extends SettleContext {
  readonly ports: SettleContext['ports'] & ToldPorts
}

type Delivery = DeliveryRecord<Status>

/**
 * Stores the first reminder of a failure, if its Alert has the rule, before the failure itself is sent: so it is
 * there whatever happens. Rejects when a store fails.
 */
export async function remindLater(
  record: Delivery,
  { provider }: MatchedCandidate,
  memory: MemoryRules,
  context: RemindersContext,
): Promise<void> {
  if (memory.remind === undefined) return
  const { failure } = (await readEpisode(context.ports, record)).episode
  if (failure === undefined) return
  const { metadata, spec } = provider.provider
  const told = { ...record, provider: { ...metadata, type: spec.type } }
  const reminder = { of: record.id, number: 1, since: failure.since }
  await store(told, reminder, memory.remind, context)
}

/**
 * Decides about a reminder that is due: it is sent while the failure lasts that its Delivery told of, and no newer
 * one tells of it, and always when a person asks for it. Stores the next one before that. Rejects when a store fails.
 */
export async function judgeReminder(
  record: Delivery,
  reminder: Reminder,
  memory: MemoryRules,
  context: RemindersContext,
  isObserved: boolean,
): Promise<Verdict> {
  const { ports } = context
  const isAsked = isReplayed(record)
  const skip = (reason: string): Verdict => (isAsked ? SEND : { kind: 'skip', reason })
  if (memory.remind === undefined) return skip('the Alert has no rule remind any more')
  const failure = await lastingOf(record, reminder, ports)
  if (typeof failure === 'string') return skip(failure)
  if (!isAsked) {
    const telling = await tellingOf(ports, failure, isObserved)
    if (telling.kind === 'untold') {
      const until = ports.clock.now() + memory.remind.ms
      if (!telling.isDead || isTooLate(until, reminder, memory.remind.ms)) {
        return skip('the failure was not told')
      }
      const reason = 'the delivery of the failure is dead; reminds if it is told after all'
      return { kind: 'hold', until, reason }
    }
    const last =
      telling.kind === 'on-its-way' || reminder.number === 1
        ? telling
        : await tellingBy(ports, reminderId(record, reminder.number - 1), isObserved)
    const dueAt = dueAfter(last, record, memory.remind.ms, ports.clock.now())
    if (dueAt !== undefined) {
      const reason = `reminds if the failure lasts, after the message before is told (remind: ${memory.remind.source})`
      return { kind: 'hold', until: dueAt, reason }
    }
  }
  if (isAsked || isNewlyDue(record)) {
    const next = { ...reminder, number: reminder.number + 1 }
    await store(record, next, memory.remind, context)
  }
  return SEND
}

/**
 * Why there is nothing more to remind of, for people; undefined while there is, for any Delivery that is no reminder, and
 * when a person asks for one. Rejects when a store fails.
 */
export async function whyOver(
  record: Delivery,
  ports: Pick<ToldPorts, 'state'>,
): Promise<string | undefined> {
  if (record.reminder === undefined || isReplayed(record)) return undefined
  const failure = await lastingOf(record, record.reminder, ports)
  return typeof failure === 'string' ? failure : undefined
}

/** The failure that a reminder is of, while it lasts and no newer message tells of it; else the reason, for people. */
async function lastingOf(
  record: Delivery,
  { of }: Reminder,
  ports: Pick<ToldPorts, 'state'>,
): Promise<EpisodeFailure | string> {
  const { failure } = (await readEpisode(ports, record)).episode
  if (failure === undefined || (await hasEnded(ports, record))) return 'the failure has ended'
  return failure.deliveryId === of ? failure : 'another delivery tells of the failure'
}

function reminderId({ eventId, alert }: Delivery, number: number): string {
  return hashParts(eventId, alert.uid, 'remind', String(number))
}

const SEND: Verdict = { kind: 'send' }

/** Whether a reminder was not about to be sent before: then the next one is stored already. */
function isNewlyDue({ status }: Delivery): boolean {
  return status.kind === 'waiting' && (status.why === 'rule' || status.why === 'configuration')
}

/**
 * How much sooner than its time a reminder may come, as a share of that and at most: a message takes moments to be sent,
 * and never more than a minute. Milliseconds.
 */
const SOONER = 1 / 60
const SOONER_MS = 60_000

/** How much later than after its time the last reminder may be due. Milliseconds. */
const LAST_LATE_MS = 3_600_000

/**
 * When a reminder is due that came before the `last` message about the failure was told for as long; undefined when it is
 * now. The clock may have been set before that was told, or since: so it was told for as long as the clock says, or for
 * as much of what the reminder has waited as the clock said by then. Of what is possible the longer time counts.
 */
function dueAfter(
  last: Telling,
  { createdAt, heldMs = 0 }: Delivery,
  ms: number,
  now: number,
): number | undefined {
  if (last.kind === 'on-its-way') return now + ms
  if (last.kind !== 'told' || last.at === undefined) return undefined
  const bySince = now - last.at
  const byBefore = heldMs - (last.at - createdAt)
  const possible = [bySince, byBefore].filter((toldMs) => toldMs >= 0 && toldMs <= heldMs)
  const leftMs = ms - Math.max(...(possible.length > 0 ? possible : [bySince, byBefore]))
  return leftMs > Math.min(ms * SOONER, SOONER_MS) ? now + leftMs : undefined
}

/**
 * Whether a failure lasts for too long then to remind of it. Each reminder is due moments later than planned, as the
 * failure was told moments after it began, and the last one counts all the same.
 */
function isTooLate(dueAt: number, { since }: Reminder, ms: number): boolean {
  return dueAt > since + REMIND_FOR_MS + Math.min(ms / 2, LAST_LATE_MS)
}

/** Stores a reminder that is due after the rule's time, unless the failure lasts for too long then. */
async function store(
  from: Delivery,
  reminder: Reminder,
  { ms, source }: NonNullable<MemoryRules['remind']>,
  context: RemindersContext,
): Promise<void> {
  const now = context.ports.clock.now()
  const dueAt = now + ms
  if (isTooLate(dueAt, reminder, ms)) return
  const { subjectStateKey: _, replayedBy: __, heldMs: ___, ...rest } = from
  const reason = `reminds if the failure lasts (remind: ${source})`
  await settle(context, {
    ...rest,
    id: reminderId(from, reminder.number),
    status: { kind: 'waiting', why: 'rule', dueAt, reason },
    reminder,
    notes: [],
    attempt: 1,
    tries: 0,
    failures: 0,
    attempts: [],
    requestsDone: 0,
    replayedAt: [],
    createdAt: now,
    updatedAt: now,
  })
}
