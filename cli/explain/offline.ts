import { problemIn } from '../../client/problem.ts'
import type { RelayRequests } from '../../client/requests.ts'
import { UsageError } from '../../client/usage-error.ts'
import { loadManifests, secretsOf } from '../manifests.ts'

/**
 * A relay that has nothing but the manifests of a folder or file, and explains by them. Of the Secrets
 * that are not among them it takes any for granted. Rejects with `UsageError` when something is wrong
 * with the files, that of the event among them.
 */
export async function relayOfFiles(
  path: string,
  cluster: string,
  eventFile: string,
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
    async explainEvent(body, rules) {
      const answer = await explain(ports, body, { ...rules, mayLackSecrets: true })
      // Nobody asked a relay, so what is refused is said of the file.
      const refusal = answer.status >= 400 ? problemIn(answer.body) : undefined
      if (refusal) throw new UsageError(`-e ${eventFile}: ${refusal.detail}`, 1)
      return answer
    },
  }
}
