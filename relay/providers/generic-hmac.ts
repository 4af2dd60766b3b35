import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { isAnything } from './answers/own-answer.ts'
import { classifyServiceAnswer } from './answers/service-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { eventPost, shortestEventPost } from './messages/event-post.ts'
import { headerMap, requiredSecretText, webhookAddress } from './settings.ts'

const Settings = z.object({
  address: webhookAddress(),
  headers: headerMap(),
  token: requiredSecretText(),
})

/**
 * Posts what `generic` does, with the body signed by the token:
 * https://fluxcd.io/flux/components/notification/providers/#generic-webhook-with-hmac
 */
export const genericHmac = httpProvider({
  type: 'generic-hmac',
  family: 'stream',
  takesCommitStatusUpdates: true,
  settings: Settings,
  requests: (notification, settings) => [signedPost(notification, settings)],
  classify: (response) => classifyServiceAnswer(response, isAnything),
  fallback: (answer, notification, settings) =>
    shortestEventPost(answer, notification, (shortened) => [signedPost(shortened, settings)]),
})

function signedPost(notification: Notification, settings: z.infer<typeof Settings>) {
  const request = eventPost(notification, settings)
  const signature = createHmac('sha256', settings.token).update(request.body).digest('hex')
  // Last, so that no header of the Secret can replace it.
  return { ...request, headers: { ...request.headers, 'x-signature': `sha256=${signature}` } }
}
