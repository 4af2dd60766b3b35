import type { FollowedSets } from '../../adapters/aws/followed-sets.ts'
import type { ReadinessPorts } from '../../relay/pipeline/self/alert-reports.ts'
import { reportConfiguration } from '../../relay/pipeline/self/configuration-reports.ts'
import { wakeInTime } from '../../relay/pipeline/wake.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type { Log } from '../shared/log.ts'
import { createUnfinishedWakes } from '../shared/unfinished-wakes.ts'

/** What waking needs. */
export interface WakeSoonParts {
  readonly ports: Pick<Ports, 'ledger'> &
    ReadinessPorts & { readonly followedSets: Pick<FollowedSets, 'unfollowed' | 'follow'> }
  readonly log: Log
  /** The milliseconds that are left of the call. */
  readonly timeLeftMs: () => number
}

/** The least time left to wake more. What is begun may take some seconds, and then the request is answered. */
const MIN_START_MS = 12_000

/**
 * Wakes the deliveries that waited for a cluster's configuration, as far as the time allows, and tells what
 * that changes for the relay itself. The sweeps of dispatch wake the rest. Does nothing for a configuration of which all of
 * this was done: a shipper sends it again each minute while an object is not ready. Never rejects: the configuration
 * is stored, and after a failure the next one makes up for it, or the retry schedule.
 */
export async function wakeSoon(
  { ports, log, timeLeftMs }: WakeSoonParts,
  cluster: string,
): Promise<void> {
  try {
    const begunAt = ports.clock.now()
    const unfollowed = await ports.followedSets.unfollowed(cluster)
    if (unfollowed === undefined) return
    const hasTime = () => timeLeftMs() >= MIN_START_MS
    const { deliveries, isComplete } = await wakeInTime(ports, cluster, { hasTime })
    if (!isComplete) await createUnfinishedWakes(ports).add({ cluster, begunAt })
    if (deliveries > 0 || !isComplete) {
      const message = 'deliveries that waited for a configuration are sent'
      log.info(message, { cluster, deliveries, isComplete })
    }
    await reportConfiguration(ports, cluster)
    await ports.followedSets.follow(unfollowed, begunAt)
  } catch (error) {
    log.error(
      'what follows a configuration could not be done; deliveries that wait for it are tried by their schedule',
      { cluster, error },
    )
  }
}
