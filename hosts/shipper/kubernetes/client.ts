import { createHttpClient } from '../../../adapters/http/client.ts'
import { ConnectError } from '../../../adapters/http/failure.ts'
import type { OutboundEnvironment } from '../../../adapters/http/outbound-environment.ts'
import { StreamError, type StreamedResponse } from '../../../adapters/http/stream.ts'
import { parseJson } from '../../../relay/api/json.ts'
import { parseRetryAfterMs } from '../../../relay/model/retry.ts'
import type { ConnectionOptions } from '../../../relay/ports/http.ts'
import { readToken, TokenFileError } from '../../kit/token-file.ts'
import { ApiError, apiErrorOf } from './api-error.ts'
import type { KubernetesConnection } from './connection.ts'
import { parsedLines } from './json-lines.ts'

/** A request to the Kubernetes API that has one answer. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** With its query, such as `/api/v1/events?limit=500`. */
  readonly path: string
  /** Default `application/json`. */
  readonly accept?: string
  /** Sent as JSON; a PATCH is a merge patch (RFC 7396). */
  readonly body?: unknown
}

/** A request whose answer is one JSON text a line, without end. */
export interface ApiStreamRequest extends Pick<ApiRequest, 'path' | 'accept'> {
  /** Ends it when nothing came for so long. Default that of the client. */
  readonly idleTimeoutMs?: number
}

/** Plain requests to the Kubernetes API; what they mean is the caller's. */
export interface KubernetesClient {
  /**
   * Resolves with the JSON of an answer 2xx. Rejects with `ApiError` for every other answer, and
   * when there is none.
   */
  request(request: ApiRequest): Promise<unknown>
  /**
   * The lines of an answer 200 as they come, parsed: those of one read together. It ends when the
   * server ends it, when nothing came for too long, or when `signal` is aborted. Throws `ApiError`
   * for any other answer, and when the connection breaks.
   */
  stream(request: ApiStreamRequest, signal: AbortSignal): AsyncIterable<readonly unknown[]>
  /** Ends requests under way, which reject, and all streams. Further ones reject. */
  close(): Promise<void>
}

export interface KubernetesClientOptions
  extends KubernetesConnection,
    Partial<OutboundEnvironment> {
  readonly userAgent: string
  /** Ends a stream that is silent for so long. Default 150,000. */
  readonly idleTimeoutMs?: number
}

/** An API server gives up a request after a minute. */
const TIMEOUT_MS = 65_000

/** A watch has a bookmark about every minute. After this long without one it may be dead. */
const IDLE_TIMEOUT_MS = 150_000

/** A page of usual objects has less than 5 MiB; parsed it takes six times as much of a small heap. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/** Watches occupy a connection each. */
const MAX_CONNECTIONS = 128

/** A client of one API server. Nothing is sent until it is asked. */
export function createKubernetesClient(options: KubernetesClientOptions): KubernetesClient {
  const { url, ca, tokenFile, userAgent, idleTimeoutMs = IDLE_TIMEOUT_MS } = options
  const { proxies, roots } = options
  const connection: ConnectionOptions = ca === undefined ? {} : { tls: { ca } }
  const http = createHttpClient({
    allowPrivate: true,
    userAgent,
    ...(proxies && { proxies }),
    ...(roots && { roots }),
    connectionsPerOrigin: MAX_CONNECTIONS,
  })
  const urlOf = (path: string) => `${url.replace(/\/+$/, '')}${path}`
  const headersOf = async (accept = 'application/json') => ({
    accept,
    ...(tokenFile !== undefined && { authorization: `Bearer ${await tokenOf(tokenFile)}` }),
  })

  let isClosed = false
  const assertOpen = (where: string) => {
    if (isClosed) throw new ApiError(`${where}: the client is closed`)
  }

  return {
    async request({ method, path, accept, body }) {
      const where = `${method} ${pathnameOf(path)}`
      const content = body !== undefined && { 'content-type': CONTENT_TYPES[method] }
      const headers = { ...(await headersOf(accept)), ...content }
      assertOpen(where)
      const answer = await http.send(
        {
          method,
          url: urlOf(path),
          headers,
          body: body === undefined ? '' : JSON.stringify(body),
          maxResponseBytes: MAX_ANSWER_BYTES,
        },
        { ...connection, timeoutMs: TIMEOUT_MS },
      )
      if (answer.kind === 'failure') throw new ApiError(`${where}: ${answer.detail}`)
      const { status } = answer
      if (status < 200 || status > 299) {
        const retryAfterMs = parseRetryAfterMs(answer.headers['retry-after'], answer.receivedAt)
        throw apiErrorOf(where, status, answer.body, retryAfterMs)
      }
      const parsed = parseJson(answer.body)
      if ('value' in parsed && !answer.truncated) return parsed.value
      const problem = answer.truncated ? 'the answer broke off, or is too large' : 'no JSON'
      throw new ApiError(`${where}: ${problem}`, { status, isTruncated: answer.truncated })
    },

    async *stream({ path, accept, ...limits }, signal) {
      const where = `watch ${pathnameOf(path)}`
      try {
        const headers = await headersOf(accept)
        assertOpen(where)
        const stream = {
          url: urlOf(path),
          headers,
          signal,
          idleTimeoutMs,
          ...limits,
          headTimeoutMs: TIMEOUT_MS,
        }
        const answer = await http.stream(stream, connection)
        if (answer.status !== 200) {
          const retryAfterMs = parseRetryAfterMs(retryAfterOf(answer), Date.now())
          throw apiErrorOf(where, answer.status, await textOf(answer.body), retryAfterMs)
        }
        yield* parsedLines(answer.body, where)
      } catch (error) {
        if (signal.aborted || (error instanceof StreamError && error.isIdle)) return
        const isTransport = error instanceof StreamError || error instanceof ConnectError
        throw isTransport ? new ApiError(`${where}: ${error.message}`) : error
      }
    },

    close() {
      isClosed = true
      return http.destroy()
    },
  }
}

function retryAfterOf({ headers }: StreamedResponse): string | undefined {
  const value = headers['retry-after']
  return Array.isArray(value) ? value[0] : value
}

const CONTENT_TYPES = {
  GET: 'application/json',
  POST: 'application/json',
  PATCH: 'application/merge-patch+json',
} as const

const MAX_ERROR_CHARACTERS = 64 * 1024

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > MAX_ERROR_CHARACTERS) break
  }
  return text
}

async function tokenOf(file: string): Promise<string> {
  try {
    return await readToken(file)
  } catch (error) {
    throw error instanceof TokenFileError ? new ApiError(error.message) : error
  }
}

function pathnameOf(path: string): string {
  return path.replace(/\?.*$/s, '')
}
