import type { RelayRequests } from '../../client/requests.ts'
import { loadManifests, secretsOf } from '../manifests.ts'

/**
 * A relay that has nothing but the manifests of a folder or file, and explains by them. Of the Secrets
 * that are not among them it takes any for granted. Rejects with `UsageError` when something is wrong
 * with the files.
 */
export async function relayOfFiles(
  path: string,
  cluster: string,
): Promise<Pick<RelayRequests, 'explainEvent'>> {
  const loaded = await loadManifests(path, cluster)
  // Loaded here, so that a command about a relay starts without them.
  const [{ explain }, { reconcile }, { systemClock }] = await Promise.all([
    import('../../relay/api/explain.ts'),
    import('../../relay/pipeline/reconcile.ts'),
    import('../../hosts/kit/system-clock.ts'),
  ])
  const secrets = secretsOf(loaded)
  const snapshot = await reconcile(cluster, loaded.manifests, 0, secrets)
  const configs = {
    read: async () => snapshot,
    replace: () => Promise.reject(new Error('files are read, and not written')),
  }
  const ports = { configs, secrets, clock: systemClock }
  return {
    explainEvent: (body, rules) => explain(ports, body, { ...rules, mayLackSecrets: true }),
  }
}
