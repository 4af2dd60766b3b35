import { z } from 'zod'
import type { HttpResponse, OutboundRequest } from '../../ports/http.ts'
import { parseJsonAnswer } from '../answers/json-answer.ts'
import { sendJudged } from '../answers/send-judged.ts'
import type { CustomDelivery, Notification, TryPorts } from '../contract.ts'
import { authorization, postJson } from '../messages/json-request.ts'
import type { slackMessage } from '../messages/slack-message.ts'
import type { Verdict } from '../verdict.ts'
import { ThreadMemory } from './thread-state.ts'
import { type ThreadDelivery, waitForThread } from './threading.ts'

/** The method of the Web API that a Provider names as its address. */
const POST_MESSAGE = /\/chat\.postMessage(?=$|\?)/

/** Whether an address is that of `chat.postMessage`, which tells where a message went. */
export function isPostMessage(address: string): boolean {
  return POST_MESSAGE.test(address)
}

/** A message for a thread of Slack, and how to send it. */
export interface SlackThreadJob {
  readonly address: string
  readonly token: string
  readonly message: ReturnType<typeof slackMessage>
  readonly classify: (response: HttpResponse) => Verdict
}

/** The place of a message, as Slack tells it: the id of its channel, and its time, which names it there. */
const Place = z.object({ channel: z.string().min(1), ts: z.string().min(1) })
type Place = z.infer<typeof Place>

/** Errors that mean that there is no such message any more, or none that can have replies. */
const GONE: ReadonlySet<string> = new Set([
  'message_not_found',
  'thread_not_found',
  'cannot_reply_to_message',
])

/**
 * Posts a message to its thread. The first one becomes the head of the thread; each later one is a reply, and the head
 * then shows the newest.
 * https://docs.slack.dev/reference/methods/chat.postMessage, https://docs.slack.dev/reference/methods/chat.update
 */
export async function deliverToSlackThread(
  notification: Notification,
  job: SlackThreadJob,
  tryPorts: TryPorts,
): Promise<ThreadDelivery> {
  const { address, message } = job
  const thread = new ThreadMemory(tryPorts, notification, [address, message.channel])
  for (let isFirst = true; ; isFirst = false) {
    const entry = await thread.enter()
    if (entry.kind === 'busy') return waitForThread('opens')
    if (entry.kind === 'opening') return open(thread, job, tryPorts)
    const head = placeOf(entry.root)
    if (!entry.hasReplied) {
      const reply = { ...message, channel: head.channel, thread_ts: head.ts }
      const replied = await sendJudged(tryPorts, post(job, reply), job.classify)
      if (isGone(replied) && isFirst) {
        await thread.gone(entry.root)
        continue
      }
      if (replied.verdict.kind !== 'delivered') return replied
    }
    return showLatest(thread, entry.root, job, tryPorts)
  }
}

async function open(
  thread: ThreadMemory,
  job: SlackThreadJob,
  tryPorts: TryPorts,
): Promise<CustomDelivery> {
  const posted = await sendJudged(tryPorts, post(job, job.message), job.classify)
  const place = placeIn(posted)
  if (posted.verdict.kind !== 'delivered' || place === undefined) await thread.notOpened()
  else await thread.opened(JSON.stringify(place))
  return posted
}

/** Has the head of the thread show this message, unless it shows a newer one. */
async function showLatest(
  thread: ThreadMemory,
  root: string,
  job: SlackThreadJob,
  tryPorts: TryPorts,
): Promise<ThreadDelivery> {
  const update = await thread.beginUpdate()
  if (update === 'busy') return waitForThread('updates')
  if (update === 'newer') return { verdict: { kind: 'delivered', reason: 'HTTP 200' } }
  const updated = await sendJudged(tryPorts, updating(job, placeOf(root)), job.classify)
  const { verdict } = updated
  if (verdict.kind === 'retry' && verdict.applied === 'in-flight') return updated
  await thread.endUpdate(verdict.kind !== 'retry' && verdict.kind !== 'unauthorized')
  if (verdict.kind !== 'rejected') return updated
  if (isGone(updated)) await thread.gone(root)
  // The reply is there, and tells all that this message has to tell.
  const notes = [`the first message of the thread stays as it was: ${verdict.reason}`]
  return { ...updated, verdict: { kind: 'delivered' }, notes }
}

/** The most bytes of the answer to a message, which holds it: 40,000 characters, of up to six bytes each in JSON. */
const MAX_ANSWER_BYTES = 512 * 1_024

function post({ address, token }: SlackThreadJob, message: object): OutboundRequest {
  const request = postJson(address, message, authorization('Bearer', token))
  return { ...request, maxResponseBytes: MAX_ANSWER_BYTES }
}

function updating({ address, token, message }: SlackThreadJob, head: Place): OutboundRequest {
  const { attachments } = message
  const url = address.replace(POST_MESSAGE, '/chat.update')
  return postJson(url, { ...head, attachments }, authorization('Bearer', token))
}

function placeIn({ response }: CustomDelivery): Place | undefined {
  return parseJsonAnswer(Place, response?.body ?? '')
}

/** What `opened` remembered. */
function placeOf(root: string): Place {
  return Place.parse(JSON.parse(root))
}

function isGone({ response }: CustomDelivery): boolean {
  const answer = parseJsonAnswer(z.object({ error: z.string() }), response?.body ?? '')
  return answer !== undefined && GONE.has(answer.error)
}
