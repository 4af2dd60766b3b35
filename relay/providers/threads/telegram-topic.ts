import { z } from 'zod'
import type { HttpResponse, OutboundRequest } from '../../ports/http.ts'
import { parseJsonAnswer } from '../answers/json-answer.ts'
import { sendJudged } from '../answers/send-judged.ts'
import type { Notification, TryPorts } from '../contract.ts'
import type { Verdict } from '../verdict.ts'
import { ThreadMemory } from './thread-state.ts'
import { type ThreadDelivery, waitForThread } from './threading.ts'

/** A message for a topic of a forum of Telegram, and how to send it. */
export interface TelegramTopicJob {
  readonly chat: string
  /** Makes the request that creates a topic of this name. */
  readonly create: (name: string) => OutboundRequest
  /** Makes the request of the message, in this topic or outside of all. */
  readonly post: (topic?: number) => OutboundRequest
  readonly classify: (response: HttpResponse) => Verdict
}

/** The longest name of a topic: https://core.telegram.org/bots/api#createforumtopic */
const MAX_NAME = 128

const Created = z.object({ result: z.object({ message_thread_id: z.number().int() }) })

/** What Telegram says when a topic was deleted. */
const GONE = /message thread not found|TOPIC_DELETED/i

/**
 * Posts a message to the topic of its thread, which is created first if need be. In a chat that has no topics, and where
 * the bot may create none, the message is posted without one.
 */
export async function deliverToTelegramTopic(
  notification: Notification,
  job: TelegramTopicJob,
  tryPorts: TryPorts,
): Promise<ThreadDelivery> {
  const thread = new ThreadMemory(tryPorts, notification, [job.chat])
  for (let isFirst = true; ; isFirst = false) {
    const entry = await thread.enter()
    if (entry.kind === 'busy') return waitForThread('opens')
    const topic =
      entry.kind === 'open'
        ? Number(entry.root)
        : await createTopic(thread, notification, job, tryPorts)
    if (typeof topic === 'object') return topic
    const posted = await sendJudged(tryPorts, job.post(topic), job.classify)
    const isGone = posted.response?.status === 400 && GONE.test(posted.response.body)
    if (!isGone || !isFirst) return posted
    await thread.gone(String(topic))
  }
}

/** The id of a new topic, or what comes of the message without one. */
async function createTopic(
  thread: ThreadMemory,
  notification: Notification,
  { create, post, classify }: TelegramTopicJob,
  tryPorts: TryPorts,
): Promise<number | ThreadDelivery> {
  const name = [...(notification.thread?.name ?? '')].slice(0, MAX_NAME).join('')
  const created = await sendJudged(tryPorts, create(name), classify)
  const { verdict, response } = created
  const answer = parseJsonAnswer(Created, response?.body ?? '')
  if (verdict.kind === 'delivered' && answer !== undefined) {
    const topic = answer.result.message_thread_id
    await thread.opened(String(topic))
    return topic
  }
  await thread.notOpened()
  if (verdict.kind !== 'rejected' && verdict.kind !== 'delivered') return created
  const why = verdict.reason ?? 'the answer names no topic'
  const posted = await sendJudged(tryPorts, post(), classify)
  return { ...posted, notes: [`sent outside of topics: ${why}`] }
}
