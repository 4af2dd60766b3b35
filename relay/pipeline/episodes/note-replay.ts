import type { DeliveryRecord, Status } from '../../model/delivery.ts'
import type { Episode, EpisodeFailure } from '../../model/stored/episode.ts'
import { happenedAt } from '../lateness.ts'
import { hasEnded } from '../object-memory.ts'
import type { MatchedCandidate } from '../prepare.ts'
import { followsFailures, type MemoryRules } from '../rules/memory-rules.ts'
import { hasNoEnd } from '../self/self-event.ts'
import type { SettleContext } from '../settle.ts'
import { changeEpisode, type EpisodeContext } from './episode-store.ts'
import { revisionOf } from './judge.ts'
import { withTold } from './last-told.ts'
import { remindLater } from './reminders.ts'
import { keptEarlier, knowledgeOf, type ToldPorts } from './told.ts'

interface ReplayContext extends SettleContext, Pick<EpisodeContext, 'inTurn'> {
  readonly ports: SettleContext['ports'] & ToldPorts
}

type Delivery = DeliveryRecord<Status>

/**
 * Counts a failure as told by the Delivery of it that a person replays, if nothing else told of it, and has people
 * reminded of it: also when no rule has judged that Delivery. Rejects when a store fails.
 */
export async function noteReplay(
  record: Delivery,
  candidate: MatchedCandidate,
  memory: MemoryRules,
  context: ReplayContext,
  isObserved: boolean,
): Promise<void> {
  const { ports } = context
  const { isToldByThis } = await changeEpisode(record, context, async (episode) => {
    const noted = memory.usesLast ? withTold(episode, record, ports.clock.now()) : undefined
    const failure = await failureToldBy(record, episode, memory, ports, isObserved)
    const next = failure ? withFailure(noted ?? episode, failure, record) : noted
    const { deliveryId } = failure ?? episode.failure ?? {}
    return { next, isToldByThis: deliveryId === record.id }
  })
  // There is one already, unless a rule or a crash has kept it from being stored.
  if (isToldByThis) await remindLater(record, candidate, memory, context)
}

/** The failure of which the Delivery tells from now on; undefined when it tells of none, or of one that was told. */
async function failureToldBy(
  record: Delivery,
  { failure, judged }: Episode,
  memory: MemoryRules,
  ports: ToldPorts,
  isObserved: boolean,
): Promise<EpisodeFailure | undefined> {
  const { event, order, id: deliveryId } = record
  if (event.severity !== 'error' || hasNoEnd(event)) return undefined
  const began = happenedAt(record)
  const { isTold, toldBy } = await knowledgeOf(ports, failure, isObserved, {
    severity: event.severity,
    // What a person replays is sent whatever is silenced.
    isSilenced: () => false,
  })
  if (failure === undefined) {
    const isOver = judged !== undefined && judged.order > order
    if (isOver || !followsFailures(memory) || (await hasEnded(ports, record))) return undefined
  } else if (failure.since > began || isTold) {
    return undefined
  }
  const revision = revisionOf(event)
  return {
    since: failure?.since ?? began,
    count: failure?.count ?? 1,
    reason: event.reason,
    ...(revision !== undefined && { revision }),
    deliveryId,
    ...keptEarlier(toldBy),
  }
}

/** The Episode with a failure that was told. An event that comes later, and is older than that, changes nothing. */
function withFailure(episode: Episode, failure: EpisodeFailure, { order }: Delivery): Episode {
  const { judged } = episode
  const isNewest = judged === undefined || judged.order < order
  return { ...episode, failure, ...(isNewest && { judged: { order, verdict: 'send' } }) }
}
