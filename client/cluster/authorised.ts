import { gzipSync } from 'node:zlib'
import type {
  HttpClient,
  HttpResponse,
  TransportFailure,
  TransportOptions,
} from '../../relay/ports/http.ts'
import { readToken, TokenFileError } from '../token-file.ts'
import type { Retry } from './batch-result.ts'

/** A route of the relay, and how to reach it. */
export interface RelayAddress {
  /** The URL, such as that of `POST /v1/clusters/{cluster}/events`. */
  readonly url: string
  readonly tokenFile: string
  readonly transport: TransportOptions
}

export interface RelayRequest {
  readonly method: 'POST' | 'PUT'
  /** The body as JSON text. */
  readonly body: string
  readonly maxResponseBytes: number
  /** Whether the answer may come compressed by gzip: on AWS a large one does. */
  readonly acceptsGzip?: boolean
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Sends JSON with the cluster's token. After a 401 it sends once more if the token file has
 * changed. A token file that cannot be used results in a `Retry`.
 */
export async function sendAuthorised(
  http: HttpClient,
  relay: RelayAddress,
  { body: text, headers: more, ...asked }: RelayRequest,
): Promise<HttpResponse | TransportFailure | Retry> {
  // A few milliseconds at most for all but the largest texts; by the thread pool it would take as
  // long, and 45 MB more.
  const body = gzipSync(text)
  const send = (token: string) => {
    const headers = {
      ...more,
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    }
    return http.send({ ...asked, url: relay.url, headers, body }, relay.transport)
  }
  try {
    const token = await readToken(relay.tokenFile)
    const answer = await send(token)
    if (answer.kind !== 'response' || answer.status !== 401) return answer
    const tokenNow = await readToken(relay.tokenFile)
    return tokenNow === token ? answer : await send(tokenNow)
  } catch (error) {
    if (!(error instanceof TokenFileError)) throw error
    return { kind: 'retry', reason: 'token', detail: error.message }
  }
}
