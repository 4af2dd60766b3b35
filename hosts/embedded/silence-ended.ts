import { setTimeout as sleep } from 'node:timers/promises'
import { isClosed } from '../../adapters/sqlite/database-error.ts'
import { unreadableText } from '../../relay/model/stored/errors.ts'
import { wakeHeld, wakeSilenced } from '../../relay/pipeline/wake.ts'
import type { Clusters } from '../../relay/ports/clusters.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type { Log } from '../kit/log.ts'

/** What looks at deliveries whose silence has ended. */
interface SilenceHeirs {
  readonly ports: Ports
  readonly log: Pick<Log, 'info' | 'error'>
  /** How long after a failure it is tried again, in milliseconds. */
  readonly retryMs?: number
}

/**
 * Looks at what a silence held back, after a person has ended it. Never rejects: the silence has ended, and what
 * fails here is tried again until it is done.
 */
export async function silenceEnded(
  heirs: SilenceHeirs,
  cluster: string,
  silence: string,
): Promise<void> {
  const { ports, log } = heirs
  try {
    const deliveries = await wakeSilenced(ports, cluster, silence)
    if (deliveries > 0) {
      log.info({ cluster, silence, deliveries }, 'a silence ended, and what it held back is judged')
    }
  } catch (err) {
    if (isClosed(err)) return
    log.error({ err, cluster, silence }, 'a silence ended, and what it holds back is woken later')
    void releaseHeld(heirs, () => wakeReadable(heirs, cluster), false)
  }
}

/**
 * Looks, once at the start, at what silences hold back that a person had ended when the relay was killed. Never
 * rejects, and resolves once all of it was looked at, or the relay has ended.
 */
export async function releaseAtStart(heirs: SilenceHeirs, clusters: Clusters): Promise<void> {
  let deliveries = 0
  const done = new Set<string>()
  const release = async () => {
    for (const { cluster } of await clusters.list()) {
      if (done.has(cluster)) continue
      deliveries += await wakeReadable(heirs, cluster)
      done.add(cluster)
    }
    return deliveries
  }
  await releaseHeld(heirs, release, true)
}

/** Does as `wakeHeld`. What cannot be read of a cluster keeps none of the others back: its next configuration wakes what it holds. */
async function wakeReadable({ ports, log }: SilenceHeirs, cluster: string): Promise<number> {
  try {
    return await wakeHeld(ports, cluster)
  } catch (err) {
    if (unreadableText(err) === undefined) throw err
    log.error({ err, cluster }, 'what ended silences hold back waits for the next configuration')
    return 0
  }
}

/** Calls `release` until it does not fail, for the first time now or after a while. */
async function releaseHeld(
  { log, retryMs = 10_000 }: SilenceHeirs,
  release: () => Promise<number>,
  isNow: boolean,
): Promise<void> {
  for (let isFirst = true; ; isFirst = false) {
    if (!isFirst || !isNow) await sleep(retryMs, undefined, { ref: false })
    try {
      const deliveries = await release()
      if (deliveries > 0)
        log.info({ deliveries }, 'silences had ended, and what they held is judged')
      return
    } catch (err) {
      if (isClosed(err)) return
      if (isFirst) log.error({ err }, 'what ended silences hold back is woken later')
    }
  }
}
