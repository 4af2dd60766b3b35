import { z } from 'zod'
import type { Quarantine, SetAsideMessage } from '../ports/quarantine.ts'
import { type Answer, jsonAnswer, problemAnswer } from './answer.ts'
import { readParameters } from './query-parameters.ts'

const PAGE_SIZE = 200

const Parameters = z.object({
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'expected the nextCursor of a page')
    .optional(),
})

/**
 * Lists the messages that were set aside, the oldest first: 200 `{messages, nextCursor?}`, or 400
 * for an unknown, wrong or repeated parameter. Rejects when the store fails.
 */
export async function listQuarantine(
  quarantine: Quarantine,
  parameters: Iterable<readonly [string, string]>,
): Promise<Answer> {
  const parsed = readParameters(Parameters, parameters)
  if ('problem' in parsed) return problemAnswer(parsed.problem)
  const { messages, nextCursor } = await quarantine.list(PAGE_SIZE, parsed.data.cursor)
  return jsonAnswer(200, {
    messages: messages.map(messageView),
    ...(nextCursor !== undefined && { nextCursor }),
  })
}

/**
 * Puts all messages that were set aside back: 202 `{events, retries}`. Rejects when the store
 * fails.
 */
export async function replayQuarantine(quarantine: Quarantine): Promise<Answer> {
  const { event: events, retry: retries } = await quarantine.replay()
  return jsonAnswer(202, { events, retries })
}

/** A message as the API shows it. Times are RFC 3339, UTC. */
function messageView({ firstAt, lastAt, ...message }: SetAsideMessage) {
  const [first, last] = [firstAt, lastAt].map((time) => new Date(time).toISOString())
  return { ...message, firstAt: first, lastAt: last }
}
