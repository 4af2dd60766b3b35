import type { ConfigSnapshot } from '../model/config.ts'
import { FLEET, isOfFleet } from '../model/fleet.ts'
import type { KubernetesObject } from '../model/kubernetes.ts'
import { providerRefOf } from '../model/provider-ref.ts'
import { unreadableText } from '../model/stored/errors.ts'
import type { ConfigStore } from '../ports/config-store.ts'
import { compileInSlices, type RoutingTable } from './routing-table.ts'
import type { Pause } from './slices.ts'

/** Reads the set of the fleet; undefined without one. Rejects when the store cannot be read. */
export async function readFleet(
  configs: Pick<ConfigStore, 'read'>,
): Promise<ConfigSnapshot | undefined> {
  const fleet = await configs.read(FLEET)
  return typeof fleet === 'object' ? fleet : undefined
}

/** Whether any of a cluster's objects is an Alert that leads to a Provider of the fleet. */
export function usesFleet(manifests: readonly KubernetesObject[]): boolean {
  return manifests.some((manifest) => {
    const provider = manifest.kind === 'Alert' ? providerRefOf(manifest) : undefined
    return provider !== undefined && isOfFleet(provider)
  })
}

/** Finds which of these clusters use the fleet, or may: a set that cannot be read counts. Rejects when the store fails. */
export async function* clustersInFleet(
  configs: Pick<ConfigStore, 'read'>,
  clusters: Iterable<string>,
): AsyncGenerator<string> {
  for (const cluster of clusters) if (await mayUseFleet(configs, cluster)) yield cluster
}

async function mayUseFleet(configs: Pick<ConfigStore, 'read'>, cluster: string): Promise<boolean> {
  try {
    const config = await configs.read(cluster)
    return typeof config === 'object' && usesFleet(config.manifests)
  } catch (error) {
    if (unreadableText(error) === undefined) throw error
    return true
  }
}

/** Compiles a cluster's set with the Providers of the fleet, if any of its Alerts leads there. */
export async function compileWithFleet(
  snapshot: ConfigSnapshot,
  configs: Pick<ConfigStore, 'read'>,
  pause: Pause,
): Promise<RoutingTable> {
  const fleet = usesFleet(snapshot.manifests) ? await readFleet(configs) : undefined
  return compileInSlices(snapshot, pause, fleet)
}
