import type { Ports } from '../ports/ports.ts'
import { type HostRules, reconcile } from './reconcile.ts'
import { noPause, type Pause } from './slices.ts'

/** How often a set is judged again when it is replaced in between. */
const MAX_ATTEMPTS = 3

/**
 * Decides again which objects of a cluster's stored set take effect, after one of its Secrets came
 * or changed. The set itself stays the same. Rejects when a store fails.
 */
export async function judgeAgain(
  { configs, secrets }: Pick<Ports, 'configs' | 'secrets'>,
  cluster: string,
  pause: Pause = noPause,
  host: HostRules = {},
): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const stored = await configs.read(cluster)
    if (typeof stored !== 'object') return
    const judged = await reconcile(cluster, stored.manifests, stored.takenAt, secrets, pause, host)
    if (JSON.stringify(judged.objects) === JSON.stringify(stored.objects)) return
    // A set that was taken later may have been judged before the Secret was there.
    if ((await configs.replace(judged)) === 'replaced') return
  }
}
