import type { HttpClient } from '../../../relay/ports/http.ts'
import type { SpooledEvent } from '../spool/spooled-events.ts'
import { type RelayAddress, sendAuthorised } from './authorised.ts'
import { judge, type Verdict } from './verdict.ts'

/** Enough for a hundred refusals of the longest texts that the relay gives. */
const MAX_ANSWER_BYTES = 1024 * 1024

/**
 * Sends a batch once; with a 401 once more if the token was replaced meanwhile. Never rejects for what
 * the network, the relay or the token file does.
 */
export async function postBatch(
  http: HttpClient,
  relay: RelayAddress,
  batch: readonly Pick<SpooledEvent, 'body'>[],
): Promise<Verdict> {
  const body = `[${batch.map((event) => event.body).join(',')}]`
  const request = { method: 'POST', body, maxResponseBytes: MAX_ANSWER_BYTES } as const
  const answer = await sendAuthorised(http, relay, request)
  return answer.kind === 'retry' ? answer : judge(answer, batch.length)
}
