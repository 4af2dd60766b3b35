import { z } from 'zod'
import { FLEET } from './fleet.ts'
import { NameText, TextMap } from './text.ts'

/**
 * The name of an object or of its namespace. Kubernetes allows no slash in it: otherwise
 * `namespace/name` could name two objects.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#path-segment-names
 */
const SegmentName = () =>
  NameText().refine((name) => !name.includes('/'), 'expected a name without a slash')

/** The part of Kubernetes object metadata that the relay reads. */
export const ObjectMeta = z.object({
  name: SegmentName(),
  namespace: SegmentName()
    .refine((namespace) => namespace !== FLEET, `${FLEET} is the relay's own, and no namespace`)
    .nullish()
    .transform((namespace) => namespace ?? 'default'),
  uid: NameText().nullish(),
  labels: TextMap,
  annotations: TextMap,
})

/**
 * The identity of an Alert or a Provider. A UID that the manifest lacks is derived (`derivedUid`).
 */
export interface Identity {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** The name of a namespace or of a Secret: a DNS subdomain, RFC 1123. */
export const KubernetesName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/, 'expected a name such as flux-system')

/** The prefix of annotations that are the relay's own rules and settings. */
export const RELAY_ANNOTATION_PREFIX = 'flux-relay.io/'

/** The relay's own annotations of an object, without their prefix: `api-url`, not the whole key. */
export function relayAnnotations(
  annotations: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(annotations)
      .filter(([key]) => key.startsWith(RELAY_ANNOTATION_PREFIX))
      .map(([key, value]) => [key.slice(RELAY_ANNOTATION_PREFIX.length), value]),
  )
}

/** An object as it came. It is a JSON object; nothing else is validated yet. */
export type KubernetesObject = Readonly<Record<string, unknown>>

export const LocalObjectReference = z.object({ name: NameText() })

/** An optional reference; `null` is absent. */
export const OptionalReference = LocalObjectReference.nullish().transform((ref) => ref ?? undefined)

/** The API group of Alerts and Providers. */
export const NOTIFICATION_GROUP = 'notification.toolkit.fluxcd.io'
/**
 * The served versions, the oldest first. `v1` is the version of a future Flux; its new fields are
 * ignored, with a warning.
 */
export const NOTIFICATION_VERSIONS = ['v1beta1', 'v1beta2', 'v1beta3', 'v1'] as const

export const NotificationApiVersion = z.enum(
  NOTIFICATION_VERSIONS.map((version) => `${NOTIFICATION_GROUP}/${version}` as const),
)

/** The name of an object within a cluster: `flux-system/slack`. */
export function namespacedName(meta: { readonly namespace: string; readonly name: string }) {
  return `${meta.namespace}/${meta.name}`
}
