import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import type { TransportOptions } from '../../relay/ports/http.ts'
import type { ConnectorContext } from '../http/connector.ts'
import { hostPortOf } from '../http/dial.ts'
import { ConnectError } from '../http/failure.ts'
import { destroyOnAbort, openPlainSocket } from '../http/plain-socket.ts'
import { secure, secureContextOf } from '../http/tls.ts'
import { isTlsDemanded, type ServerAddress, wantsTls } from './server-address.ts'
import { parseServerLine, type ServerInfo, type ServerLine } from './server-line.ts'
import { onLines, readFirstLine } from './socket-lines.ts'

export interface LinkContext extends ConnectorContext {
  /** Destroys the connection when it is aborted; its reason is the error. */
  readonly signal: AbortSignal
  /** Whether the server may send answers. */
  readonly takesAnswers: boolean
}

/** A connection to a server that has sent its INFO. TLS is up if it is wanted. */
export interface Link {
  readonly info: ServerInfo
  /** The bytes that the server sends after its INFO. Further INFO lines are left out. */
  readonly lines: PassThrough
  readonly isEncrypted: boolean
  /** The text of the last `-ERR`. */
  readonly refusal: string | undefined
  /** Fulfilled with the reason when the connection is gone. */
  readonly closed: Promise<Error>
  write(frame: Uint8Array): void
  /** Closes the connection after everything was sent. */
  close(): void
}

/**
 * How long to wait, in ms, for a server that must use TLS, before TLS is started first. With the
 * option `handshake_first` the server waits for that, and closes the connection after two seconds.
 * https://docs.nats.io/running-a-nats-service/configuration/securing_nats/tls
 */
const TLS_FIRST_AFTER_MS = 1_000

/**
 * Connects, through the address guard and the Provider's proxy, and reads the server's INFO.
 * Rejects with `ConnectError`, or with the socket's error.
 */
export async function openLink(
  server: ServerAddress,
  transport: TransportOptions,
  context: LinkContext,
): Promise<Link> {
  const socket = await openPlainSocket(server.destination, transport, context)
  destroyOnAbort(socket, context.signal)
  const encrypt = async () => {
    const secured = await upgrade(socket, server, transport, context)
    destroyOnAbort(secured, context.signal)
    return secured
  }
  try {
    const said = server.isTlsFirst ? undefined : await readGreeting(socket, server, transport)
    if (said === undefined) {
      const secured = await encrypt()
      return createLink(secured, infoOf(await readFirstLine(secured)), true, context)
    }
    const info = infoOf(said)
    const isEncrypted = wantsTls(server, transport, info)
    return createLink(isEncrypted ? await encrypt() : socket, info, isEncrypted, context)
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** The server's first line; undefined when it must use TLS and waits for that. */
function readGreeting(
  socket: Socket,
  server: ServerAddress,
  transport: TransportOptions,
): Promise<string | undefined> {
  return readFirstLine(socket, isTlsDemanded(server, transport) ? TLS_FIRST_AFTER_MS : undefined)
}

function infoOf(said = ''): ServerInfo {
  const line = parseServerLine(said)
  if (line.kind === 'INFO') return line.info
  const words = line.kind === '-ERR' ? line.text : line.kind
  throw new ConnectError('protocol', `the server answered: ${words}`)
}

function upgrade(
  socket: Socket,
  { destination }: ServerAddress,
  { tls = {} }: TransportOptions,
  { roots, signal }: LinkContext,
): Promise<Socket> {
  // It would pass for something that was said over TLS.
  if (socket.readableLength > 0) {
    throw new ConnectError('protocol', 'the server sent data between its INFO and TLS')
  }
  return secure(socket, hostPortOf(destination).host, secureContextOf(tls, roots), signal, [])
}

function createLink(
  socket: Socket,
  info: ServerInfo,
  isEncrypted: boolean,
  { takesAnswers }: LinkContext,
): Link {
  const lines = new PassThrough()
  const { promise: closed, resolve } = Promise.withResolvers<Error>()
  let refusal: string | undefined
  const onLine = (text: string): number => {
    if (socket.destroyed) return 0
    try {
      const line = parseServerLine(text)
      if (line.kind === '-ERR') refusal = line.text
      if (line.kind !== 'INFO') lines.write(wireForm(line))
      if (!('bytes' in line)) return 0
      if (!takesAnswers) throw new ConnectError('protocol', 'the server sent an unexpected message')
      return line.bytes + LINE_END_BYTES
    } catch (error) {
      socket.destroy(error instanceof Error ? error : undefined)
      return 0
    }
  }
  onLines(socket, {
    onLine,
    onPayload: (bytes) => void lines.write(bytes),
    onClosed(error) {
      lines.end()
      resolve(error)
    },
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

/** The bytes after those of a message. */
const LINE_END_BYTES = 2

function wireForm(line: Exclude<ServerLine, { kind: 'INFO' }>): string {
  if ('line' in line) return `${line.line}\r\n`
  return line.kind === '-ERR' ? `-ERR '${line.text}'\r\n` : `${line.kind}\r\n`
}
