import { createHttpClient } from '../../../adapters/http/client.ts'
import { ConnectError } from '../../../adapters/http/failure.ts'
import type { OutboundEnvironment } from '../../../adapters/http/outbound-environment.ts'
import { StreamError, type StreamedResponse } from '../../../adapters/http/stream.ts'
import { readToken, TokenFileError } from '../../../client/token-file.ts'
import { parseJson } from '../../../relay/api/json.ts'
import { parseRetryAfterMs } from '../../../relay/model/retry.ts'
import type { ConnectionOptions } from '../../../relay/ports/http.ts'
import { ApiError, apiErrorOf } from './api-error.ts'
import type { KubernetesConnection } from './connection.ts'
import { parsedLines } from './json-lines.ts'

/** A request to the Kubernetes API that has one answer. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** The path with its query, such as `/api/v1/events?limit=500`. */
  readonly path: string
  /** The value of the header `Accept`; the default is `application/json`. */
  readonly accept?: string
  /** The body, which is sent as JSON. A PATCH is a merge patch (RFC 7396). */
  readonly body?: unknown
}

/** A request whose answer is a stream of lines, one JSON text each. */
export interface ApiStreamRequest extends Pick<ApiRequest, 'path' | 'accept'> {
  /**
   * Ends the stream when nothing came for this long, in milliseconds. The default is the client's.
   */
  readonly idleTimeoutMs?: number
}

/** Sends plain requests to the Kubernetes API. The caller knows what they mean. */
export interface KubernetesClient {
  /**
   * Resolves with the JSON of an answer with a 2xx status. Rejects with `ApiError` for every other
   * answer, and when there is none.
   */
  request(request: ApiRequest): Promise<unknown>
  /**
   * Yields the parsed lines of a 200 answer as they come, those of one read together. Ends when the
   * server ends it, when nothing came for too long, or when `signal` is aborted. Throws `ApiError`
   * for any other answer, and when the connection breaks.
   */
  stream(request: ApiStreamRequest, signal: AbortSignal): AsyncIterable<readonly unknown[]>
  /** Ends all streams and the requests under way, which reject. Later ones reject too. */
  close(): Promise<void>
}

export interface KubernetesClientOptions
  extends KubernetesConnection,
    Partial<OutboundEnvironment> {
  readonly userAgent: string
  /** Ends a stream that is silent for this long, in milliseconds. The default is 150,000. */
  readonly idleTimeoutMs?: number
}

/** The time for a request. An API server gives up after a minute. */
const TIMEOUT_MS = 65_000

/** When a silent watch counts as dead. A watch gets a bookmark about every minute. */
const IDLE_TIMEOUT_MS = 150_000

/**
 * The largest answer. A page of ordinary objects has less than 5 MiB; once parsed it takes six
 * times as much of a small heap.
 */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/** The most connections. Each watch occupies one. */
const MAX_CONNECTIONS = 128

/** Makes a client of one API server. It sends nothing by itself. */
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
