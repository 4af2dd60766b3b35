import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Edge } from '../../relay/api/edge.ts'
import { noteEnded, whyEnded } from './ended-connections.ts'
import { peerOf } from './peer.ts'

/** What Node's parser says of a request that it cannot read. */
interface ParseError extends Error {
  readonly code?: string
  /** What came last of the connection. */
  readonly rawPacket?: Uint8Array
}

/** The answers that Node gives by itself, by the code of its error. */
const ANSWERS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

const BAD_REQUEST = '400 Bad Request'

/**
 * Answers requests that are no HTTP, or more of it than is taken, as Node does, and tells the edge of those that may have
 * had an event: a proxy that adds headers loses all events by it.
 */
export function answerUnreadable(server: Server, edge: Edge, maxHeaderBytes: number): void {
  const tooLong = `expected headers of at most ${maxHeaderBytes / 1024} KiB`
  server.on('clientError', (error: ParseError, stream) => {
    const socket = stream as Socket
    const remoteAddress = peerOf(socket)
    const method = methodOf(error)
    // What has come already of a connection that is being ended is read, and refused, once more.
    const isOver = isGone(error) || whyEnded(socket) !== undefined
    if (isOver) return answer(socket, BAD_REQUEST)
    noteEnded(socket, error.message)
    if (error.code === 'HPE_HEADER_OVERFLOW') edge.misaddressed({ method, remoteAddress }, tooLong)
    else if (method === 'POST' && underWayOn(socket) === undefined) {
      edge.misaddressed({ method, remoteAddress }, `expected valid HTTP: ${error.message}`)
    }
    answer(socket, ANSWERS[error.code ?? ''] ?? BAD_REQUEST)
  })
  server.on('checkExpectation', (incoming, outgoing) => {
    const request = { method: incoming.method ?? '', remoteAddress: peerOf(incoming.socket) }
    edge.misaddressed(request, 'expected no Expect but 100-continue')
    outgoing.writeHead(417, { Connection: 'close' }).end()
  })
}

/** The method, where what came last is the beginning of the request; empty where nobody knows. */
function methodOf({ rawPacket }: ParseError): string {
  const text = Buffer.from(rawPacket ?? []).toString('latin1', 0, 16)
  return /^([A-Z]+) \//.exec(text)?.[1] ?? ''
}

/** Whether it is the sender that has ended the connection, or the network. */
function isGone({ code = '' }: ParseError): boolean {
  if (code === 'HPE_INVALID_EOF_STATE') return true
  return !code.startsWith('HPE_') && code !== 'ERR_HTTP_REQUEST_TIMEOUT'
}

/** The answer to a request that is being read, or was; whoever reads it finds out by itself. */
function underWayOn(socket: Socket): { readonly headersSent: boolean } | undefined {
  // Where Node keeps it.
  const { _httpMessage: underWay } = socket as {
    _httpMessage?: { readonly headersSent: boolean } | null
  }
  return underWay ?? undefined
}

/** An answer that has begun is not written into. */
function answer(socket: Socket, status: string): void {
  if (socket.writable && underWayOn(socket)?.headersSent !== true) {
    socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
  }
  socket.destroySoon()
}
