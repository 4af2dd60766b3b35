import { z } from 'zod'
import {
  type Identity,
  type KubernetesObject,
  LocalObjectReference,
  NotificationApiVersion,
  ObjectMeta,
} from './kubernetes.ts'
import { NameText, OptionalText, Text, TextMap } from './text.ts'

const TextList = z
  .array(Text)
  .max(1_000)
  .nullish()
  .transform((list) => list ?? [])

/** Which objects an Alert is for. `apiVersion` is accepted and ignored, as Flux does. */
export const EventSource = z.object({
  apiVersion: z.string().nullish(),
  kind: NameText(),
  /** A name, or `*` for every object of the kind. */
  name: NameText(),
  /** The namespace of the objects; absent: the Alert's own. */
  namespace: NameText()
    .nullish()
    .transform((namespace) => namespace ?? undefined),
  matchLabels: TextMap,
})
export type EventSource = Readonly<z.infer<typeof EventSource>>

export const AlertSpec = z.object({
  providerRef: LocalObjectReference,
  eventSeverity: z
    .enum(['info', 'error', ''])
    .nullish()
    .transform((severity) => severity || 'info'),
  eventSources: z.array(EventSource).min(1).max(1_000),
  inclusionList: TextList,
  exclusionList: TextList,
  eventMetadata: TextMap,
  /** Deprecated in Flux; `eventMetadata.summary` replaces it. */
  summary: OptionalText.pipe(z.string().max(255)),
  suspend: z
    .boolean()
    .nullish()
    .transform((suspend) => suspend ?? false),
})

/** A Flux `Alert` of any served version; the versions differ only in which fields exist. */
export const Alert = z.object({
  apiVersion: NotificationApiVersion,
  kind: z.literal('Alert'),
  metadata: ObjectMeta,
  spec: AlertSpec,
})
type ParsedAlert = z.infer<typeof Alert>
export type Alert = Readonly<
  Omit<ParsedAlert, 'metadata'> & {
    metadata: Identity
    /** The relay's own annotations, without the prefix `flux-relay.io/`. */
    annotations: Readonly<Record<string, string>>
    /** The object as the user wrote it. CEL expressions see this form. */
    manifest: KubernetesObject
  }
>
