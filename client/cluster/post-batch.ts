import { SPOOLED_HEADER } from '../../relay/api/spooled-events.ts'
import type { HttpClient } from '../../relay/ports/http.ts'
import { type RelayAddress, sendAuthorised } from './authorised.ts'
import { type BatchResult, batchResultOf } from './batch-result.ts'

/** The largest answer: enough for a hundred refusals with the relay's longest texts. */
const MAX_ANSWER_BYTES = 1024 * 1024

/** An event as JSON text. */
export interface EventText {
  readonly body: string
}

/** What is told with a batch. */
export interface BatchOptions {
  /** How many more events wait at the sender. */
  readonly spooled?: number
}

/**
 * Sends a batch once. After a 401 it sends once more if the token file has changed. Never rejects
 * because of the network, the relay or the token file.
 */
export async function postBatch(
  http: HttpClient,
  relay: RelayAddress,
  batch: readonly EventText[],
  { spooled }: BatchOptions = {},
): Promise<BatchResult> {
  const body = `[${batch.map((event) => event.body).join(',')}]`
  const request = {
    method: 'POST',
    ...{ body, maxResponseBytes: MAX_ANSWER_BYTES },
    ...(spooled !== undefined && { headers: { [SPOOLED_HEADER]: String(spooled) } }),
  } as const
  const answer = await sendAuthorised(http, relay, request)
  return answer.kind === 'retry' ? answer : batchResultOf(answer, batch.length)
}
