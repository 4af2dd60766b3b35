import { apiGroup, type Event } from '../../model/event.ts'
import { isFoundEnd, isGoodEnd } from '../../model/good-ends.ts'
import { groupKeys } from '../../model/group-keys.ts'
import type { Episode, EpisodeFailure } from '../../model/stored/episode.ts'
import type { MemoryRules } from '../rules/memory-rules.ts'
import { type Knowledge, keptEarlier } from './told.ts'

/** What the rules decide about a Delivery before it is sent. */
export type Verdict =
  | { readonly kind: 'send' }
  | { readonly kind: 'skip'; readonly reason: string }
  /** `until` is in milliseconds since the epoch. */
  | { readonly kind: 'hold'; readonly until: number; readonly reason: string }

/** What the rules look at. */
export interface JudgedEvent {
  readonly event: Event
  readonly order: string
  readonly deliveryId: string
  /** When the event happened, as far as it is known, in milliseconds since the epoch. */
  readonly happenedAt: number
  /** When it is judged, in milliseconds since the epoch. */
  readonly now: number
  /** Whether its Alert takes errors only, so that a success is here because it may end a failure. */
  readonly takesErrorsOnly: boolean
  /** Whether a success resolves an incident, which it always may. */
  readonly isResolve: boolean
}

/** A decision, and what is remembered from then on; `next` is absent when nothing changes. */
export interface Judgement {
  readonly verdict: Verdict
  readonly next?: Episode
}

/** The revision that an event is about; undefined when it names none. */
export function revisionOf({ involvedObject, metadata }: Event): string | undefined {
  return metadata[groupKeys(apiGroup(involvedObject)).revision]
}

/**
 * Judges an event by the rules of its Alert that have a memory. `known` is what the Alert knows of the failure
 * that lasts.
 */
export function judgeEvent(
  episode: Episode,
  judged: JudgedEvent,
  rules: MemoryRules,
  known: Knowledge,
): Judgement {
  const { event, order } = judged
  const newest = episode.judged
  if (newest?.order === order) return decidedBefore(episode, newest, judged)
  if (isNewer(newest, order)) return judgeLate(episode, judged, rules)
  const judgement =
    event.severity === 'error'
      ? judgeFailure(episode, judged, rules, known)
      : isGoodEnd(event)
        ? judgeSuccess(episode, judged, rules, known)
        : { verdict: judgeOther(judged, rules) }
  const { next, verdict } = judgement
  if (next === undefined) return judgement
  const { kind } = verdict
  const said = kind === 'send' ? {} : { reason: verdict.reason }
  return { verdict, next: { ...next, judged: { order, verdict: kind, ...said } } }
}

/** Judges a Delivery whose time to be held back is over. */
export function judgeHeld(
  episode: Episode,
  { deliveryId, now }: Pick<JudgedEvent, 'deliveryId' | 'now'>,
): Judgement {
  const { failure } = episode
  if (failure === undefined) return skip('recovered while it was held back')
  if (failure.deliveryId !== deliveryId) return skip(TOLD_BY_ANOTHER)
  const { heldUntil, ...released } = failure
  if (heldUntil === undefined) return SEND
  if (heldUntil > now) {
    const reason = episode.judged?.reason ?? 'held back by a rule'
    return { verdict: { kind: 'hold', until: heldUntil, reason } }
  }
  return { verdict: { kind: 'send' }, next: { ...episode, failure: released } }
}

/**
 * What is remembered once a success has come that another rule keeps from being told; undefined when that
 * changes nothing.
 */
export function endedBy(
  episode: Episode,
  { event, order }: Pick<JudgedEvent, 'event' | 'order'>,
): Episode | undefined {
  const { failure, judged, ...rest } = episode
  if (failure === undefined || isNewer(judged, order)) return undefined
  const reason = 'another rule keeps this success from being told'
  return { ...rest, ...successOf(event), judged: { order, verdict: 'skip', reason } }
}

const SEND: Judgement = { verdict: { kind: 'send' } }

const ENDED_UNTOLD = 'recovered from a failure that was not told'

const TOLD_BY_ANOTHER = 'another delivery tells of this failure'

function isNewer(judged: Episode['judged'], order: string): boolean {
  return judged !== undefined && judged.order > order
}

/** The decision about the newest event, which comes again after a crash. */
function decidedBefore(
  episode: Episode,
  { verdict, reason = '' }: NonNullable<Episode['judged']>,
  judged: JudgedEvent,
): Judgement {
  if (verdict === 'hold') return judgeHeld(episode, judged)
  return verdict === 'send' ? SEND : skip(reason)
}

/**
 * Judges an event that waited, for a Provider, a Secret or the end of a silence, while a newer one of its object was
 * judged. Only rules that tell one message for several events skip it.
 */
