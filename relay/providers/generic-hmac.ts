import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { httpProvider } from './contract.ts'
import { eventPost } from './formats/event-post.ts'
import { headerMap, requiredToken, webhookAddress } from './settings.ts'

/**
 * As `generic`, with the body signed by the token:
 * https://fluxcd.io/flux/components/notification/providers/#generic-webhook-with-hmac
 */
export const genericHmac = httpProvider({
  type: 'generic-hmac',
  family: 'stream',
  takesCommitStatusUpdates: true,
  settings: z.object({
    address: webhookAddress(),
    headers: headerMap(),
    token: requiredToken(),
  }),
  requests(notification, settings) {
    const request = eventPost(notification, settings)
    const signature = createHmac('sha256', settings.token).update(request.body).digest('hex')
    // Last, so that no header of the Secret can replace it.
    return [{ ...request, headers: { ...request.headers, 'x-signature': `sha256=${signature}` } }]
  },
})
