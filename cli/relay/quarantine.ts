import { z } from 'zod'
import type { Answer } from '../../relay/intake/answer.ts'
import { read } from './answers.ts'

/** What the commands ask of the quarantine of a relay that serves HTTP. */
export interface QuarantineRequests {
  /** `GET /v1/quarantine`. */
  listQuarantine(parameters: URLSearchParams): Promise<Answer>
  /** `POST /v1/quarantine/replay`. */
  replayQuarantine(): Promise<Answer>
}

const Message = z.looseObject({
  id: z.string(),
  kind: z.string(),
  cluster: z.string().optional(),
  cause: z.string(),
  rejections: z.number(),
  firstAt: z.string(),
  lastAt: z.string(),
})
/** A message that the relay set aside. */
export type SetAsideMessage = z.infer<typeof Message>

const Page = z.object({ messages: z.array(Message), nextCursor: z.string().optional() })

const Counts = z.object({ events: z.number(), retries: z.number() })

/** Every message that is set aside, the oldest first. Rejects with `UsageError`. */
export async function* setAsideMessages(
  requests: QuarantineRequests,
): AsyncIterable<SetAsideMessage> {
  const asked = new URLSearchParams()
  for (;;) {
    const { messages, nextCursor } = read(Page, await requests.listQuarantine(asked))
    yield* messages
    if (nextCursor === undefined) return
    asked.set('cursor', nextCursor)
  }
}

/** Puts all of them back. Rejects with `UsageError`. */
export async function putBack(requests: QuarantineRequests): Promise<z.infer<typeof Counts>> {
  return read(Counts, await requests.replayQuarantine())
}
