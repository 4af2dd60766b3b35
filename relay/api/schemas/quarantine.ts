import { z } from 'zod'

/** A message that was set aside, with its cause. */
export const SetAsideMessage = z
  .looseObject({
    id: z.string(),
    kind: z.string().meta({ description: '`event` or `retry`.' }),
    cluster: z.string().optional(),
    deliveryId: z.string().optional(),
    cause: z.string(),
    rejections: z.int().nonnegative(),
    firstAt: z.string().meta({ description: 'RFC 3339, UTC.' }),
    lastAt: z.string().meta({ description: 'RFC 3339, UTC.' }),
    bytes: z.int().nonnegative().optional(),
  })
  .meta({ description: 'A message that could not be processed.' })
export type SetAsideMessage = z.infer<typeof SetAsideMessage>

/** The answer to `GET /v1/quarantine`. */
export const QuarantinePage = z
  .object({ messages: z.array(SetAsideMessage), nextCursor: z.string().optional() })
  .meta({ description: 'Messages that were set aside, the oldest first.' })

/** The answer to `POST /v1/quarantine/replay`. */
export const PutBack = z
  .object({ events: z.int().nonnegative(), retries: z.int().nonnegative() })
  .meta({ description: 'How many messages are queued again.' })
export type PutBack = z.infer<typeof PutBack>
