import { z } from 'zod'
import { ClusterName } from '../../model/config.ts'

/** The longest message of a test, in UTF-16 units. */
const MAX_MESSAGE_LENGTH = 1_000

/** The body of `POST /v1/providers/{namespace}/{name}/test`. */
export const TestToSend = z
  .object({
    cluster: ClusterName.meta({ description: 'Whose Provider it is.' }),
    severity: z.enum(['info', 'error']).default('info').meta({
      description: 'The severity of the sample. Types for incidents open one for `error`.',
    }),
    message: z.string().min(1).max(MAX_MESSAGE_LENGTH).optional().meta({
      description: 'The message of the sample, in the place of one that says that it is a test.',
    }),
    commit: z
      .string()
      .regex(/^(?:[\da-f]{40}|[\da-f]{64})$/i, 'expected the whole hash of a commit')
      .optional()
      .meta({
        description: 'The commit that gets a status; types for commit statuses need it.',
      }),
    changeRequest: z.int().positive().optional().meta({
      description:
        'The number of the pull or merge request that gets a comment; types for such comments need it.',
    }),
  })
  .meta({ description: 'A test of a Provider.' })
export type TestToSend = z.input<typeof TestToSend>
