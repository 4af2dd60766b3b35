import type { RetryMessage } from '../queue-messages.ts'
import { createCodec, sameButVersion } from './codec.ts'
import { count, number, object, text } from './shape.ts'

const retryMessageShape = object({ deliveryId: text, attempt: count, dueAt: number })

/** The form of a retry message in a queue that holds texts. */
export const retryMessageCodec = createCodec({
  form: 'retry',
  upgrades: [sameButVersion],
  shape: retryMessageShape,
  toStored: ({ deliveryId, attempt, dueAt }: RetryMessage) => ({ deliveryId, attempt, dueAt }),
  fromStored: ({ deliveryId, attempt, dueAt }): RetryMessage => ({ deliveryId, attempt, dueAt }),
})
