import { type ReadinessPorts, reportReadiness } from '../../relay/pipeline/self/alert-reports.ts'
import { wakeWaiting } from '../../relay/pipeline/wake.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type { Log } from '../shared/log.ts'

/**
 * Wakes the deliveries that waited for a cluster's configuration, and tells which Alerts have become not
 * ready. Never rejects: the configuration is stored, and after a failure the next one makes up for it, or
 * the retry schedule.
 */
export async function wakeSoon(
  { ports, log }: { readonly ports: Pick<Ports, 'ledger'> & ReadinessPorts; readonly log: Log },
  cluster: string,
): Promise<void> {
  try {
    const deliveries = await wakeWaiting(ports, cluster)
    if (deliveries > 0) {
      log.info('deliveries that waited for a configuration are sent', { cluster, deliveries })
    }
    await reportReadiness(ports, cluster)
  } catch (error) {
    log.error(
      'what follows a configuration could not be done; deliveries that wait for it are tried by their schedule',
      { cluster, error },
    )
  }
}
