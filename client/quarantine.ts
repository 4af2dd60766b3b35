import type { Answer } from '../relay/api/answer.ts'
import { PutBack, QuarantinePage, type SetAsideMessage } from '../relay/api/schemas/quarantine.ts'
import { read } from './answers.ts'

/** The requests about the quarantine of a relay that serves HTTP. */
export interface QuarantineRequests {
  /** Sends `GET /v1/quarantine`. */
  listQuarantine(parameters: URLSearchParams): Promise<Answer>
  /** Sends `POST /v1/quarantine/replay`. */
  replayQuarantine(): Promise<Answer>
}

/** Lists all messages that were set aside, the oldest first. Rejects with `UsageError`. */
export async function* setAsideMessages(
  requests: QuarantineRequests,
): AsyncIterable<SetAsideMessage> {
  const asked = new URLSearchParams()
  for (;;) {
    const { messages, nextCursor } = read(QuarantinePage, await requests.listQuarantine(asked))
    yield* messages
    if (nextCursor === undefined) return
    asked.set('cursor', nextCursor)
  }
}

/** Puts all messages back. Rejects with `UsageError`. */
export async function putBack(requests: QuarantineRequests): Promise<PutBack> {
  return read(PutBack, await requests.replayQuarantine())
}
