import { TRY_BOUNDS } from '../../functions/shared/try-bounds.ts'
import type { ObjectReadiness } from '../../relay/model/config.ts'
import type { KubernetesObject } from '../../relay/model/kubernetes.ts'
import { leadsToOtherNamespace } from '../../relay/model/provider-ref.ts'
import { noPause } from '../../relay/pipeline/slices.ts'
import { type ReadManifests, secretsOf } from '../manifests.ts'

/**
 * Whether an Alert's Provider is not among the files, and of another namespace, for which there may be other
 * files.
 */
export function isElsewhere({ reason }: ObjectReadiness, manifest: KubernetesObject): boolean {
  return reason === 'ProviderNotFound' && leadsToOtherNamespace(manifest)
}

/** Says of each Alert and Provider among manifests what a relay would say of it. */
export async function judge(
  loaded: ReadManifests['loaded'],
  cluster: string,
): Promise<readonly ObjectReadiness[]> {
  const { reconcile } = await import('../../relay/pipeline/reconcile.ts')
  const secrets = secretsOf(loaded)
  const { objects } = await reconcile(cluster, loaded.manifests, 0, secrets, noPause, {
    bounds: TRY_BOUNDS,
  })
  return objects
}
