import type { Decided, LedgerRecord, Waiting } from '../model/delivery.ts'
import { isTooLate, nextTryAt, RETRY_FOR_MS } from '../model/retry.ts'
import type { Clock } from '../ports/clock.ts'
import type { Conclusion, Postponed } from './conclusion.ts'

/** How long after its 24 hours a Delivery that waits for a place is looked at again. */
const LOOK_AGAIN_MS = 3_600_000

/** The current chain of tries of a record, with the one that was just made. */
export type Chain = Pick<LedgerRecord, 'tries' | 'failures' | 'chainStartedAt'>

/** What a record does next. */
export interface NextStep {
  readonly status: Decided
  readonly failures: number
  /** Present when the chain may have begun anew. */
  readonly chainStartedAt?: number
}

/** Applies the retry schedule to the result of a decision. */
export function nextStep(chain: Chain, conclusion: Conclusion, clock: Clock): NextStep {
  const { failures } = chain
  const { reason } = conclusion
  switch (conclusion.kind) {
    case 'final': {
      const { kind, outcome, observed } = conclusion
      return { status: { kind, outcome, reason, ...(observed && { observed }) }, failures }
    }
    case 'unchanged':
      return { status: { kind: 'final', outcome: 'suppressed', reason }, failures }
    case 'tried':
      return afterFailure(chain, 'failed', conclusion, clock)
    case 'postponed':
      if (conclusion.why === 'configuration') {
        return afterFailure(chain, conclusion.why, conclusion, clock)
      }
      return { status: afterWait(chain, conclusion, clock.now()), failures }
  }
}

type Failed = Pick<Waiting, 'reason' | 'silence'> & {
  readonly retryAfterMs?: number
  readonly patientUntil?: number
}

/** The next try by the retry schedule, unless it is time to give up. */
function afterFailure(
  chain: Chain,
  why: 'failed' | 'configuration',
  { reason, retryAfterMs, silence, patientUntil = 0 }: Failed,
  clock: Clock,
): NextStep {
  const failures = chain.failures + 1
  const now = clock.now()
  const chainStartedAt = now < patientUntil ? now : chain.chainStartedAt
  const dueAt = nextTryAt({
    failures,
    chainStartedAt,
    now,
    random: clock.random(),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
  if (dueAt === undefined) return { status: givenUp(chain, reason), failures }
  return {
    status: { kind: 'waiting', why, dueAt, reason, ...(silence && { silence }) },
    failures,
    chainStartedAt,
  }
}

function afterWait(
  chain: Pick<Chain, 'tries' | 'chainStartedAt'>,
  { why, until, reason, endsWhenLate, destination, silence }: Postponed,
  now: number,
): Decided {
  if (destination === undefined) {
    const isOver = endsWhenLate && isTooLate(until, chain.chainStartedAt)
    const holds = silence !== undefined && { silence }
    return isOver
      ? givenUp(chain, reason)
      : { kind: 'waiting', why, dueAt: until, reason, ...holds }
  }
  const endsAt = chain.chainStartedAt + RETRY_FOR_MS
  if (endsWhenLate && now >= endsAt) return givenUp(chain, reason)
  const dueAt = now < endsAt ? endsAt : now + LOOK_AGAIN_MS
  return { kind: 'waiting', why, dueAt, reason, destination }
}

function givenUp({ tries }: Pick<Chain, 'tries'>, reason: string): Decided {
  const after = tries === 0 ? 'a day without a try' : `${tries} ${tries === 1 ? 'try' : 'tries'}`
  return { kind: 'final', outcome: 'dead', reason: `given up after ${after}: ${reason}` }
}
