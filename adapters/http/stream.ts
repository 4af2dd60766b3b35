import type { Dispatcher } from 'undici'
import request from 'undici/lib/api/api-request.js'
import { failureOf } from './failure.ts'

/** A request whose answer is read as it arrives. */
export interface StreamRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Ends the request when it is aborted. */
  readonly signal: AbortSignal
  /** The time to wait for the head of the answer, in milliseconds. */
  readonly headTimeoutMs: number
  /** The time to wait for each part of the body, in milliseconds. */
  readonly idleTimeoutMs: number
}

/** An answer whose body is being read. Read it to the end, or abort the signal. */
export interface StreamedResponse {
  readonly status: number
  /** The headers, with names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The body. What is not read is not fetched either. Throws `StreamError`. */
  readonly body: AsyncIterable<Uint8Array>
}

/** The error when there was no answer, or it broke off. The message is for people. */
export class StreamError extends Error {
  override readonly name = 'StreamError'
  /** Whether the answer had begun, and then nothing came for `idleTimeoutMs`. */
  readonly isIdle: boolean

  constructor(message: string, { isIdle = false } = {}) {
    super(message)
    this.isIdle = isIdle
  }
}

/** Sends a GET and resolves with the head of its answer. Rejects with `StreamError`. */
export async function openStream(
  dispatcher: Pick<Dispatcher, 'dispatch'>,
  { signal, headers, headTimeoutMs, idleTimeoutMs, url }: StreamRequest,
): Promise<StreamedResponse> {
  const { pathname, search } = new URL(url)
  const timeouts = { headersTimeout: headTimeoutMs, bodyTimeout: idleTimeoutMs }
  const path = `${pathname}${search}`
  try {
    const answer = await request.call(dispatcher, {
      ...{ method: 'GET', path, headers: { ...headers }, signal },
      ...timeouts,
    })
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: chunksOf(answer.body),
    }
  } catch (error) {
    throw streamErrorOf(error)
  }
}

async function* chunksOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  try {
    yield* body
  } catch (error) {
    throw streamErrorOf(error)
  }
}

function streamErrorOf(error: unknown): StreamError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return new StreamError('no answer in time')
  if (code === 'UND_ERR_BODY_TIMEOUT') {
    return new StreamError('nothing came for too long', { isIdle: true })
  }
  return new StreamError(failureOf(error, true).detail)
}
