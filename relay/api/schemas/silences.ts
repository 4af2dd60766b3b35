import { z } from 'zod'
import { MAX_SILENCE_MATCH, MAX_SILENCE_REASON } from '../../model/silence.ts'
import { Rfc3339 } from './time.ts'

/** The body of `POST /v1/clusters/{cluster}/silences`. */
export const SilenceToMake = z
  .strictObject({
    match: z.string().min(1).max(MAX_SILENCE_MATCH).meta({
      description:
        'A CEL condition over `event`, `labels`, `alert`, `provider` and `cluster`: what it is true for is silenced.',
    }),
    reason: z.string().trim().min(1).max(MAX_SILENCE_REASON).meta({
      description: 'Why, for those who miss a message.',
    }),
    duration: z
      .string()
      .max(100)
      .optional()
      .meta({ description: 'How long from now, such as `2h` or `3d`; or give `endsAt`.' }),
    endsAt: Rfc3339.optional().meta({
      description: 'When it ends, RFC 3339; at most 31 days ahead.',
    }),
  })
  .meta({ description: 'A silence, which begins at once.' })
export type SilenceToMake = z.input<typeof SilenceToMake>

/** A silence that a person made, or an object of the kind Silence while it is in force. */
export const Silence = z
  .looseObject({
    id: z.string(),
    cluster: z.string(),
    match: z.string().meta({ description: 'A CEL condition.' }),
    reason: z.string(),
    active: z.boolean().meta({ description: 'Whether it is in force.' }),
    namespace: z.string().optional().meta({
      description: 'The namespace whose Alerts it is for: only of an object of the kind Silence.',
    }),
    createdAt: z
      .string()
      .optional()
      .meta({ description: 'When a person made it. RFC 3339, UTC. Absent of an object.' }),
    createdBy: z
      .string()
      .optional()
      .meta({ description: 'The name of an operator, or the ARN of a caller on AWS.' }),
    endsAt: z
      .string()
      .meta({ description: 'When it, or its window, ends by itself. RFC 3339, UTC.' }),
    expiry: z
      .object({ at: z.string(), by: z.string().optional() })
      .optional()
      .meta({ description: 'When a person ended it before that, and who.' }),
  })
  .meta({ description: 'A silence of a cluster.' })
export type Silence = Readonly<z.infer<typeof Silence>>

/** The answer to `GET /v1/clusters/{cluster}/silences`. */
export const SilenceList = z.object({ cluster: z.string(), silences: z.array(Silence) }).meta({
  description:
    'Silences of a cluster: those of its configuration that are in force, and those that people made, the newest first.',
})
