import { z } from 'zod'
import { parseDurationMs } from './duration.ts'
import {
  type Identity,
  type KubernetesObject,
  NotificationApiVersion,
  ObjectMeta,
  OptionalReference,
  relayAnnotations,
} from './kubernetes.ts'
import { NameText, OptionalText } from './text.ts'

/** The time for one attempt when the Provider has no `spec.timeout`. */
export const DEFAULT_TIMEOUT_MS = 15_000

/** The longest time for one attempt: an attempt that hangs takes a place from the others. */
export const MAX_TIMEOUT_MS = 60_000

const BoundedText = OptionalText.pipe(z.string().max(2048))

const Timeout = z
  .string()
  .nullish()
  .refine((text) => !text || (parseDurationMs(text) ?? 0) > 0, {
    error: 'expected a duration of more than zero such as 30s or 1m30s',
  })
  .transform((text) => (text ? parseDurationMs(text) : undefined))

export const ProviderSpec = z.object({
  /** The annotation `type` overrides it, since the definitions of Flux allow no other types than Flux's own. */
  type: NameText(64),
  /** Deprecated in Flux and without effect; accepted. */
  interval: z.string().nullish(),
  channel: BoundedText,
  username: BoundedText,
  address: BoundedText,
  timeout: Timeout,
  /** Deprecated in Flux; `proxySecretRef` replaces it. */
  proxy: BoundedText,
  proxySecretRef: OptionalReference,
  secretRef: OptionalReference,
  serviceAccountName: OptionalText,
  certSecretRef: OptionalReference,
  suspend: z
    .boolean()
    .nullish()
    .transform((suspend) => suspend ?? false),
  /** A CEL expression. Its string result is the context of a commit status. */
  commitStatusExpr: OptionalText.pipe(z.string().max(8_192)),
})
export type ProviderSpec = Readonly<z.infer<typeof ProviderSpec>>

/** A Flux `Provider` of any served version; the versions differ only in which fields exist. */
export const Provider = z.object({
  apiVersion: NotificationApiVersion,
  kind: z.literal('Provider'),
  metadata: ObjectMeta,
  spec: ProviderSpec,
})
type ParsedProvider = z.infer<typeof Provider>
export type Provider = Readonly<
  Omit<ParsedProvider, 'metadata'> & {
    metadata: Identity
    /** The relay's own annotations, without the prefix `flux-relay.io/`. */
    annotations: Readonly<Record<string, string>>
    /** The object as the user wrote it. CEL expressions see this form. */
    manifest: KubernetesObject
  }
>

/** A Provider whose `spec.type` is that of its annotation `type`, if it has one. */
export function withAnnotatedType(provider: Provider): Provider {
  const { type } = provider.annotations
  return type === undefined ? provider : { ...provider, spec: { ...provider.spec, type } }
}

/** The type of a Provider as it was written, valid or not; undefined when it has none. */
export function writtenType(manifest: KubernetesObject | undefined): string | undefined {
  const { metadata, spec } = Object(manifest) as Readonly<Record<string, unknown>>
  const type: unknown =
    relayAnnotations(Object(Object(metadata).annotations)).type ?? Object(spec).type
  return typeof type === 'string' ? type : undefined
}
