import { z } from 'zod'
import type { HttpResponse } from '../ports/http.ts'
import { classifyWaitingAnswer } from './answers/waiting-answer.ts'
import { httpProvider, type Notification } from './contract.ts'
import { authorization } from './messages/json-request.ts'
import { markdownPost } from './messages/markdown-post.ts'
import { cutToFit } from './messages/size-limit.ts'
import { sensitive, webhookAddress } from './settings.ts'
import type { Verdict } from './verdict.ts'

/** The longest content and topic, both in code points: https://zulip.com/api/send-message */
const MAX_CONTENT_LENGTH = 10_000
const MAX_TOPIC_LENGTH = 60

/** The form of a channel and topic. Only the first slash separates them. */
const CHANNEL = /^([^/]+)\/(.+)$/s
const CHANNEL_FORM = 'set spec.channel to channel/topic, with a name on each side of the slash'

/** Zulip: a bot's message to a topic of a channel, through the REST API. */
export const zulip = httpProvider({
  type: 'zulip',
  family: 'chat',
  hasTitle: true,
  hasLink: true,
  settings: z.object({
    address: webhookAddress(),
    channel: z.string().regex(CHANNEL, CHANNEL_FORM),
    username: z
      .string()
      .min(1, 'the Secret named by spec.secretRef needs the key username: the e-mail of the bot'),
    password: sensitive(
      z
        .string()
        .min(
          1,
          'the Secret named by spec.secretRef needs the key password: the API key of the bot',
        ),
    ),
  }),
  fit: (notification) => cutToFit(notification, fitsContent),
  requests(notification, { address, channel, username, password }) {
    const [, name = '', topic = ''] = CHANNEL.exec(channel) ?? []
    const form = new URLSearchParams({
      type: 'stream',
      to: name,
      topic: cutTopic(notification.thread?.name ?? topic),
      content: markdownPost(notification),
    })
    const credential = Buffer.from(`${username}:${password}`).toString('base64')
    return [
      {
        method: 'POST',
        url: messagesUrl(address),
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          ...authorization('Basic', credential),
        },
        body: form.toString(),
      },
    ]
  },
  // A thread is a topic, which the service opens by its name.
  threading: {},
  classify: classifyZulip,
})

function messagesUrl(address: string): string {
  const { origin, search } = new URL(address)
  return `${origin}/api/v1/messages${search}`
}

function fitsContent(notification: Notification): boolean {
  return [...markdownPost(notification)].length <= MAX_CONTENT_LENGTH
}

/** The topic cut as Zulip itself cuts it. Any other way would open a second topic. */
function cutTopic(topic: string): string {
  const characters = [...topic]
  if (characters.length <= MAX_TOPIC_LENGTH) return topic
  return `${characters.slice(0, MAX_TOPIC_LENGTH - 3).join('')}...`
}

/**
 * The wait in an answer, in seconds with a fraction:
 * https://zulip.com/api/rest-error-handling#rate-limit-exceeded
 */
const Wait = z
  .object({ 'retry-after': z.number() })
  .transform(({ 'retry-after': seconds }) => seconds * 1_000)

function classifyZulip(response: HttpResponse): Verdict {
  return classifyWaitingAnswer(response, Wait)
}
