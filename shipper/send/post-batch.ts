import { gzipSync } from 'node:zlib'
import type { HttpClient, TransportOptions } from '../../relay/ports.ts'
import type { SpooledEvent } from '../spool/spool.ts'
import { readToken, TokenFileError } from './token-file.ts'
import { judge, type Verdict } from './verdict.ts'

/** Where batches go, and how. */
export interface RelayAddress {
  /** `POST /v1/clusters/{cluster}/events` of the relay. */
  readonly url: string
  readonly tokenFile: string
  readonly transport: TransportOptions
}

/** Enough for a hundred refusals of the longest texts that the relay gives. */
const MAX_ANSWER_BYTES = 1024 * 1024

/**
 * Sends a batch once; with a 401 once more if the token was replaced meanwhile. Never rejects for what
 * the network, the relay or the token file does.
 */
export async function postBatch(
  http: HttpClient,
  relay: RelayAddress,
  batch: readonly SpooledEvent[],
): Promise<Verdict> {
  // A few milliseconds at most for all but the largest single events; by the thread pool it would
  // take as long, and 45 MB more.
  const body = gzipSync(`[${batch.map((event) => event.body).join(',')}]`)
  const post = async (token: string) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    }
    const request = { method: 'POST', url: relay.url, headers, body } as const
    const limits = { maxResponseBytes: MAX_ANSWER_BYTES }
    return judge(await http.send({ ...request, ...limits }, relay.transport), batch.length)
  }
  try {
    const token = await readToken(relay.tokenFile)
    const verdict = await post(token)
    if (verdict.kind !== 'retry' || verdict.reason !== '401') return verdict
    const tokenNow = await readToken(relay.tokenFile)
    return tokenNow === token ? verdict : await post(tokenNow)
  } catch (error) {
    if (!(error instanceof TokenFileError)) throw error
    return { kind: 'retry', reason: 'token', detail: error.message }
  }
}
