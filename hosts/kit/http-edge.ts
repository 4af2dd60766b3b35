import type { IncomingMessage } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import type { Edge } from '../../relay/api/edge.ts'
import type { EdgeRequest, EdgeResponse, HttpHeaders, TakeBytes } from '../../relay/api/http.ts'
import { readRequestBody } from './request-body.ts'

/** What the server hands each request to. */
export interface App {
  fetch(request: Request, bindings: HttpBindings): Response | Promise<Response>
}

/** Serves an edge. */
export function edgeApp(edge: Edge): App {
  return {
    async fetch({ url }, { incoming }) {
      return toResponse(await edge.handle(new IncomingRequest(url, incoming)), incoming.method)
    },
  }
}

/** A request of node:http. What is rarely asked for is made when it is. */
class IncomingRequest implements EdgeRequest {
  readonly path: string
  readonly query: string
  readonly #url: string
  readonly #incoming: IncomingMessage

  /** The URL has no fragment: it is that of a request line. */
  constructor(url: string, incoming: IncomingMessage) {
    const path = url.indexOf('/', url.indexOf('://') + 3)
    const query = url.indexOf('?', path)
    this.path = query < 0 ? url.slice(path) : url.slice(path, query)
    this.query = query < 0 ? '' : url.slice(query + 1)
    this.#url = url
    this.#incoming = incoming
  }

  get method(): string {
    return this.#incoming.method ?? ''
  }

  get origin(): string {
    return new URL(this.#url).origin
  }

  get headers(): HttpHeaders {
    return this.#incoming.headers
  }

  get remoteAddress(): string | undefined {
    return this.#incoming.socket.remoteAddress
  }

  readBody(maxBytes: number, take?: TakeBytes) {
    return readRequestBody(this.#incoming, maxBytes, take)
  }
}

/** An answer without a body says so, or Go's client could not use the connection again. */
export function toResponse(
  { status, headers, body, stream }: EdgeResponse,
  method?: string,
): Response {
  if (stream !== undefined) {
    if (method !== 'HEAD') return new Response(stream, { status, headers })
    void stream.cancel()
    return new Response(null, { status, headers })
  }
  if (body !== '' && method !== 'HEAD') return new Response(body, { status, headers })
  const length = method === 'HEAD' ? Buffer.byteLength(body) : 0
  return new Response(null, { status, headers: { ...headers, 'Content-Length': `${length}` } })
}
