import type { SubjectState } from '../model/stored/subject-state.ts'
import type { Ports } from '../ports/ports.ts'
import {
  type Claimant,
  MAX_CONFLICTS,
  type Pointless,
  subjectStateKey,
  whyPointless,
  withCounted,
} from './subject.ts'
import { subjectStateOf, writeSubject } from './subject-store.ts'

/** What comes of a Delivery of an observed cluster at its subject. */
export type ObservedSubject =
  | Pointless
  /** It would be sent. */
  | { readonly kind: 'news' }
  /** It would show the same as since `since` (ms). `own` tells that this very delivery was sent. */
  | { readonly kind: 'unchanged'; readonly since: number; readonly own: boolean }
  /** So many came at once that what it would show could not be remembered now. */
  | { readonly kind: 'busy' }

/**
 * Decides about a Delivery of an observed cluster as `claimSubject` would, and remembers what the
 * subject would show. That is kept apart from what the destination shows, and what the destination
 * showed counts no more once something else would have been sent: whoever sends in the meantime may
 * have changed it.
 */
export async function observeSubject(
  ports: Pick<Ports, 'state' | 'clock'>,
  claimant: Claimant,
): Promise<ObservedSubject> {
  const key = subjectStateKey(claimant.cluster, claimant.subject)
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts += 1) {
    const stored = await ports.state.read(key)
    const state = stored && subjectStateOf(ports, key, stored.value, claimant)
    const { result, next } = observing(state, claimant, ports.clock.now())
    const expected = stored?.version ?? 'absent'
    if (!next || (await writeSubject(ports, key, next, expected))) return result
  }
  return { kind: 'busy' }
}

interface ObservingStep {
  readonly result: Exclude<ObservedSubject, { kind: 'busy' }>
  /** The state to store; absent when the state stays as it is. */
  readonly next?: SubjectState
}

function observing(
  state: SubjectState | undefined,
  claimant: Claimant,
  now: number,
): ObservingStep {
  const pointless = whyPointless(state, claimant)
  if (pointless) return { result: pointless }
  const { subject, deliveryId, order, reason } = claimant
  const { shows } = subject
  const turn = { order, reason }
  // A claim that nobody settled may or may not have been acted on.
  const known = state?.observed ?? (state?.claim ? undefined : state?.settled)
  if (known && known.shows === shows) {
    const own = known.deliveryId === deliveryId
    // An earlier try of its own found it, and was not recorded.
    if (own && state?.observed) return { result: { kind: 'news' } }
    const counted = own ? undefined : withCounted(state, deliveryId)
    const result = { kind: 'unchanged', since: known.at, own } as const
    return { result, next: { ...state, ...turn, ...counted } }
  }
  const { settled: _settled, observed: _observed, ...kept } = state ?? {}
  const observed = shows === undefined ? undefined : { shows, at: now, deliveryId, reason }
  return { result: { kind: 'news' }, next: { ...kept, ...turn, ...(observed && { observed }) } }
}
