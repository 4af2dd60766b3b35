import { z } from 'zod'
import { type Identity, type KubernetesObject, ObjectMeta } from './kubernetes.ts'
import { MAX_SILENCE_MATCH, MAX_SILENCE_REASON } from './silence.ts'
import { NameText, OptionalText } from './text.ts'

/** The API group of the relay's own kinds. */
export const RELAY_GROUP = 'flux-relay.io'

/** The versions of the kind Silence. */
export const SILENCE_VERSIONS = ['v1alpha1'] as const

/** The longest schedule, name of a zone, duration or time, in UTF-16 units. */
const MAX_TIME_LENGTH = 100

const TimeText = OptionalText.pipe(z.string().max(MAX_TIME_LENGTH))

/** What a Silence says; a text that is left out is empty. */
export const SilenceSpec = z.object({
  match: NameText(MAX_SILENCE_MATCH),
  reason: NameText(MAX_SILENCE_REASON),
  schedule: TimeText,
  timeZone: TimeText,
  duration: TimeText,
  startsAt: TimeText,
  endsAt: TimeText,
  suspend: z
    .boolean()
    .nullish()
    .transform((suspend) => suspend ?? false),
})
export type SilenceSpec = Readonly<z.infer<typeof SilenceSpec>>

/** A Silence as people write it into their manifests: a window that comes again and again, or once. */
export const SilenceObject = z.object({
  apiVersion: z.enum(SILENCE_VERSIONS.map((version) => `${RELAY_GROUP}/${version}` as const)),
  kind: z.literal('Silence'),
  metadata: ObjectMeta,
  spec: SilenceSpec,
})
export type SilenceObject = Readonly<
  Omit<z.infer<typeof SilenceObject>, 'metadata'> & {
    metadata: Identity
    annotations: Readonly<Record<string, string>>
    /** The object as the user wrote it. */
    manifest: KubernetesObject
  }
>
