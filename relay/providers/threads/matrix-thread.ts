import { z } from 'zod'
import type { HttpResponse, OutboundRequest } from '../../ports/http.ts'
import { parseJsonAnswer } from '../answers/json-answer.ts'
import { sendJudged } from '../answers/send-judged.ts'
import type { Notification, TryPorts } from '../contract.ts'
import type { Verdict } from '../verdict.ts'
import { ThreadMemory } from './thread-state.ts'
import { type ThreadDelivery, waitForThread } from './threading.ts'

/** What makes an event of a room a part of a thread: https://spec.matrix.org/latest/client-server-api/#threading */
export interface ThreadRelation {
  readonly rel_type: 'm.thread'
  readonly event_id: string
  readonly is_falling_back: true
  readonly 'm.in_reply_to': { readonly event_id: string }
}

/** A message for a thread of Matrix, and how to send it. */
export interface MatrixThreadJob {
  /** What tells the room apart from others. */
  readonly place: readonly string[]
  readonly request: (relation?: ThreadRelation) => OutboundRequest
  readonly classify: (response: HttpResponse) => Verdict
}

const Sent = z.object({ event_id: z.string().min(1) })

/**
 * Sends a message to its thread. The first one is an event of the room, and each later one refers to it. A request
 * whose answer was lost is sent again with its transaction, and so begins no second thread.
 */
export async function deliverToMatrixThread(
  notification: Notification,
  { place, request, classify }: MatrixThreadJob,
  tryPorts: TryPorts,
): Promise<ThreadDelivery> {
  const thread = new ThreadMemory(tryPorts, notification, place)
  const entry = await thread.enter()
  if (entry.kind === 'busy') return waitForThread('opens')
  if (entry.kind === 'open') {
    const { root } = entry
    const relation = { rel_type: 'm.thread', event_id: root, is_falling_back: true } as const
    return sendJudged(
      tryPorts,
      request({ ...relation, 'm.in_reply_to': { event_id: root } }),
      classify,
    )
  }
  const sent = await sendJudged(tryPorts, request(), classify)
  const answer = parseJsonAnswer(Sent, sent.response?.body ?? '')
  if (sent.verdict.kind !== 'delivered' || answer === undefined) await thread.notOpened()
  else await thread.opened(answer.event_id)
  return sent
}
