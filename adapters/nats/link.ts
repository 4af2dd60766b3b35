import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import type { TransportOptions } from '../../relay/ports.ts'
import { type ConnectorContext, createConnector } from '../http/connector.ts'
import { hostPortOf } from '../http/dial.ts'
import { ConnectError } from '../http/failure.ts'
import { secure, secureContextOf } from '../http/tls.ts'
import { parseServerLine, type ServerInfo, type ServerLine } from './server-line.ts'
import { onLines, readFirstLine } from './socket-lines.ts'

/** Where a server is. */
export interface ServerAddress {
  /** An `http:` URL, of which host and port count. */
  readonly destination: URL
  readonly demandsTls: boolean
}

const DEFAULT_PORT = '4222'

/** Reads `nats://host:port` or `tls://host:port`. Throws a `ConnectError` for anything else. */
export function parseServerAddress(text: string): ServerAddress {
  const url = URL.parse(text)
  const destination = URL.parse(`http://${url?.hostname}:${url?.port || DEFAULT_PORT}`)
  if (url === null || destination === null || !/^(nats|tls):$/.test(url.protocol)) {
    throw new ConnectError('invalid-request', 'the address is no nats:// or tls:// URL')
  }
  return { destination, demandsTls: url.protocol === 'tls:' }
}

export interface LinkContext extends ConnectorContext {
  /** Destroys the connection at any time; its reason is then the error. */
  readonly signal: AbortSignal
}

/** A connection to a server that has said who it is; TLS is up when it is wanted. */
export interface Link {
  readonly info: ServerInfo
  /** Bytes of what the server says after its INFO; another INFO is left out. */
  readonly lines: PassThrough
  readonly isEncrypted: boolean
  /** The text of the last `-ERR` so far. */
  readonly refusal: string | undefined
  /** Fulfilled with why, once the connection is gone. */
  readonly closed: Promise<Error>
  write(frame: Uint8Array): void
  /** Closes after what is written is sent. */
  close(): void
}

/**
 * Connects, through the address guard and the Provider's proxy, and reads the server's INFO. Rejects
 * with a `ConnectError`, or with an error of the socket's.
 */
export async function openLink(
  server: ServerAddress,
  transport: TransportOptions,
  context: LinkContext,
): Promise<Link> {
  const socket = await dialServer(server, transport, context)
  destroyOnAbort(socket, context.signal)
  try {
    const greeting = parseServerLine(await readFirstLine(socket))
    if (greeting.kind !== 'INFO') throw notWelcome(greeting)
    const { info } = greeting
    if (!wantsTls(server, transport, info)) return createLink(socket, info, false)
    const secured = await upgrade(socket, server, transport, context.signal)
    destroyOnAbort(secured, context.signal)
    return createLink(secured, info, true)
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** A plain connection: a server speaks first, and in the clear. */
function dialServer(
  { destination }: ServerAddress,
  transport: TransportOptions,
  context: LinkContext,
): Promise<Socket> {
  const connector = createConnector(destination, transport, context)
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const { hostname, protocol, port } = destination
  connector.connect({ hostname, protocol, port }, (error, socket) =>
    socket === null ? reject(error) : resolve(socket),
  )
  return promise
}

function destroyOnAbort(socket: Socket, signal: AbortSignal): void {
  const abort = () => socket.destroy(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  socket.once('close', () => signal.removeEventListener('abort', abort))
}

function notWelcome(line: ServerLine): ConnectError {
  const said = line.kind === '-ERR' ? line.text : line.kind
  return new ConnectError('protocol', `the server answered: ${said}`)
}

/**
 * Whoever asks for TLS, by the address or by certificates, gets it or no connection: INFO comes in
 * the clear, where anyone on the way can take the offer of TLS out of it.
 */
function wantsTls(
  { demandsTls }: ServerAddress,
  { tls }: TransportOptions,
  info: ServerInfo,
): boolean {
  const isDemanded = demandsTls || tls !== undefined
  if (isDemanded && !info.tlsRequired && !info.tlsAvailable) {
    throw new ConnectError('tls', 'the server offers no TLS')
  }
  return isDemanded || info.tlsRequired
}

function upgrade(
  socket: Socket,
  { destination }: ServerAddress,
  { tls = {} }: TransportOptions,
  signal: AbortSignal,
): Promise<Socket> {
  // It would pass for something that was said over TLS.
  if (socket.readableLength > 0) {
    throw new ConnectError('protocol', 'the server sent data between its INFO and TLS')
  }
  return secure(socket, hostPortOf(destination).host, secureContextOf(tls), signal, [])
}

function createLink(socket: Socket, info: ServerInfo, isEncrypted: boolean): Link {
  const lines = new PassThrough()
  const { promise: closed, resolve } = Promise.withResolvers<Error>()
  let refusal: string | undefined
  const onLine = (text: string) => {
    if (socket.destroyed) return
    try {
      const line = parseServerLine(text)
      if (line.kind === '-ERR') refusal = line.text
      if (line.kind !== 'INFO') lines.write(wireForm(line))
    } catch (error) {
      socket.destroy(error instanceof Error ? error : undefined)
    }
  }
  onLines(socket, onLine, (error) => {
    lines.end()
    resolve(error)
  })
  return {
    info,
    lines,
    isEncrypted,
    get refusal() {
      return refusal
    },
    closed,
    // In one packet what is written in one turn: a server that refuses the first part of it and
    // closes before it has read the second would reset the connection, and its words be lost.
    write(frame) {
      socket.cork()
      socket.write(frame)
      process.nextTick(() => socket.uncork())
    },
    close: () => socket.destroySoon(),
  }
}

function wireForm(line: Exclude<ServerLine, { kind: 'INFO' }>): string {
  return line.kind === '-ERR' ? `-ERR '${line.text}'\r\n` : `${line.kind}\r\n`
}
