import { type KubernetesObject, namespacedName } from './kubernetes.ts'
import { nameOf } from './parse-objects.ts'

/** A set in which no two objects of a kind have the same UID. */
export interface OwnUids {
  readonly manifests: readonly KubernetesObject[]
  /** Whether the UID of an object was left out, since an earlier one of its kind has it. */
  isCopy(object: { kind: string; namespace: string; name: string }): boolean
}

/**
 * Leaves out the UID of each object that an earlier one of its kind has, as a copy has it of what `kubectl get -o
 * yaml` printed. It then gets one that is derived from its name. With the same UID two Alerts would have one Delivery
 * of an event, and only one of them would be told.
 */
export function withOwnUids(manifests: readonly KubernetesObject[]): OwnUids {
  const known = new Set<string>()
  const copies = new Set<string>()
  const own = manifests.map((manifest) => {
    const { uid, ...metadata } = Object(manifest.metadata) as Record<string, unknown>
    if (typeof uid !== 'string' || uid === '') return manifest
    const key = `${manifest.kind} ${uid}`
    if (!known.has(key)) {
      known.add(key)
      return manifest
    }
    copies.add(`${manifest.kind} ${namespacedName(nameOf(manifest))}`)
    return { ...manifest, metadata }
  })
  return {
    manifests: own,
    isCopy: (object) => copies.has(`${object.kind} ${namespacedName(object)}`),
  }
}
