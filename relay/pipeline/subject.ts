import type { EventOrder } from '../model/delivery.ts'
import { hashParts } from '../model/hash.ts'
import type { SubjectState } from '../model/stored/subject-state.ts'
import type { Ports } from '../ports/ports.ts'
import type { ExpectedVersion } from '../ports/versioned.ts'
import type { Subject } from '../providers/contract.ts'
import type { Verdict } from '../providers/verdict.ts'
import { broughtBack, ClaimsUnderWay, claimLastsMs } from './claim-time.ts'
import { Contention } from './contention.ts'
import { subjectStateOf, writeSubject } from './subject-store.ts'

/**
 * The most deliveries that are remembered because they found a subject unchanged. A sender repeats
 * at most one batch later, and few of its events are about one subject.
 */
const MAX_COUNTED = 16

/** How many hex digits of their ids are kept. */
const COUNTED_DIGITS = 16

/** The most conflicts of one claim. Claims of one subject rarely meet; of those that do, most wait anyway. */
export const MAX_CONFLICTS = 10

/**
 * The most conflicts of a settle, which may meet as many claims as there are. By then each of these has had its own
 * `MAX_CONFLICTS`, and waits. Were a settle given up, its delivery would be sent a second time.
 */
const MAX_SETTLE_CONFLICTS = 5 * MAX_CONFLICTS

export interface Claimant {
  readonly cluster: string
  readonly subject: Subject
  readonly deliveryId: string
  readonly order: EventOrder
  /** The reason of the claimant's event. */
  readonly reason: string
  /**
   * The reason that the subject's current state must come from for this event to count; undefined
   * when any will do.
   */
  readonly answers?: string | undefined
  /** The longest time that one attempt takes. */
  readonly timeoutMs: number
}

/** Why a delivery need not be sent, now or later. */
export type Pointless =
  /** A newer event was at the subject before it. */
  | { readonly kind: 'superseded' }
  /**
   * It counts only after one with the reason `answers`; the last one had `last`, if that is known.
   */
  | { readonly kind: 'unasked'; readonly answers: string; readonly last: string | undefined }

export type ClaimResult =
  | Pointless
  | { readonly kind: 'claimed'; readonly claim: Claim }
  /** It has shown the same since `since` (ms). `own` tells that this very delivery sent it. */
  | { readonly kind: 'unchanged'; readonly since: number; readonly own: boolean }
  /** Another delivery is being sent, or has its say. This one goes next, if it is newer. */
  | { readonly kind: 'busy' }

/** The right to send for a subject, until the claim is settled or expires. */
export interface Claim {
  readonly key: string
  readonly claimant: Claimant
  readonly version: number
  /** What the destination showed before, if that is known. */
  readonly before: SubjectState['settled']
  readonly onItsWay: SubjectState['onItsWay']
  readonly counted: SubjectState['counted']
}

export function subjectStateKey(cluster: string, subject: Subject): string {
  return `${cluster}#${hashParts(subject.key)}`
}

/**
 * Claims a subject before a send: nothing older is sent after something newer. `underWay` holds the
 * claims of this process.
 */
export async function claimSubject(
  ports: Ports,
  claimant: Claimant,
  underWay = new ClaimsUnderWay(ports.clock),
): Promise<ClaimResult> {
  const key = subjectStateKey(claimant.cluster, claimant.subject)
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts += 1) {
    const stored = await ports.state.read(key)
    const state = stored && subjectStateOf(ports, key, stored.value, claimant)
    const now = ports.clock.now()
    const isUnderWay = underWay.isOther(key, claimant.deliveryId)
    const { result, next } = nextStep(state, claimant, now, isUnderWay)
    const expected = stored?.version ?? 'absent'
    if (next && !(await writeSubject(ports, key, next, expected))) continue
    if (result !== 'claimed') return result
    underWay.begin(key, claimant.deliveryId, claimLastsMs(claimant.timeoutMs))
    const version = (stored?.version ?? 0) + 1
    const { settled: before, onItsWay, counted } = next ?? {}
    return { kind: 'claimed', claim: { key, claimant, version, before, onItsWay, counted } }
  }
  // So many come at once that nothing can be noted of it now: its next claim does that.
  return { kind: 'busy' }
}

