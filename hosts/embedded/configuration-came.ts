import { isClosed } from '../../adapters/sqlite/database-error.ts'
import type { Destinations } from '../../relay/pipeline/destinations/destinations.ts'
import { reportConfiguration } from '../../relay/pipeline/self/configuration-reports.ts'
import { wakeWaiting } from '../../relay/pipeline/wake.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type { Log } from '../kit/log.ts'
import type { TurnGate } from './turn-gate.ts'

/** What a configuration may change. */
export interface ConfigurationHeirs {
  readonly ports: Ports
  readonly destinations: Pick<Destinations, 'review'>
  readonly log: Pick<Log, 'info' | 'error'>
  /** What takes long goes on by it; at once without it. */
  readonly gate?: Pick<TurnGate, 'goOn'>
}

/**
 * Does what follows when objects or Secrets of a cluster have come: first what `judge` has to say of
 * them, then what waited for them goes out, and it is told what that changes for the relay itself. Resolves with whether all of it
 * was done. Never rejects: they are stored, and what fails here is made up for by the next set and by the schedule of
 * retries. What the end of the relay interrupts is no failure.
 */
export async function configurationCame(
  { ports, destinations, log, gate }: ConfigurationHeirs,
  cluster: string,
  judge?: () => Promise<void>,
): Promise<boolean> {
  try {
    await judge?.()
    destinations.review(cluster)
    const pause = gate && (() => new Promise<void>(gate.goOn))
    const deliveries = await wakeWaiting(ports, cluster, pause)
    if (deliveries > 0)
      log.info({ cluster, deliveries }, 'deliveries that waited for a configuration are sent')
    await reportConfiguration(ports, cluster)
    return true
  } catch (err) {
    if (!isClosed(err))
      log.error({ err, cluster }, 'a configuration came, but what follows it could not be done')
    return false
  }
}
