import { wakeSilenced } from '../../relay/pipeline/wake.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type { Log } from '../kit/log.ts'

/**
 * Looks at what a silence held back, after a person has ended it. Never rejects: the silence has ended, and what
 * fails here is looked at when the silence would have ended by itself.
 */
export async function silenceEnded(
  { ports, log }: { readonly ports: Ports; readonly log: Pick<Log, 'info' | 'error'> },
  cluster: string,
  silence: string,
): Promise<void> {
  try {
    const deliveries = await wakeSilenced(ports, cluster, silence)
    if (deliveries > 0) {
      log.info({ cluster, silence, deliveries }, 'a silence ended, and what it held back is judged')
    }
  } catch (err) {
    log.error({ err, cluster, silence }, 'a silence ended, but what it holds back was not woken')
  }
}