function judgeLate(episode: Episode, judged: JudgedEvent, { only, after }: MemoryRules): Judgement {
  const { failure } = episode
  const { event, deliveryId, isResolve, takesErrorsOnly } = judged
  if (failure?.deliveryId === deliveryId) return judgeHeld(episode, judged)
  if (event.severity === 'error') {
    if (only === undefined && after === undefined) return SEND
    // One that began later is another failure.
    const isSame = failure !== undefined && failure.since <= judged.happenedAt
    return skip(
      isSame ? TOLD_BY_ANOTHER : 'a newer event ended the failure before this one was told',
    )
  }
  if (isResolve) return SEND
  if (takesErrorsOnly) return skip(ERRORS_ONLY)
  return only === undefined ? SEND : skip('a newer event of the object was judged before it')
}

const ERRORS_ONLY = 'the Alert takes errors only (spec.eventSeverity)'

function judgeFailure(
  episode: Episode,
  { event, happenedAt, deliveryId, now }: JudgedEvent,
  { only, after }: MemoryRules,
  { isTold, toldBy }: Knowledge,
): Judgement {
  const { failure } = episode
  const revision = revisionOf(event)
  const counted: EpisodeFailure = {
    ...failure,
    since: failure?.since ?? happenedAt,
    count: (failure?.count ?? 0) + 1,
    reason: failure?.reason ?? event.reason,
  }
  if (failure && isTold && only !== undefined && failure.revision === revision) {
    const at = revision === undefined ? '' : ` at ${revision}`
    const by = `delivery ${failure.deliveryId?.slice(0, 12)}`
    return skip(`the failure${at} was told by ${by} (only: ${only})`, {
      ...episode,
      failure: counted,
    })
  }
  if (!isTold && after?.kind === 'times' && counted.count < after.count) {
    const reason = `failure ${counted.count} of ${after.count} (after: ${after.source})`
    return skip(reason, { ...episode, failure: counted })
  }
  const { revision: _, heldUntil, toldBy: _first, alsoToldBy: _others, ...rest } = counted
  const tells = {
    ...rest,
    reason: event.reason,
    ...(revision !== undefined && { revision }),
    deliveryId,
    ...keptEarlier(toldBy),
  }
  if (!isTold && after?.kind === 'lasting') {
    const latest = now + after.ms
    const until =
      heldUntil === undefined && failure !== undefined ? now : Math.min(heldUntil ?? latest, latest)
    if (until > now) {
      const reason = `held until ${new Date(until).toISOString()}, and told if the failure lasts (after: ${after.source})`
      const held = { ...episode, failure: { ...tells, heldUntil: until } }
      return { verdict: { kind: 'hold', until, reason }, next: held }
    }
  }
  return { verdict: { kind: 'send' }, next: { ...episode, failure: tells } }
}

function judgeSuccess(
  episode: Episode,
  { event, takesErrorsOnly, isResolve }: JudgedEvent,
  { only, after }: MemoryRules,
  { isTold }: Knowledge,
): Judgement {
  const { failure: ended, success: before, ...rest } = episode
  const next = { ...rest, ...successOf(event) }
  const send: Judgement = { verdict: { kind: 'send' }, next }
  if (takesErrorsOnly && (only === undefined || ended === undefined)) {
    return skip(ERRORS_ONLY, next)
  }
  if (isResolve || (ended && isTold)) return send
  if (isFoundEnd(event)) {
    return skip(ended ? ENDED_UNTOLD : 'no failure was told that this could end', next)
  }
  if (ended === undefined && only === undefined) return send
  const isOther = before !== undefined && before.revision !== next.success.revision
  const isNews = isOther || (before === undefined && ended === undefined)
  if (isNews && only !== 'failures' && !takesErrorsOnly) return send
  if (ended) {
    // Without `after` it is the Delivery of the failure that died.
    if (only === undefined && after === undefined) return send
    return skip(ENDED_UNTOLD, next)
  }
  return skip(
    only === 'failures'
      ? 'no failure was told that it could end (only: failures)'
      : 'the last success was at the same revision (only: changes)',
    next,
  )
}

function judgeOther({ event, isResolve }: JudgedEvent, { only }: MemoryRules): Verdict {
  if (only === undefined || isResolve) return { kind: 'send' }
  const what = event.reason === '' ? event.severity : event.reason
  const wanted = only === 'failures' ? 'failure nor recovery' : 'failure, recovery nor success'
  return { kind: 'skip', reason: `${what} is neither ${wanted} (only: ${only})` }
}

function successOf(event: Event) {
  const revision = revisionOf(event)
  return { success: revision === undefined ? {} : { revision } }
}

function skip(reason: string, next?: Episode): Judgement {
  return { verdict: { kind: 'skip', reason }, ...(next && { next }) }
}
