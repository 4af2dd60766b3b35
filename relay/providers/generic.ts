import { z } from 'zod'
import { isAnything } from './answers/own-answer.ts'
import { classifyServiceAnswer } from './answers/service-answer.ts'
import { httpProvider } from './contract.ts'
import { eventPost, shortestEventPost } from './messages/event-post.ts'
import { headerMap, webhookAddress } from './settings.ts'

/** Any HTTP endpoint that accepts the event itself as JSON. */
export const generic = httpProvider({
  type: 'generic',
  family: 'stream',
  takesCommitStatusUpdates: true,
  settings: z.object({
    address: webhookAddress(),
    headers: headerMap(),
  }),
  requests: (notification, settings) => [eventPost(notification, settings)],
  classify: (response) => classifyServiceAnswer(response, isAnything),
  fallback: (answer, notification, settings) =>
    shortestEventPost(answer, notification, (shortened) => [eventPost(shortened, settings)]),
})
