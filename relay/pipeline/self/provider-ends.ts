import { FLEET, isOfFleet } from '../../model/fleet.ts'
import { derivedUid } from '../../model/hash.ts'
import { type Identity, type KubernetesObject, namespacedName } from '../../model/kubernetes.ts'
import { nameOf } from '../../model/parse-objects.ts'
import { providerRefOf } from '../../model/provider-ref.ts'

/** Why deliveries go to a Provider no more, whatever its destination answers. */
export type ProviderEnd = 'gone' | 'suspended' | 'unused'

/** What is in force for a cluster. Its objects may be of any form. */
export interface SetsInForce {
  readonly cluster: string
  readonly manifests: readonly KubernetesObject[]
  /** The Providers of the fleet. */
  readonly fleet: readonly KubernetesObject[]
}

/**
 * Tells of a Provider why deliveries go there no more; undefined while some may. One that is not valid now may get some
 * once it is mended.
 */
export function providerEnds(sets: SetsInForce): (of: Identity) => ProviderEnd | undefined {
  const { cluster, manifests } = sets
  const own = byName(manifests, (manifest) => namespacedName(nameOf(manifest)))
  const fleet = byName(sets.fleet, (manifest) => nameOf(manifest).name)
  const used = usedNames(manifests)
  return (provider) => {
    const name = namespacedName(provider)
    const ofFleet = isOfFleet(provider)
    const manifest = ofFleet ? fleet.get(provider.name) : own.get(name)
    if (manifest === undefined || uidOf(manifest, cluster, ofFleet) !== provider.uid) return 'gone'
    if (isSuspended(manifest)) return 'suspended'
    return used === 'any' || used.has(name) ? undefined : 'unused'
  }
}

function byName(
  manifests: readonly KubernetesObject[],
  keyOf: (manifest: KubernetesObject) => string,
): ReadonlyMap<string, KubernetesObject> {
  const providers = manifests.filter(({ kind }) => kind === 'Provider')
  return new Map(providers.map((manifest) => [keyOf(manifest), manifest]))
}

/** The UID of a Provider. One of the fleet has another in each cluster. */
function uidOf(manifest: KubernetesObject, cluster: string, ofFleet: boolean): unknown {
  const { namespace, name } = nameOf(manifest)
  if (ofFleet) return derivedUid(cluster, 'Provider', FLEET, name)
  const given: unknown = Object(manifest.metadata).uid
  return given || derivedUid(cluster, 'Provider', namespace, name)
}

/** Where Alerts that are not suspended lead. One that names no Provider in any form may mean any. */
function usedNames(manifests: readonly KubernetesObject[]): ReadonlySet<string> | 'any' {
  const names = new Set<string>()
  for (const manifest of manifests) {
    if (manifest.kind !== 'Alert' || isSuspended(manifest)) continue
    const ref = providerRefOf(manifest)
    if (ref === undefined) return 'any'
    names.add(namespacedName(ref))
  }
  return names
}

function isSuspended({ spec }: KubernetesObject): boolean {
  return Object(spec).suspend === true
}
