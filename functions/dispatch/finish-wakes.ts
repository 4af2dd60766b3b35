import { wakeInTime } from '../../relay/pipeline/wake.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type { Log } from '../shared/log.ts'
import { createUnfinishedWakes } from '../shared/unfinished-wakes.ts'

/** What finishing needs. */
export interface FinishWakesParts {
  readonly ports: Pick<Ports, 'ledger' | 'queue' | 'state' | 'configs' | 'clock'>
  readonly log: Log
}

/**
 * Wakes the deliveries that the time of a configuration's request was too short for, as far as the time allows. The
 * next sweep continues. Rejects when the state cannot be read; what fails for one cluster is logged, and tried again.
 */
export async function finishWakes(
  { ports, log }: FinishWakesParts,
  hasTime: () => boolean,
): Promise<void> {
  const unfinished = createUnfinishedWakes(ports)
  for (const wake of await unfinished.list()) {
    if (!hasTime()) return
    const { cluster, begunAt } = wake
    try {
      const bounds = { hasTime, notSince: begunAt }
      const { deliveries, isComplete } = await wakeInTime(ports, cluster, bounds)
      if (isComplete) await unfinished.remove(wake)
      const message = 'deliveries that waited for a configuration are sent'
      log.info(message, { cluster, deliveries, isComplete })
    } catch (error) {
      log.error('deliveries that waited for a configuration could not all be sent', {
        cluster,
        error,
      })
    }
  }
}
