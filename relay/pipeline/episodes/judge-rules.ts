import type { DeliveryRecord, LedgerRecord, Status } from '../../model/delivery.ts'
import { isObserved } from '../../model/delivery.ts'
import type { EpisodeFailure } from '../../model/stored/episode.ts'
import type { Ports } from '../../ports/ports.ts'
import { type Conclusion, end } from '../conclusion.ts'
import { Contention } from '../contention.ts'
import { happenedAt } from '../lateness.ts'
import type { MatchedCandidate } from '../prepare.ts'
import { isReplayed } from '../record.ts'
import { readEpisode, writeEpisode } from './episode-store.ts'
import { type JudgedEvent, judgeEvent, type Verdict } from './judge.ts'

/** How often an Episode is judged again that another process changed in between. */
const MAX_TRIES = 5

export interface JudgeRulesContext {
  readonly ports: Pick<Ports, 'state' | 'clock' | 'ledger'>
}

/**
 * Asks the rules that have a memory whether a Delivery is sent now. Undefined: it is. A Delivery is judged once
 * before it is sent, and again when a rule held it back; what was tried already, and what a person replays, is
 * not. Rejects when a store fails.
 */
export async function judgeRules(
  record: DeliveryRecord<Status>,
  { alert, memory }: MatchedCandidate,
  context: JudgeRulesContext,
  isObservedNow: boolean,
): Promise<Conclusion | undefined> {
  if (memory === undefined || !isUnjudged(record)) return undefined
  const { ports } = context
  const judged: JudgedEvent = {
    event: record.event,
    order: record.order,
    deliveryId: record.id,
    happenedAt: happenedAt(record),
    now: ports.clock.now(),
    takesErrorsOnly: alert.spec.eventSeverity === 'error',
  }
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const stored = await readEpisode(ports, record)
    const { failure } = stored.episode
    const isTold = failure !== undefined && (await wasTold(ports, failure, isObservedNow))
    const { verdict, next } = judgeEvent(stored.episode, judged, memory, isTold)
    if (next === undefined || (await writeEpisode(ports, stored, next))) return concluded(verdict)
  }
  throw new Contention(`the episode of ${record.id} changes all the time`)
}

/** Whether no rule has let the Delivery pass. Afterwards it is on its way, whatever happens. */
function isUnjudged(record: DeliveryRecord<Status>): boolean {
  const { status, tries } = record
  if (isReplayed(record)) return false
  if (status.kind === 'pending') return true
  if (tries > 0 || status.kind !== 'waiting') return false
  return status.why === 'configuration' || status.silence !== undefined
}

/** Whether the Alert was told of a failure, or will be: its Delivery is not held back, and did not die. */
async function wasTold(
  { ledger }: Pick<Ports, 'ledger'>,
  { deliveryId, heldUntil }: EpisodeFailure,
  isObservedNow: boolean,
): Promise<boolean> {
  if (deliveryId === undefined || heldUntil !== undefined) return false
  const [stored] = await ledger.readMany([deliveryId])
  // Without a record its first try is under way, or it is so long ago that nobody keeps it.
  return stored === undefined || counts(stored.value, isObservedNow)
}

function counts(record: LedgerRecord, isObservedNow: boolean): boolean {
  const { status } = record
  if (status.kind === 'waiting') return true
  return status.outcome === 'delivered' || (isObservedNow && isObserved(record))
}

function concluded(verdict: Verdict): Conclusion | undefined {
  switch (verdict.kind) {
    case 'send':
      return undefined
    case 'skip':
      return end('skipped', verdict.reason)
    case 'hold': {
      const { reason, until } = verdict
      return { kind: 'postponed', why: 'rule', reason, until, endsWhenLate: false }
    }
  }
}
