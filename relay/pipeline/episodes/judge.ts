import { apiGroup, type Event } from '../../model/event.ts'
import { isGoodEnd } from '../../model/good-ends.ts'
import type { Episode, EpisodeFailure } from '../../model/stored/episode.ts'
import type { MemoryRules } from '../rules/memory-rules.ts'

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
  /** Whether its Alert takes errors only, so that it is here because it may end a failure. */
  readonly takesErrorsOnly: boolean
}

/** A decision, and what is remembered from then on; `next` is absent when nothing changes. */
export interface Judgement {
  readonly verdict: Verdict
  readonly next?: Episode
}

/** The revision that an event is about; undefined when it names none. */
export function revisionOf({ involvedObject, metadata }: Event): string | undefined {
  return metadata[`${apiGroup(involvedObject)}/revision`]
}

/**
 * Judges an event by the rules of its Alert that have a memory. `isTold` says whether the Alert was told of the
 * failure that lasts, or will be.
 */
export function judgeEvent(
  episode: Episode,
  judged: JudgedEvent,
  rules: MemoryRules,
  isTold: boolean,
): Judgement {
  const { event, order } = judged
  const known = episode.judged
  if (known?.order === order) return { verdict: decidedBefore(episode, known) }
  if (known !== undefined && known.order > order) {
    return { verdict: lateVerdict(episode, judged, rules) }
  }
  const judgement =
    event.severity === 'error'
      ? judgeFailure(episode, judged, rules, isTold)
      : isGoodEnd(event)
        ? judgeSuccess(episode, judged, rules, isTold)
        : { verdict: judgeOther(judged, rules) }
  const { next, verdict } = judgement
  if (next === undefined) return judgement
  const { kind } = verdict
  const said = kind === 'send' ? {} : { reason: verdict.reason }
  return { verdict, next: { ...next, judged: { order, verdict: kind, ...said } } }
}

/** The decision about the newest event, which comes again after a crash. */
function decidedBefore(
  { failure }: Episode,
  { verdict, reason = '' }: NonNullable<Episode['judged']>,
): Verdict {
  if (verdict === 'send') return { kind: 'send' }
  if (verdict === 'skip') return { kind: 'skip', reason }
  return { kind: 'hold', until: failure?.heldUntil ?? 0, reason }
}

/** An event that was kept back, or came late, while a newer one of its object was judged. */
function lateVerdict(
  { failure }: Episode,
  { event, deliveryId }: JudgedEvent,
  { only }: MemoryRules,
): Verdict {
  if (failure?.deliveryId === deliveryId) return { kind: 'send' }
  if (event.severity !== 'error') {
    if (only === undefined && !isGoodEnd(event)) return { kind: 'send' }
    return { kind: 'skip', reason: 'a newer event of the object was judged before it' }
  }
  const reason = failure
    ? 'a newer event tells of this failure'
    : 'the failure had ended before this event came'
  return { kind: 'skip', reason }
}

function judgeFailure(
  episode: Episode,
  { event, happenedAt, deliveryId }: JudgedEvent,
  { only }: MemoryRules,
  isTold: boolean,
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
    const reason = `the failure${at} was told by delivery ${failure.deliveryId?.slice(0, 12)} (only: ${only})`
    return { verdict: { kind: 'skip', reason }, next: { ...episode, failure: counted } }
  }
  const { revision: _, heldUntil: __, ...rest } = counted
  const told = {
    ...rest,
    reason: event.reason,
    ...(revision !== undefined && { revision }),
    deliveryId,
  }
  return { verdict: { kind: 'send' }, next: { ...episode, failure: told } }
}

function judgeSuccess(
  episode: Episode,
  { event, takesErrorsOnly }: JudgedEvent,
  { only }: MemoryRules,
  isTold: boolean,
): Judgement {
  const { failure: ended, success: before, ...rest } = episode
  const revision = revisionOf(event)
  const next = { ...rest, success: revision === undefined ? {} : { revision } }
  const skip = (reason: string): Judgement => ({ verdict: { kind: 'skip', reason }, next })
  const send: Judgement = { verdict: { kind: 'send' }, next }
  if (only === undefined) {
    return takesErrorsOnly ? skip('the Alert takes errors only (spec.eventSeverity)') : send
  }
  if (ended && isTold) return send
  const isAnother = before === undefined ? ended === undefined : before.revision !== revision
  if (only === 'changes' && !takesErrorsOnly && isAnother) return send
  if (ended) return skip('recovered from a failure that was not told')
  return skip(
    only === 'failures'
      ? 'no failure was told that it could end (only: failures)'
      : 'the last success was at the same revision (only: changes)',
  )
}

function judgeOther({ event }: JudgedEvent, { only }: MemoryRules): Verdict {
  if (only === undefined) return { kind: 'send' }
  const what = event.reason === '' ? event.severity : event.reason
  const wanted = only === 'failures' ? 'failure nor recovery' : 'failure, recovery nor success'
  return { kind: 'skip', reason: `${what} is neither ${wanted} (only: ${only})` }
}
