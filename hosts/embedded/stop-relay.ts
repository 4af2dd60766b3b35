import type { ClosableHttpClient } from '../../adapters/http/client.ts'
import type { Wakes } from '../../relay/pipeline/destinations/destinations.ts'
import type { RunningServer } from '../kit/http-server.ts'
import type { Log } from '../kit/log.ts'
import type { ConfigThread } from './configurations/thread.ts'
import type { OutcomeCounter } from './outcome-counter.ts'
import type { ServedFolder } from './served-folder.ts'
import type { Stores } from './stores.ts'
import type { Worker } from './worker.ts'

/**
 * How long a try may take, in milliseconds, unless its Provider says otherwise. None begins when less of the grace is
 * left: it would be cut off, and made again at the next start.
 */
const TRY_MS = 15_000

/** What runs of a relay. */
export interface RunningParts {
  readonly folder: ServedFolder | false
  readonly worker: Worker
  readonly destinations: Pick<Wakes, 'close'>
  readonly server: RunningServer
  readonly thread: ConfigThread
  readonly http: ClosableHttpClient
  readonly outcomeCounter: OutcomeCounter
  readonly stores: Stores
  readonly log: Log
}

/**
 * Stops a relay, what takes work first and the stores last. Resolves with whether all that was under way was
 * finished within `graceMs` milliseconds.
 */
export async function stopRelay(running: RunningParts, graceMs: number): Promise<boolean> {
  const { folder, worker, destinations, server, thread, http, outcomeCounter, stores, log } =
    running
  if (folder) folder.close()
  const closing = setTimeout(
    () => {
      destinations.close()
      log.info('no more deliveries begin; those that wait go on at the next start')
    },
    Math.max(0, graceMs - TRY_MS),
  )
  const [finished] = await Promise.all([worker.stop(graceMs), server.close(graceMs)])
  clearTimeout(closing)
  await thread.close()
  await outcomeCounter.stop()
  const left = await closeStores(stores, log)
  log.info({ finished, ...left }, 'stopped; what is queued continues at the next start')
  if (finished) await http.close()
  return finished
}

/** Resolves with how much is left in the stores, as far as a disk that fails lets it be known. Never rejects. */
async function closeStores(stores: Stores, log: Log) {
  try {
    const { events, retries } = await stores.queue.depth()
    await stores.close()
    return { events, retries }
  } catch (err) {
    log.error(
      { err },
      'the database could not be read or closed; the next start finds what it holds',
    )
    await stores.close().catch(() => undefined)
    return {}
  }
}
