import { TRY_BOUNDS } from '../../functions/shared/try-bounds.ts'
import type { ObjectReadiness } from '../../relay/model/config.ts'
import { noPause } from '../../relay/pipeline/slices.ts'
import { type ReadManifests, secretsOf } from '../manifests.ts'

/** Says of each Alert and Provider among manifests what a relay would say of it. */
export async function judge(
  loaded: ReadManifests['loaded'],
  cluster: string,
): Promise<readonly ObjectReadiness[]> {
  const { reconcile } = await import('../../relay/pipeline/reconcile.ts')
  const secrets = secretsOf(loaded)
  const { objects } = await reconcile(cluster, loaded.manifests, 0, secrets, noPause, TRY_BOUNDS)
  return objects
}