/**
 * Keeps a claimant's turn at the subject while the delivery waits for its destination. Nothing
 * older is sent meanwhile, and an event that answers this one knows what came before it, unless many
 * are noted in this moment. Tells a claimant that need not be sent.
 */
export async function keepTurn(
  ports: Pick<Ports, 'state' | 'clock'>,
  claimant: Claimant,
): Promise<Pointless | { readonly kind: 'kept' }> {
  const key = subjectStateKey(claimant.cluster, claimant.subject)
  const { order, reason } = claimant
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts += 1) {
    const stored = await ports.state.read(key)
    const state = stored && subjectStateOf(ports, key, stored.value, claimant)
    const pointless = whyPointless(state, claimant)
    if (pointless || state?.order === order) return pointless ?? { kind: 'kept' }
    const next = { ...state, order, reason }
    if (await writeSubject(ports, key, next, stored?.version ?? 'absent')) return { kind: 'kept' }
  }
  // So many wait at once that it cannot be noted now: it is with the next try.
  return { kind: 'kept' }
}

interface ClaimStep {
  readonly result: Exclude<ClaimResult, { kind: 'claimed' }> | 'claimed'
  /** The state to store; absent when the state stays as it is. */
  readonly next?: SubjectState
}

/** The whole rule: what a claimant gets, and which state it leaves. */
function nextStep(
  found: SubjectState | undefined,
  claimant: Claimant,
  now: number,
  isUnderWay: boolean,
): ClaimStep {
  const state = found && broughtBack(found, now)
  const { deliveryId, order, reason, subject } = claimant
  const pointless = whyPointless(state, claimant)
  if (pointless) return { result: pointless }
  const { claim, onItsWay } = state ?? {}
  const isOther = (live: SubjectState['claim']) =>
    live !== undefined && live.until > now && live.deliveryId !== deliveryId
  const turn = { order, reason }
  if (state && (isUnderWay || isOther(claim))) return busy(state, turn, found)

  // A claim that nobody settled may or may not have been acted on: nothing is known any more.
  const settled = claim ? undefined : state?.settled
  const kept = { ...latest([claim, onItsWay], now), ...countedOf(state) }
  if (settled && settled.shows === subject.shows) {
    const own = settled.deliveryId === deliveryId
    const result = { kind: 'unchanged', since: settled.at, own } as const
    return {
      result,
      next: { ...turn, settled, ...kept, ...(!own && withCounted(state, deliveryId)) },
    }
  }
  if (state && isOther(onItsWay)) return busy(state, turn, found)

  const until = now + claimLastsMs(claimant.timeoutMs)
  return {
    result: 'claimed',
    next: { ...turn, claim: { deliveryId, until }, ...(settled && { settled }), ...kept },
  }
}

/**
 * The decision when another delivery is being sent. The Alerts of one event have one turn, which is
 * written once: each further write would be a conflict for the others.
 */
function busy(
  state: SubjectState,
  turn: Pick<SubjectState, 'order' | 'reason'>,
  found: SubjectState | undefined,
): ClaimStep {
  const isThere = state === found && state.order === turn.order && state.reason === turn.reason
  return { result: { kind: 'busy' }, ...(!isThere && { next: { ...state, ...turn } }) }
}

/**
 * Why a claimant need not be sent, now or later. If the state has the claimant's own order, an
 * earlier try found that the event counts. An event that does not count leaves no trace, so that
 * what came before it may still be sent.
 */
export function whyPointless(
  state: SubjectState | undefined,
  { order, answers, deliveryId }: Claimant,
): Pointless | undefined {
  if (state && (state.order > order || wasCounted(state, order, deliveryId))) {
    return { kind: 'superseded' }
  }
  if (answers === undefined || state?.order === order || state?.reason === answers) return undefined
  return { kind: 'unasked', answers, last: state?.reason }
}

