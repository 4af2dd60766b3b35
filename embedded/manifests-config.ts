import type { ConfigSnapshot, ObjectReadiness } from '../relay/model/config.ts'
import { namespacedName } from '../relay/model/kubernetes.ts'
import type { SecretData } from '../relay/model/secret.ts'
import type { Pause } from '../relay/pipeline/slices.ts'
import type { Clock, ConfigStore, SecretStore } from '../relay/ports.ts'
import { reconcile } from '../relay/reconcile.ts'
import type { LoadedManifests } from './manifests/loader.ts'
import { type ManifestProblem, manifestProblemText } from './manifests/problem.ts'

/** What the manifests folder amounts to, as the core's stores show it. */
export interface ManifestsConfig {
  readonly configs: ConfigStore
  readonly secrets: SecretStore
  /** Puts a load of the folder in force, in one step. */
  apply(loaded: LoadedManifests): Promise<ConfigSnapshot>
}

export interface ManifestsConfigOptions {
  /** The cluster that the folder is for; it owns that cluster's configuration. */
  readonly cluster: string
  /** Of every other cluster. */
  readonly others: { readonly configs: ConfigStore; readonly secrets: SecretStore }
  /** Secrets that the relay itself provides, by name, in every namespace of the cluster. */
  readonly builtInSecrets: ReadonlyMap<string, SecretData>
  readonly clock: Clock
  /** Waited for between parts of a large folder that is judged. */
  readonly pause?: Pause
}

export function createManifestsConfig(options: ManifestsConfigOptions): ManifestsConfig {
  const { cluster, others, builtInSecrets, clock, pause } = options
  let snapshot: ConfigSnapshot | undefined
  let secretsInForce: LoadedManifests['secrets'] = new Map()

  const secretsOf = (secrets: LoadedManifests['secrets']): SecretStore => ({
    async read(owner, namespace, name) {
      if (owner !== cluster) return others.secrets.read(owner, namespace, name)
      return secrets.get(namespacedName({ namespace, name })) ?? builtInSecrets.get(name)
    },
  })

  return {
    configs: {
      async read(asked, knownRevision) {
        if (asked !== cluster) return others.configs.read(asked, knownRevision)
        return snapshot && snapshot.revision === knownRevision ? 'unchanged' : snapshot
      },
      async replace(next) {
        if (next.cluster === cluster) throw new Error(`the manifests folder owns ${cluster}`)
        return others.configs.replace(next)
      },
    },
    secrets: {
      read: (...question) => secretsOf(secretsInForce).read(...question),
    },
    async apply(loaded) {
      const { manifests, secrets, problems } = loaded
      const next = await reconcile(cluster, manifests, clock.now(), secretsOf(secrets), pause)
      snapshot = { ...next, objects: withProblems(next.objects, problems) }
      secretsInForce = secrets
      return snapshot
    },
  }
}

/** Shows what is wrong with a manifest beside, or with, what is in force of it. */
function withProblems(
  objects: readonly ObjectReadiness[],
  problems: readonly ManifestProblem[],
): readonly ObjectReadiness[] {
  const named = new Map(objects.map((object) => [nameOf(object), object]))
  for (const problem of problems) {
    if (problem.object === undefined) continue
    const [kind = '', namespace = '', name = ''] = problem.object.split('/')
    const message = manifestProblemText(problem)
    const inForce = named.get(problem.object)
    named.set(problem.object, {
      ...(inForce ?? { kind, namespace, name, ready: false, reason: 'ValidationFailed' }),
      message,
    })
  }
  return [...named.values()]
}

function nameOf({ kind, namespace, name }: ObjectReadiness): string {
  return `${kind}/${namespace}/${name}`
}
