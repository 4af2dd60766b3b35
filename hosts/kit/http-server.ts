import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Edge } from '../../relay/api/edge.ts'
import { AnswersUnderWay } from './answers-under-way.ts'
import { boundConnections, type OnRefused } from './connection-room.ts'
import { answerByEdge } from './http-edge.ts'
import { answerUnreadable } from './unreadable-requests.ts'

/** What connections may cost. Times are in milliseconds. */
export interface ServerLimits {
  /** The most connections at the same time. One that only waits takes 22 kB. */
  readonly mostConnections: number
  /** The time for all headers of a request to arrive. */
  readonly headersTimeoutMs: number
  /** The time for a whole request to arrive. */
  readonly requestTimeoutMs: number
  /** How long an idle connection stays open. */
  readonly keepAliveTimeoutMs: number
  readonly maxHeaderBytes: number
  /** How long an answer waits for a client that takes nothing of it, until the connection is closed. */
  readonly unreadTimeoutMs: number
}

const LIMITS: ServerLimits = {
  mostConnections: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 65_000,
  maxHeaderBytes: 16 * 1024,
  unreadTimeoutMs: 60_000,
}

export interface ListenAddress {
  /** The port; 0 for any free one. */
  readonly port: number
  /** The address. `::` is all of IPv6 and of IPv4, or all of IPv4 where the machine has no IPv6. */
  readonly host: string
}

/** A server that listens. */
export interface RunningServer {
  readonly port: number
  /**
   * Takes no new connection, closes idle ones, and resolves when the running requests are done or,
   * cut off, after `graceMs`. An answer of which the client reads nothing for a second is cut off then.
   */
  close(graceMs: number): Promise<void>
}

export interface HttpServer {
  /** Rejects when the address is taken. */
  listen(address: ListenAddress): Promise<RunningServer>
}

/**
 * Makes a server for an edge, with bounds on what connections may cost. `onRefused` hears, once a minute at most, that
 * there were too many.
 */
export function createHttpServer(
  edge: Edge,
  limits: Partial<ServerLimits> = {},
  onRefused: OnRefused = () => undefined,
): HttpServer {
  const all = { ...LIMITS, ...limits }
  const underWay = new AnswersUnderWay(all.unreadTimeoutMs)
  const server = serverOf(edge, all, underWay)
  answerUnreadable(server, edge, all.maxHeaderBytes)
  boundConnections(server, all.mostConnections, onRefused)
  const sockets = openSockets(server)
  return {
    async listen(address) {
      const port = await listen(server, address)
      return { port, close: (graceMs) => close(server, sockets, underWay, graceMs) }
    },
  }
}

/** `http://127.0.0.1:8080`, as a person or a client writes it. */
export function urlOf({ host, port }: ListenAddress): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function serverOf(edge: Edge, limits: ServerLimits, underWay: AnswersUnderWay): Server {
  const options = {
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    maxHeaderSize: limits.maxHeaderBytes,
    connectionsCheckingInterval: Math.min(2_000, limits.requestTimeoutMs / 2),
  }
  return createServer(options, (incoming, outgoing) => {
    void answerByEdge(edge, incoming, outgoing, underWay)
  })
}

function listen(server: Server, { port, host }: ListenAddress): Promise<number> {
  // Without a host Node takes `::`, and `0.0.0.0` where there is no IPv6.
  const address = { port, ...(host !== '::' && { host }) }
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function openSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

const IDLE_CHECK_MS = 50

/** How long a client may read nothing of its answer meanwhile, as one that sleeps does. Milliseconds. */
const UNREAD_END_MS = 1_000

async function close(
  server: Server,
  sockets: ReadonlySet<Socket>,
  underWay: AnswersUnderWay,
  graceMs: number,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // Node does not count a connection as idle on which nothing came yet, as browsers open them.
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  // A connection becomes idle when its running request is done, and would be kept alive then.
  const idleCheck = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
  const deadline = setTimeout(() => server.closeAllConnections(), graceMs)
  underWay.hurry(UNREAD_END_MS)
  await closed
  clearInterval(idleCheck)
  clearTimeout(deadline)
}
