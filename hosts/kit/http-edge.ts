import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import type { Edge } from '../../relay/api/edge.ts'
import type { EdgeRequest, EdgeResponse, HttpHeaders, TakeBytes } from '../../relay/api/http.ts'
import type { AnswersUnderWay } from './answers-under-way.ts'
import { whyEnded } from './ended-connections.ts'
import { peerOf } from './peer.ts'
import { readRequestBody } from './request-body.ts'
import { type RequestTarget, readTarget } from './request-target.ts'

/** The most bytes of a body that the system takes at once, for a client that reads when it can. */
const SHORT_BYTES = 16 * 1024

/** Lets an edge answer a request of node:http. Never rejects: what cannot be sent ends the connection. */
export async function answerByEdge(
  edge: Edge,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  underWay: AnswersUnderWay,
): Promise<void> {
  const target = readTarget(incoming)
  const response =
    target === undefined
      ? edge.misaddressed({ method: incoming.method ?? '', remoteAddress: peerOf(incoming.socket) })
      : await edge.handle(new IncomingRequest(target, incoming))
  try {
    send(response, incoming, outgoing, underWay)
  } catch (cause) {
    outgoing.destroy()
    if (response.stream?.locked === false) void response.stream.cancel()
    edge.unsent({ method: incoming.method ?? '', path: target?.path ?? '' }, cause)
  }
}

/** A request of node:http. */
class IncomingRequest implements EdgeRequest {
  readonly #target: RequestTarget
  readonly #incoming: IncomingMessage

  constructor(target: RequestTarget, incoming: IncomingMessage) {
    this.#target = target
    this.#incoming = incoming
  }

  get method(): string {
    return this.#incoming.method ?? ''
  }

  get origin(): string {
    return this.#target.origin
  }

  get path(): string {
    return this.#target.path
  }

  get query(): string {
    return this.#target.query
  }

  get headers(): HttpHeaders {
    return this.#incoming.headers
  }

  get remoteAddress(): string | undefined {
    return peerOf(this.#incoming.socket)
  }

  get isCutOff(): boolean {
    const { destroyed, complete, socket } = this.#incoming
    return destroyed && !complete && whyEnded(socket) === undefined
  }

  readBody(maxBytes: number, take?: TakeBytes) {
    return readRequestBody(this.#incoming, maxBytes, take)
  }
}

/**
 * Sends a response. One without a body says so, or Go's client could not use the connection again.
 */
function send(
  { status, headers, body, stream }: EdgeResponse,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  underWay: AnswersUnderWay,
): void {
  if (!incoming.complete) outgoing.once('finish', () => dropRest(incoming))
  if (stream === undefined) {
    const length = Buffer.byteLength(body)
    outgoing.writeHead(status, { ...headers, 'Content-Length': length })
    // Node sends no body in an answer to HEAD. The client may have gone before there was an answer.
    if (length <= SHORT_BYTES || outgoing.destroyed) outgoing.end(body)
    else sendLong(body, outgoing, underWay)
  } else {
    outgoing.writeHead(status, headers)
    sendStream(stream, incoming, outgoing, underWay)
  }
}

/**
 * Sends a body that a client may read slowly. Its end is told when all was read: a server that stops takes a connection
 * for idle as soon as its answer has ended, and would cut off what is on its way.
 */
function sendLong(
  body: string | Uint8Array,
  outgoing: ServerResponse,
  underWay: AnswersUnderWay,
): void {
  underWay.add(outgoing)
  outgoing.write(body, () => outgoing.end())
}

/**
 * Sends the parts of a body as they come, and cancels it when nobody reads it any more. A stream says now and then
 * that it is there, so a connection on which nothing moves is one whose client takes nothing.
 */
function sendStream(
  stream: ReadableStream<Uint8Array>,
  { method }: IncomingMessage,
  outgoing: ServerResponse,
  underWay: AnswersUnderWay,
): void {
  // The client may have gone before there was an answer: then there is nothing to write to.
  if (method === 'HEAD' || outgoing.destroyed) {
    void stream.cancel()
    outgoing.end()
  } else {
    outgoing.flushHeaders()
    underWay.add(outgoing)
    // Either end destroys the other.
    pipeline(Readable.fromWeb(stream), outgoing, () => undefined)
  }
}

/** How long what is left of a request is read after its answer. Milliseconds. */
const DROP_MS = 500

/**
 * Reads what is left of a request and drops it, so that its sender gets to read the answer. Closes
 * the connection when there is too much of it.
 */
function dropRest(incoming: IncomingMessage): void {
  if (incoming.complete) return
  const { socket } = incoming
  const timer = setTimeout(() => socket.destroySoon(), DROP_MS)
  incoming.once('close', () => clearTimeout(timer))
  incoming.resume()
}
