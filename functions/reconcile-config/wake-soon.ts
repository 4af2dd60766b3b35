import { wakeWaiting } from '../../relay/pipeline/wake.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type { Log } from '../shared/log.ts'

/**
 * Wakes the deliveries that waited for a cluster's configuration. Never rejects: the configuration
 * is stored, and after a failure the next configuration or the retry schedule brings them back.
 */
export async function wakeSoon(
  { ports, log }: { readonly ports: Pick<Ports, 'ledger' | 'queue' | 'clock'>; readonly log: Log },
  cluster: string,
): Promise<void> {
  try {
    const deliveries = await wakeWaiting(ports, cluster)
    if (deliveries > 0) {
      log.info('deliveries that waited for a configuration are sent', { cluster, deliveries })
    }
  } catch (error) {
    log.error(
      'deliveries that wait for a configuration could not be woken; they are tried by their schedule',
      { cluster, error },
    )
  }
}
