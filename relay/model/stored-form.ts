import type { KubernetesObject } from './kubernetes.ts'

/**
 * The form in which an API server (1.35) stores an Alert or a Provider with Flux's definitions:
 * without null fields of the spec and null entries of its maps; null labels and annotations become
 * empty texts. A null in a list stays, and is refused.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting-and-nullable
 */
export function storedForm(manifest: KubernetesObject): KubernetesObject {
  const { metadata, spec } = manifest
  return {
    ...manifest,
    ...(isFields(metadata) && { metadata: withTexts(metadata, ['labels', 'annotations']) }),
    ...(isFields(spec) && { spec: withoutNulls(spec) }),
  }
}

/**
 * The object with each null value in these maps replaced by an empty text, as Go decodes a map of
 * strings.
 */
export function withTexts(object: KubernetesObject, maps: readonly string[]): KubernetesObject {
  const changed = maps.flatMap((name) => {
    const map = object[name]
    if (!isFields(map)) return []
    return [[name, mapValues(map, (value) => value ?? '')] as const]
  })
  return changed.length === 0 ? object : { ...object, ...Object.fromEntries(changed) }
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isFields(value)) return value
  const kept = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)]))
}

function mapValues(map: KubernetesObject, change: (value: unknown) => unknown): KubernetesObject {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]))
}

function isFields(value: unknown): value is KubernetesObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
