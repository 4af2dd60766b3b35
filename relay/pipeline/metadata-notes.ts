import type { FieldError } from '../model/errors.ts'
import { type KubernetesObject, RELAY_ANNOTATION_PREFIX } from '../model/kubernetes.ts'
import { nearestName } from '../model/nearest-name.ts'
import { RULE_ANNOTATIONS } from '../model/rule-annotations.ts'

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/ */
const METADATA_FIELDS: ReadonlySet<string> = new Set([
  ...['name', 'generateName', 'namespace', 'labels', 'annotations', 'finalizers'],
  ...['ownerReferences', 'managedFields', 'uid', 'resourceVersion', 'generation', 'selfLink'],
  ...['creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'clusterName'],
])

/**
 * What is most likely a mistake in the metadata of an object that validates: each of them leaves a rule
 * without effect, since a rule is an annotation by its exact name.
 */
export function metadataNotes({ metadata }: KubernetesObject): readonly FieldError[] {
  const { annotations, labels } = Object(metadata) as Readonly<Record<string, unknown>>
  return [
    ...keysOf(metadata)
      .filter((field) => !METADATA_FIELDS.has(field))
      .map((field) => note(field, 'is ignored, there is no such field')),
    ...keysOf(annotations).flatMap((name) => misspelt(name) ?? []),
    ...keysOf(labels)
      .filter(isRule)
      .map((name) => note(`labels.${name}`, 'is ignored, a rule is an annotation and no label')),
  ]
}

const GROUP = RELAY_ANNOTATION_PREFIX.slice(0, -1)

/** An annotation whose name begins nearly as those of the relay do. Another one is somebody else's. */
function misspelt(name: string): FieldError | undefined {
  const [prefix = '', rest] = name.split('/')
  if (rest === undefined || prefix === GROUP || nearestName(prefix, [GROUP]) === undefined) return
  return note(`annotations.${name}`, `is ignored; did you mean ${RELAY_ANNOTATION_PREFIX}${rest}?`)
}

function isRule(name: string): boolean {
  return (
    name.startsWith(RELAY_ANNOTATION_PREFIX) &&
    Object.hasOwn(RULE_ANNOTATIONS, name.slice(RELAY_ANNOTATION_PREFIX.length))
  )
}

function note(field: string, message: string): FieldError {
  return { field: `metadata.${field}`, message }
}

function keysOf(value: unknown): readonly string[] {
  return Object.keys(Object(value))
}
