import { TRY_BOUNDS } from '../../functions/shared/try-bounds.ts'
import type { ObjectReadiness } from '../../relay/model/config.ts'
import { FLEET } from '../../relay/model/fleet.ts'
import type { KubernetesObject } from '../../relay/model/kubernetes.ts'
import { NO_NAMESPACE } from '../../relay/model/parse-objects.ts'
import { leadsToOtherNamespace } from '../../relay/model/provider-ref.ts'
import type { RouteOptions } from '../../relay/pipeline/provider-route.ts'
import { noPause } from '../../relay/pipeline/slices.ts'
import type { SecretStore } from '../../relay/ports/secret-store.ts'
import { type ReadManifests, secretsOf } from '../manifests.ts'

/**
 * Whether an Alert's Provider is not among the files, and of another namespace, for which there may be other
 * files.
 */
export function isElsewhere({ reason }: ObjectReadiness, manifest: KubernetesObject): boolean {
  return reason === 'ProviderNotFound' && leadsToOtherNamespace(manifest)
}

/**
 * Says of each Alert and Provider among manifests what a relay would say of it: for a cluster of this name, or
 * for the fleet.
 */
export async function judge(
  loaded: ReadManifests['loaded'],
  cluster: string,
  options: Partial<RouteOptions> = {},
): Promise<readonly ObjectReadiness[]> {
  const { reconcile, reconcileFleet } = await import('../../relay/pipeline/reconcile.ts')
  const secrets = secretsOf(loaded)
  if (cluster === FLEET) {
    // As its Providers, its Secrets have no namespace in the files.
    const own: SecretStore = { read: (_, __, name) => secrets.read(FLEET, NO_NAMESPACE, name) }
    const judged = reconcileFleet(loaded.manifests, 0, own, noPause, { bounds: TRY_BOUNDS })
    return (await judged).objects
  }
  const { objects } = await reconcile(cluster, loaded.manifests, 0, secrets, noPause, {
    bounds: TRY_BOUNDS,
    ...options,
  })
  return objects
}