/**
 * Whether this delivery was here before with another order: its event was sent again after the
 * queue had forgotten it. What came after it the first time is newer.
 */
function wasCounted(state: SubjectState, order: EventOrder, deliveryId: string): boolean {
  return state.order !== order && state.counted?.includes(countedName(deliveryId)) === true
}

export function withCounted(state: SubjectState | undefined, deliveryId: string) {
  const name = countedName(deliveryId)
  const others = state?.counted?.filter((other) => other !== name) ?? []
  return { counted: [...others, name].slice(-MAX_COUNTED) }
}

function countedOf(state: Pick<SubjectState, 'counted'> | undefined) {
  return state?.counted && { counted: state.counted }
}

function countedName(deliveryId: string): string {
  return deliveryId.slice(0, COUNTED_DIGITS)
}

/** The request that may land last, of those that can still land. */
function latest(requests: readonly SubjectState['onItsWay'][], now: number) {
  const live = requests.filter((request) => request !== undefined && request.until > now)
  const [onItsWay] = live.sort((a, b) => (b?.until ?? 0) - (a?.until ?? 0))
  return onItsWay ? { onItsWay } : {}
}

/**
 * Releases a claim, and stores what the attempt has shown. Without any answer the claim stays until
 * it expires: the destination may still act on the request.
 */
export async function settleSubject(
  ports: Ports,
  claim: Claim,
  verdict: Verdict,
  underWay?: ClaimsUnderWay,
): Promise<void> {
  if (verdict.kind === 'retry' && verdict.applied === 'in-flight') return
  underWay?.end(claim.key, claim.claimant.deliveryId)
  const now = ports.clock.now()
  const settled = settledAfter(claim, verdict, now)
  const known = { ...(settled && { settled }), ...latest([claim.onItsWay], now) }
  // What is given up will never be shown, so the subject still comes from what it showed before.
  const isGivenUp = verdict.kind === 'rejected' || verdict.kind === 'unauthorized'
  const { order } = claim.claimant
  const reason = isGivenUp ? claim.before?.reason : claim.claimant.reason
  let next: SubjectState = {
    order,
    ...(reason !== undefined && { reason }),
    ...known,
    ...countedOf(claim),
  }
  let expected: ExpectedVersion = claim.version
  for (let conflicts = 0; conflicts < MAX_SETTLE_CONFLICTS; conflicts += 1) {
    // It goes with the outcome: before that, the claim says that nothing is known.
    if (await writeSubject(ports, claim.key, next, expected, { withNext: true })) return
    const stored = await ports.state.read(claim.key)
    const state = stored && subjectStateOf(ports, claim.key, stored.value, claim.claimant)
    if (stored === undefined || state?.claim?.deliveryId !== claim.claimant.deliveryId) return
    const { order, reason } = state
    next = { order, ...(reason !== undefined && { reason }), ...known, ...countedOf(state) }
    expected = stored.version
  }
  throw new Contention(`subject ${claim.key}: too many conflicting claims`)
}

/** What the destination certainly shows after an attempt; undefined when that is unknown. */
function settledAfter(claim: Claim, verdict: Verdict, now: number): SubjectState['settled'] {
  const { deliveryId, reason, subject } = claim.claimant
  if (verdict.kind === 'delivered') {
    const { shows } = subject
    return shows === undefined ? undefined : { shows, at: now, deliveryId, reason }
  }
  return verdict.kind === 'retry' && verdict.applied === 'unknown' ? undefined : claim.before
}

/** Whether a newer event than `order` came to the subject. */
export async function isSuperseded(
  ports: Pick<Ports, 'state'>,
  stateKey: string,
  order: EventOrder,
): Promise<boolean> {
  const stored = await ports.state.read(stateKey)
  const state = stored && subjectStateOf(ports, stateKey, stored.value)
  return state !== undefined && state.order > order
}
