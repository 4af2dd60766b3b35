import { Command } from 'commander'
import type { RelayClient } from '../client/relay-client.ts'
import { UsageError } from '../client/usage-error.ts'
import type { LoadedManifests } from '../hosts/embedded/manifests/loader.ts'
import type { Readiness, StoredConfig } from '../relay/api/schemas/config.ts'
import { FLEET } from '../relay/model/fleet.ts'
import { type KubernetesObject, namespacedName } from '../relay/model/kubernetes.ts'
import { nameOf } from '../relay/model/parse-objects.ts'
import { loadManifests } from './manifests.ts'
import { parseManifestsPath } from './one-path.ts'
import { printLine, warnLine } from './output/print.ts'
import { addRelayOptions, type RelayFlags, withRelay } from './relay/options.ts'

interface ApplyFlags extends RelayFlags {
  readonly file: string
  /** Not looked at with `fleet`. */
  readonly cluster: string
  readonly fleet?: boolean
}

/** `flux-relay apply`: makes a folder of manifests the whole set of a cluster. */
export function applyCommand(): Command {
  const command = new Command('apply')
    .description(
      "make the Alerts and Providers of a folder or file a cluster's whole set; others are removed",
    )
    .requiredOption(
      '-f, --file <path>',
      'folder (or file) of Alerts and Providers',
      parseManifestsPath,
    )
  return addRelayOptions(command, {
    requiredCluster: 'cluster that they are for',
    orFleet: 'the Providers are for the clusters that each allows by flux-relay.io/allow-clusters',
  }).action((flags: ApplyFlags) => apply(flags))
}

async function apply({ file, cluster, fleet = false, ...relay }: ApplyFlags): Promise<void> {
  const loaded = await loadManifests(file, fleet ? FLEET : cluster)
  warnOfSecrets(loaded, fleet ? undefined : cluster)
  const objects = await withRelay(relay, (api) =>
    fleet ? replaceFleet(api, loaded) : replaceSet(api, cluster, loaded),
  )
  const notReady = objects.filter(({ ready }) => !ready)
  if (notReady.length === 0) return
  // Those among the files were named with the command of each.
  if (loaded.secrets.size === 0 && notReady.some(({ reason }) => reason === 'SecretNotFound')) {
    const name = fleet ? 'NAME' : 'NAMESPACE/NAME'
    warnLine(`put the Secrets with: ${putCommand(name, fleet ? undefined : cluster)}`)
  }
  throw new UsageError(`applied, but not ready: ${notReady.map(shown).join(', ')}`, 1)
}

type ConfigObjects = Pick<StoredConfig, 'alerts' | 'providers' | 'silences'>

const NOTHING: ConfigObjects = { alerts: [], providers: [] }

async function replaceSet(api: RelayClient, cluster: string, loaded: LoadedManifests) {
  const before = await api.config(cluster)
  const manifests = await dated(before ?? NOTHING, loaded, keyOf)
  const objects = await api.applyConfig(cluster, {
    takenAt: new Date().toISOString(),
    alerts: manifests.filter(({ kind }) => kind === 'Alert'),
    providers: manifests.filter(({ kind }) => kind === 'Provider'),
    silences: manifests.filter(({ kind }) => kind === 'Silence'),
  })
  printChanges(before, objects)
  return objects
}

/** Nothing is sent when there is anything else among the files, which would seem to be applied. */
async function replaceFleet(api: RelayClient, loaded: LoadedManifests) {
  const other = loaded.manifests.find(({ kind }) => kind !== 'Provider')
  if (other !== undefined) {
    throw new UsageError(
      `${keyOf(other)}: the fleet has Providers only; apply ${other.kind}s with --cluster`,
      1,
    )
  }
  const before = await api.fleet()
  const nameAlone = (manifest: KubernetesObject) => nameOf(manifest).name
  const providers = await dated(before ?? NOTHING, loaded, nameAlone)
  const objects = await api.applyFleet({ takenAt: new Date().toISOString(), providers })
  printChanges(before, objects)
  return objects
}

function printChanges(before: StoredConfig | undefined, objects: readonly Readiness[]): void {
  for (const object of objects) {
    const { ready, reason, message } = object
    printLine(`${shown(object)} ${ready ? 'ready' : `not ready (${reason})`}: ${message}`)
  }
  for (const name of removed(before, objects)) printLine(`${name} removed`)
}

/** The manifests with times of creation: what was in the set before is as old as it was. */
async function dated(
  { alerts, providers, silences = [] }: ConfigObjects,
  { manifests }: LoadedManifests,
  nameIn: (manifest: KubernetesObject) => string,
) {
  const { withCreationTime } = await import('../hosts/embedded/manifests/creation-times.ts')
  const times = new Map(
    [...alerts, ...providers, ...silences].map((manifest) => [
      nameIn(manifest),
      Object(manifest.metadata).creationTimestamp,
    ]),
  )
  const now = `${new Date().toISOString().slice(0, 19)}Z`
  return manifests.map((manifest) => {
    const time: unknown = times.get(nameIn(manifest))
    return withCreationTime(manifest, typeof time === 'string' ? time : now)
  })
}

function keyOf(manifest: KubernetesObject): string {
  return shown({ kind: String(manifest.kind), ...nameOf(manifest) })
}

/** What was in the set before and is no more. */
function removed(before: StoredConfig | undefined, now: readonly Readiness[]): readonly string[] {
  const kept = new Set(now.map(shown))
  return (before?.objects ?? []).map(shown).filter((name) => !kept.has(name))
}

function shown(object: Pick<Readiness, 'kind' | 'namespace' | 'name'>): string {
  return `${object.kind}/${namespacedName(object)}`
}

/** A Secret never goes the way of the configuration. `cluster` is absent for the fleet. */
function warnOfSecrets({ secrets }: LoadedManifests, cluster: string | undefined): void {
  for (const name of secrets.keys()) {
    warnLine(`Secret/${name} is not applied; put it with: ${putCommand(name, cluster)}`)
  }
}

function putCommand(name: string, cluster: string | undefined): string {
  const place =
    cluster === undefined ? `${name.split('/').at(-1)} --fleet` : `${name} --cluster ${cluster}`
  return `flux-relay secret put ${place} --from-literal=KEY=VALUE`
}
