import type { ConfigSummary } from '../../adapters/sqlite/config.ts'
import type { ConfigSnapshot, ObjectReadiness } from '../../relay/model/config.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'
import { type SecretData, storedSecret, type VersionedSecret } from '../../relay/model/secret.ts'
import {
  type ConfigText,
  configTextOf,
  notReadyCount,
  readConfigText,
} from '../../relay/model/stored/config-snapshot.ts'
import { readFleet } from '../../relay/pipeline/fleet.ts'
import { type HostRules, reconcile, type Surroundings } from '../../relay/pipeline/reconcile.ts'
import { noPause, type Pause } from '../../relay/pipeline/slices.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { ConfigHistory } from '../../relay/ports/config-history.ts'
import type { ConfigStore } from '../../relay/ports/config-store.ts'
import type { SecretStore } from '../../relay/ports/secret-store.ts'
import type { ConfigTexts } from './configurations/config-texts.ts'
import type { JudgedFolder } from './configurations/messages.ts'
import { withCreationTimes } from './manifests/creation-times.ts'
import type { LoadedManifests } from './manifests/loader.ts'
import { type ManifestError, manifestErrorText } from './manifests/manifest-error.ts'

/** What the manifests folder amounts to, as the core's stores show it. */
export interface ManifestsConfig {
  readonly configs: ConfigStore & ConfigHistory & ConfigTexts
  readonly secrets: SecretStore
  /** Judges a load of the folder and puts it in force, in one step. */
  apply(loaded: LoadedManifests): Promise<ConfigSnapshot>
  /** Keeps what is in force, so that records which name it can be explained later. */
  keep(): Promise<void>
  /** Puts a load that is judged already in force. */
  applyJudged(judged: Pick<JudgedFolder, 'config' | 'secrets' | 'problems'>): void
  /** Sums up the load that is in force; undefined before the first load. */
  summary(): Pick<ConfigSummary, 'cluster' | 'takenAt' | 'notReady'> | undefined
}

/** Keeps sets that are in force, though they are stored elsewhere. */
interface KeptTexts {
  keepText(config: ConfigText): Promise<void>
}

export interface ManifestsConfigOptions {
  /** The cluster that the folder is for; it owns that cluster's configuration. */
  readonly cluster: string
  /** The stores of every other cluster. */
  readonly others: {
    readonly configs: ManifestsConfig['configs'] & KeptTexts
    readonly secrets: SecretStore
  }
  /** Secrets that the relay itself provides, by name, in every namespace of the cluster. */
  readonly builtInSecrets: ReadonlyMap<string, SecretData>
  readonly clock: Clock
  /** By what the folder is judged, beside itself. */
  readonly host?: HostRules
  /** Waited for between parts of a large folder that is judged. */
  readonly pause?: Pause
}

