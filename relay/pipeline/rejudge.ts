import type { ConfigSnapshot } from '../model/config.ts'
import { FLEET } from '../model/fleet.ts'
import type { Ports } from '../ports/ports.ts'
import { readFleet } from './fleet.ts'
import { type HostRules, reconcile, reconcileFleet } from './reconcile.ts'
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
  const surroundings = { ...host, fleet: () => readFleet(configs) }
  await judgeStored(configs, cluster, ({ manifests, takenAt }) =>
    reconcile(cluster, manifests, takenAt, secrets, pause, surroundings),
  )
}

/** Does the same for the set of the fleet. */
export function judgeFleetAgain(
  { configs, secrets }: Pick<Ports, 'configs' | 'secrets'>,
  pause: Pause = noPause,
  host: HostRules = {},
): Promise<void> {
  return judgeStored(configs, FLEET, ({ manifests, takenAt }) =>
    reconcileFleet(manifests, takenAt, secrets, pause, host),
  )
}

async function judgeStored(
  configs: Ports['configs'],
  cluster: string,
  judge: (stored: ConfigSnapshot) => Promise<ConfigSnapshot>,
): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const stored = await configs.read(cluster)
    if (typeof stored !== 'object') return
    const judged = await judge(stored)
    if (JSON.stringify(judged.objects) === JSON.stringify(stored.objects)) return
    // A set that was taken later may have been judged before the Secret was there.
    if ((await configs.replace(judged)) === 'replaced') return
  }
}
