import { createServer as createHttpServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { problem } from '../relay/intake/problem.ts'
import { createApp } from './app.ts'
import { isLoopback } from './loopback.ts'
import { problemResponse } from './responses.ts'
import type { ServerDependencies } from './route.ts'

/** What one connection may cost. */
export interface ServerLimits {
  /** For all headers of a request to arrive. */
  readonly headersTimeoutMs: number
  /** For a whole request to arrive. */
  readonly requestTimeoutMs: number
  /** For an idle connection to stay open. */
  readonly keepAliveTimeoutMs: number
  readonly maxHeaderBytes: number
}

const LIMITS: ServerLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 65_000,
  maxHeaderBytes: 16 * 1024,
}

export interface ListenAddress {
  /** 0 for any free one. */
  readonly port: number
  readonly host: string
}

/** A server that listens. */
export interface RunningServer {
  readonly port: number
  /**
   * Takes no new connection, closes idle ones, and resolves when the running requests are done or,
   * cut off, after `graceMs`.
   */
  close(graceMs: number): Promise<void>
}

export interface RelayServer {
  /** Rejects when the address is taken, or not loopback on a relay without tokens. */
  listen(address: ListenAddress): Promise<RunningServer>
}

/** Makes the embedded host's HTTP server. */
export function createServer(
  deps: ServerDependencies,
  limits: Partial<ServerLimits> = {},
): RelayServer {
  const server = httpServer(deps, { ...LIMITS, ...limits })
  const sockets = openSockets(server)
  return {
    async listen(address) {
      if (deps.tokens === undefined && !isLoopback(address.host)) {
        throw new Error(`without --tokens the relay listens on loopback only, not ${address.host}`)
      }
      const port = await listen(server, address)
      return { port, close: (graceMs) => close(server, sockets, graceMs) }
    },
  }
}

function httpServer(deps: ServerDependencies, limits: ServerLimits): Server {
  const app = createApp(deps)
  const listener = getRequestListener(app.fetch, {
    overrideGlobalObjects: false,
    // Reached only by a request that cannot be read as one, such as one with a bad Host.
    errorHandler: () => problemResponse(problem(400, 'expected a valid Host and path')),
  })
  const options = {
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    maxHeaderSize: limits.maxHeaderBytes,
    connectionsCheckingInterval: Math.min(2_000, limits.requestTimeoutMs / 2),
  }
  return createHttpServer(options, (request, response) => void listener(request, response))
}

function listen(server: Server, { port, host }: ListenAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
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

async function close(server: Server, sockets: ReadonlySet<Socket>, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // Node does not count a connection as idle on which nothing came yet, as browsers open them.
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  // A connection becomes idle when its running request is done, and would be kept alive then.
  const idleCheck = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
  const deadline = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearInterval(idleCheck)
  clearTimeout(deadline)
}
