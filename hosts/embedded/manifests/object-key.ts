import { type KubernetesObject, namespacedName } from '../../../relay/model/kubernetes.ts'
import { nameOf } from '../../../relay/model/parse-objects.ts'

/** `Alert/flux-system/on-call`: which of two manifests are of the same object. */
export type ObjectKey = string

/** The key of the object in a manifest; undefined when the manifest does not name its object. */
export function manifestObjectKey(
  kind: unknown,
  manifest: KubernetesObject,
): ObjectKey | undefined {
  const names = nameOf(manifest)
  if (typeof kind !== 'string' || names.name === '') return undefined
  return `${kind}/${namespacedName(names)}`
}

/**
 * The key as problems show it. When a quote or an indentation is wrong, the "name" can be the rest
 * of the manifest, Secrets and all; so only what looks like Kubernetes names is shown.
 */
export function shownKey(key: ObjectKey): string {
  const isOrdinary = /^[A-Za-z]{1,63}\/[\w.-]{1,253}\/[\w.-]{1,253}$/.test(key)
  return isOrdinary
    ? key
    : (/^(?:Alert|Provider|Silence|Secret)(?=\/)/.exec(key)?.[0] ?? 'an object')
}