export function createManifestsConfig(options: ManifestsConfigOptions): ManifestsConfig {
  const { cluster, others, builtInSecrets, clock, host, pause = noPause } = options
  let inForce: ConfigSnapshot | ConfigText | undefined
  let secretsInForce = folderSecrets(new Map(), builtInSecrets)
  let problemsInForce: readonly ManifestError[] = []
  const surroundings = { ...host, fleet: () => readFleet(others.configs) }

  /** Takes what is in force once it is judged again, and nothing else: the folder owns the cluster. */
  const takeJudged = (next: ConfigSnapshot) => {
    if (next.revision !== inForce?.revision) {
      throw new Error(`the manifests folder owns ${cluster}`)
    }
    inForce = { ...next, objects: withProblems(next.objects, problemsInForce) }
    return 'replaced' as const
  }
  return {
    configs: {
      async read(asked, knownRevision) {
        if (asked !== cluster) return others.configs.read(asked, knownRevision)
        if (inForce === undefined || !('body' in inForce)) {
          return inForce && inForce.revision === knownRevision ? 'unchanged' : inForce
        }
        if (inForce.revision === knownRevision) return 'unchanged'
        return readConfigText(cluster, inForce.body, pause)
      },
      isCurrent(asked, revision) {
        if (asked !== cluster) return others.configs.isCurrent?.(asked, revision) ?? false
        return inForce?.revision === revision
      },
      async readText(asked) {
        if (asked !== cluster) return others.configs.readText(asked)
        return inForce && ('body' in inForce ? inForce : configTextOf(inForce)).body
      },
      async readRevision(asked, revision) {
        if (asked !== cluster || !inForce?.revision.startsWith(revision)) {
          return others.configs.readRevision(asked, revision)
        }
        return 'body' in inForce ? readConfigText(cluster, inForce.body, pause) : inForce
      },
      async replace(next, shipper) {
        return next.cluster === cluster ? takeJudged(next) : others.configs.replace(next, shipper)
      },
      async replaceText(next, shipper) {
        if (next.cluster !== cluster) return others.configs.replaceText(next, shipper)
        return takeJudged(await readConfigText(cluster, next.body, pause))
      },
    },
    secrets: {
      read(owner, ...question) {
        if (owner !== cluster) return others.secrets.read(owner, ...question)
        return secretsInForce.read(owner, ...question)
      },
    },
    async apply(loaded) {
      const snapshot = await judgeFolder({
        ...{ cluster, builtInSecrets, loaded, pause, surroundings },
        now: clock.now(),
      })
      inForce = snapshot
      problemsInForce = loaded.problems
      secretsInForce = folderSecrets(loaded.secrets, builtInSecrets)
      return snapshot
    },
    async keep() {
      if (inForce === undefined) return
      await others.configs.keepText('body' in inForce ? inForce : configTextOf(inForce))
    },
    applyJudged({ config, secrets, problems }) {
      inForce = config
      problemsInForce = problems
      secretsInForce = folderSecrets(secrets, builtInSecrets)
    },
    summary() {
      if (inForce === undefined) return undefined
      const notReady = 'body' in inForce ? inForce.notReady : notReadyCount(inForce.objects)
      return { cluster, takenAt: inForce.takenAt, notReady }
    },
  }
}

/** A load of a folder that is to be judged. */
export interface FolderToJudge extends Pick<ManifestsConfigOptions, 'cluster' | 'builtInSecrets'> {
  readonly loaded: LoadedManifests
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly surroundings: Surroundings
  readonly pause?: Pause
}

/** Judges a load of a folder by the Secrets in it. What is wrong with it is said of its objects. */
export async function judgeFolder(folder: FolderToJudge): Promise<ConfigSnapshot> {
  const { cluster, builtInSecrets, now, surroundings, pause } = folder
  const { secrets, problems } = folder.loaded
  const own = folderSecrets(secrets, builtInSecrets)
  const manifests = withCreationTimes(folder.loaded)
  const snapshot = await reconcile(cluster, manifests, now, own, pause, surroundings)
  return { ...snapshot, objects: withProblems(snapshot.objects, problems) }
}

function folderSecrets(
  secrets: LoadedManifests['secrets'],
  builtInSecrets: ReadonlyMap<string, SecretData>,
): SecretStore {
  // Reading goes on with every delivery, and working out a version takes longer than looking it up.
  const stored = new WeakMap<SecretData, VersionedSecret>()
  return {
    async read(_cluster, namespace, name) {
      const data = secrets.get(namespacedName({ namespace, name })) ?? builtInSecrets.get(name)
      if (data === undefined) return undefined
      const found = stored.get(data) ?? storedSecret(data)
      stored.set(data, found)
      return found
    },
  }
}

/** Shows what is wrong with a manifest beside, or with, what is in force of it. */
function withProblems(
  objects: readonly ObjectReadiness[],
  problems: readonly ManifestError[],
): readonly ObjectReadiness[] {
  const named = new Map(objects.map((object) => [nameOf(object), object]))
  for (const problem of problems) {
    if (problem.object === undefined) continue
    const [kind = '', namespace = '', name = ''] = problem.object.split('/')
    const message = manifestErrorText(problem)
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
