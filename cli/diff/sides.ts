import type { RelayClient } from '../../client/relay-client.ts'
import type { ObjectReadiness } from '../../relay/model/config.ts'
import { type KubernetesObject, namespacedName } from '../../relay/model/kubernetes.ts'
import { nameOf } from '../../relay/model/parse-objects.ts'
import { providerRefOf } from '../../relay/model/provider-ref.ts'
import type { RouteOptions } from '../../relay/pipeline/provider-route.ts'
import { namingFiles, type ReadManifests } from '../manifests.ts'
import { isElsewhere, judge } from '../validate/judge.ts'

/** Whether an object takes effect. `unknown`: that depends on a Secret that is not among the files. */
export type Standing = 'ready' | 'not ready' | 'unknown'

/** An object of one side, and what a relay says of it. */
export interface SideObject {
  readonly manifest: KubernetesObject
  readonly standing: Standing
  /** One CamelCase word, and a text for a person; absent of a Secret. */
  readonly readiness?: Pick<ObjectReadiness, 'reason' | 'message'>
  /** Where it begins; absent at a relay. The line counts from 1. */
  readonly place?: { readonly file: string; readonly line: number }
}

/** One of the two sets that are compared. The key is `Alert/namespace/name`. */
export interface Side {
  readonly objects: ReadonlyMap<string, SideObject>
  /** The values of the Secrets among the files. */
  readonly secretValues: readonly string[]
}

/** How a set of files is read. */
export interface FileSideOptions extends RouteOptions {
  readonly cluster: string
  /** Whether its Secrets are among the objects. */
  readonly hasSecrets: boolean
}

/** The set of files. */
export async function sideOfFiles(
  path: string,
  { loaded, places }: ReadManifests,
  { cluster, hasSecrets, noCrossNamespaceRefs }: FileSideOptions,
): Promise<Side> {
  const named = await namingFiles(path)
  const judged = byKey(await judge(loaded, cluster, { noCrossNamespaceRefs }))
  const secrets = [...loaded.secrets].map(([name, data]) => {
    const [namespace, last] = name.split('/')
    return { kind: 'Secret', metadata: { namespace, name: last }, data }
  })
  const manifests = [...loaded.manifests, ...(hasSecrets ? secrets : [])]
  const objects = manifests.map((manifest) => {
    const key = keyOf(manifest)
    const place = places.get(key)
    const object: SideObject = {
      manifest,
      standing: standingIn(judged, manifest),
      ...readinessIn(judged, key),
      ...(place && { place: { ...place, file: named(place.file) } }),
    }
    return [key, object] as const
  })
  const secretValues = [...loaded.secrets.values()].flatMap((data) => Object.values(data))
  return { objects: new Map(objects), secretValues }
}

/** What is in force at a relay; undefined when the cluster has no configuration. */
export async function sideOfRelay(api: RelayClient, cluster: string): Promise<Side | undefined> {
  const config = await api.config(cluster)
  if (config === undefined) return undefined
  const judged = byKey(config.objects)
  const ofKind = (kind: string, manifests: readonly KubernetesObject[]) =>
    manifests.map((manifest) => ({ ...manifest, kind }))
  const manifests = [
    ...ofKind('Alert', config.alerts),
    ...ofKind('Provider', config.providers),
    ...ofKind('Silence', config.silences ?? []),
  ]
  const objects = manifests.map((manifest) => {
    const key = keyOf(manifest)
    const ready = judged.get(key)?.ready
    const standing = ready === undefined ? 'unknown' : ready ? 'ready' : 'not ready'
    return [key, { manifest, standing, ...readinessIn(judged, key) }] as const
  })
  return { objects: new Map(objects), secretValues: [] }
}

type Judged = ReadonlyMap<string, ObjectReadiness>

function byKey(objects: readonly ObjectReadiness[]): Judged {
  return new Map(objects.map((object) => [`${object.kind}/${namespacedName(object)}`, object]))
}

function readinessIn(judged: Judged, key: string) {
  const found = judged.get(key)
  return found && { readiness: { reason: found.reason, message: found.message } }
}

/** An Alert stands as its Provider does, when nothing else is wrong with it. */
function standingIn(judged: Judged, manifest: KubernetesObject): Standing {
  const found = judged.get(keyOf(manifest))
  if (found === undefined || found.reason === 'SecretNotFound') return 'unknown'
  if (isElsewhere(found, manifest)) return 'unknown'
  if (found.reason !== 'ProviderNotReady') return found.ready ? 'ready' : 'not ready'
  const ref = providerRefOf(manifest)
  const provider = ref && judged.get(`Provider/${namespacedName(ref)}`)
  return provider?.reason === 'SecretNotFound' ? 'unknown' : 'not ready'
}

function keyOf(manifest: KubernetesObject): string {
  return `${String(manifest.kind)}/${namespacedName(nameOf(manifest))}`
}
