import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Connections, followConnections } from './connections.ts'
import { answerWith, drawFault, type Fault, isApplied, isConfirmed } from './faults.ts'
import type { Random } from './random.ts'

/** A whole request that a sink got. */
export interface Arrival {
  /** Which life of the relay sent it. */
  readonly life: number
  readonly path: string
  /** `Webhook-Id`, which generic webhooks have. */
  readonly webhookId: string | undefined
  readonly body: string
  readonly isApplied: boolean
  readonly isConfirmed: boolean
  /** Milliseconds since the epoch, machine's time. */
  readonly at: number
}

export interface FaultySink {
  /** With the scheme, 127.0.0.1 and the port. */
  readonly url: string
  /** Resolves once all is read that a relay has sent which is gone. */
  drained(): Promise<void>
  close(): Promise<void>
}

/** What all sinks of a campaign share. */
export interface SinkContext {
  readonly random: Random
  /** Faults are drawn while this is true. */
  isFaulty(): boolean
  /** The life that connections come from now. */
  life(): number
  /** Called as soon as a request is there, before it is answered. */
  arrived(arrival: Arrival): void
}

/** Share of connections that are reset before anything is read from them. */
const CONNECTIONS_RESET = 0.04

/** Starts a sink on a free port of 127.0.0.1; with `tls` it speaks TLS. */
export async function startFaultySink(
  context: SinkContext,
  tls?: ServerOptions,
): Promise<FaultySink> {
  const lives = new WeakMap<Socket, number>()
  const listener: RequestListener = (incoming, response) => {
    receive(context, lives.get(incoming.socket) ?? context.life(), incoming, response).catch(
      () => undefined,
    )
  }
  const server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener)
  // A kept connection that the sink closes by itself would be one more kind of fault.
  server.keepAliveTimeout = 0
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    lives.set(socket, context.life())
    if (context.isFaulty() && context.random.chance(CONNECTIONS_RESET)) socket.resetAndDestroy()
  })
  const connections = followConnections(server)
  server.on('tlsClientError', () => undefined)
  const port = await listen(server)
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    drained: connections.drained,
    close: () => close(server, connections),
  }
}

/** Reads the whole request even when it pretends not to have: the test needs to know which it was. */
async function receive(
  context: SinkContext,
  life: number,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const fault: Fault = context.isFaulty() ? drawFault(context.random) : 'none'
  const body = await text(incoming)
  const webhookId = incoming.headers['webhook-id']
  context.arrived({
    life,
    path: incoming.url ?? '',
    webhookId: typeof webhookId === 'string' ? webhookId : undefined,
    body,
    isApplied: isApplied(fault),
    isConfirmed: isConfirmed(fault),
    at: Date.now(),
  })
  await answerWith(fault, incoming, response, context.random)
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

function close(server: Server, connections: Connections): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    connections.destroyAll()
  })
}
