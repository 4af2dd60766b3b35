import type { ClientRequest, IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Answer } from '../relay/api/answer.ts'
import type { RequestBody } from '../relay/api/body.ts'
import type { OpenedStream } from './delivery-changes.ts'

/** A request to a relay. */
export interface HttpExchange {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: RequestBody | undefined
  /** Until the whole answer is there, in milliseconds. */
  readonly timeoutMs: number
}

/**
 * Sends a request and reads the whole answer. Follows no redirect: the token is for one address only.
 * Rejects with the network's error, and when it takes too long.
 */
export async function exchange(asked: HttpExchange): Promise<Answer> {
  const signal = AbortSignal.timeout(asked.timeoutMs)
  try {
    const response = await respond(open(asked, signal), asked.body)
    const { statusCode: status = 0, headers } = response
    return { status, contentType: headers['content-type'] ?? '', body: await bodyOf(response) }
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  }
}

/** A request whose answer goes on. */
export interface StreamExchange extends HttpExchange {
  /** How long nothing may come, in milliseconds. `timeoutMs` is until the answer begins. */
  readonly idleMs: number
}

/**
 * Sends a request for Server-Sent Events, and follows no redirect. Anything else that is answered is read whole, as a refusal. Rejects with
 * the network's error; so does reading, and when nothing comes for too long.
 */
export async function openStream(asked: StreamExchange): Promise<OpenedStream> {
  const abort = new AbortController()
  const late = setTimeout(() => abort.abort(new Error('no answer came in time')), asked.timeoutMs)
  try {
    const response = await respond(open(asked, abort.signal), asked.body)
    const { statusCode: status = 0, headers } = response
    const contentType = headers['content-type'] ?? ''
    if (status === 200 && contentType.startsWith('text/event-stream')) {
      response.setTimeout(asked.idleMs, () => response.destroy(new Error('nothing came any more')))
      return { texts: response.setEncoding('utf8'), close: () => void response.destroy() }
    }
    return { refusal: { status, contentType, body: await bodyOf(response) } }
  } catch (error) {
    throw abort.signal.aborted ? abort.signal.reason : error
  } finally {
    clearTimeout(late)
  }
}

/** The whole body as text, also a compressed one: on AWS a large answer is. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  const bytes = await buffer(response).catch((cause: unknown) => {
    throw new Error('its answer was cut off', { cause })
  })
  if (response.headers['content-encoding'] !== 'gzip') return bytes.toString()
  const { gunzipSync } = process.getBuiltinModule('node:zlib')
  return gunzipSync(bytes).toString()
}

/**
 * `fetch`, and an import of node:http, whose getters Node reads then, each load all of undici: a third of
 * the time that a short command takes.
 */
function open({ url, method, headers, body }: HttpExchange, signal: AbortSignal): ClientRequest {
  const { request } =
    url.protocol === 'https:'
      ? process.getBuiltinModule('node:https')
      : process.getBuiltinModule('node:http')
  const length = body && { 'content-length': String(body.body.length) }
  return request(url, { method, headers: { ...headers, ...length }, signal })
}

async function respond(
  request: ClientRequest,
  body: RequestBody | undefined,
): Promise<IncomingMessage> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.on('error', reject)
    request.end(body?.body)
  })
  const { statusCode: status = 0 } = response
  if (status < 300 || status >= 400) return response
  response.destroy()
  throw new Error(`it answered ${status}, a redirect, and none is followed`)
}
