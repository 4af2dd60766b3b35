import { type KubernetesObject, RELAY_ANNOTATION_PREFIX } from '../../model/kubernetes.ts'
import { SELF_KINDS, type SelfTopic } from '../rules/self-rule.ts'

/** Whether any of a cluster's objects is an Alert that is told this of the relay itself. They may be of any form. */
export function isWanted(manifests: readonly KubernetesObject[], topic: SelfTopic): boolean {
  return manifests.some((manifest) => wants(manifest, topic))
}

function wants({ kind, metadata, spec }: KubernetesObject, topic: SelfTopic): boolean {
  if (kind !== 'Alert') return false
  const { annotations } = Object(metadata)
  const topics = String(Object(annotations)[`${RELAY_ANNOTATION_PREFIX}self`] ?? '').split(',')
  if (topics.some((text) => text.trim() === topic)) return true
  const { eventSources } = Object(spec)
  return (
    Array.isArray(eventSources) &&
    eventSources.some((source) => Object(source).kind === SELF_KINDS[topic])
  )
}
