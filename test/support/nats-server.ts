import { createPublicKey, verify } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import { createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls'
import { startListening, type TestServer } from './servers.ts'

export interface NatsServerOptions {
  /** Parts of the INFO. */
  readonly info?: Readonly<Record<string, unknown>>
  /** TLS after the INFO, as real servers do it. */
  readonly tls?: SecureContextOptions & { readonly requestCert?: boolean }
  /** TLS before the INFO, as with `handshake_first`: it waits, and hangs up after this time, in ms. */
  readonly tlsFirstWithinMs?: number
  /** What a client gets for its CONNECT when it is not taken; it is then cut off. */
  readonly judgeConnect?: (connect: NatsConnect, nonce: string) => string | undefined
  /** What a client gets for a message, before the answer to its PING. */
  readonly judgeMessage?: (subject: string) => string | undefined
  /** What a stream answers a message that has a reply subject; undefined: there is no stream. */
  readonly acknowledge?: (message: NatsTestMessage) => string | undefined
  /** Sent as they are, and nothing after them. */
  readonly silentAfter?: 'accept' | 'INFO' | 'PUB'
}

/** What a client says of itself. */
export type NatsConnect = Readonly<Record<string, unknown>>

export interface NatsTestMessage {
  readonly subject: string
  readonly body: string
  /** The lines of its headers, with their first one. */
  readonly headers?: readonly string[]
}

export interface TestNatsServer extends TestServer {
  readonly url: string
  readonly connects: readonly NatsConnect[]
  readonly messages: readonly NatsTestMessage[]
}

function textOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString()
}

export const NONCE = 'Zm9yIGEgdGVzdA'

/**
 * A NATS server in the test's process that takes messages, and does nothing with them:
 * https://docs.nats.io/reference/reference-protocols/nats-protocol
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<TestNatsServer> {
  const connects: NatsConnect[] = []
  const messages: NatsTestMessage[] = []
  const secureContext = options.tls && createSecureContext(options.tls)
  const info = {
    server_id: 'TEST',
    version: '2.12.1',
    proto: 1,
    headers: true,
    max_payload: 1_048_576,
    nonce: NONCE,
    // A client that took these for servers would leave the way that it was sent.
    connect_urls: ['192.0.2.1:4222'],
    ...(options.tls && { tls_required: true }),
    ...options.info,
  }

  const server = createServer({ noDelay: true }, (socket) => {
    if (options.silentAfter === 'accept') return void socket.resume()
    const greet = (to: Socket) => to.write(`INFO ${JSON.stringify(info)}\r\n`)
    const { tlsFirstWithinMs } = options
    if (tlsFirstWithinMs === undefined) greet(socket)
    if (options.silentAfter === 'INFO') return void socket.resume()
    if (secureContext === undefined) return serve(socket)
    const secured = new TLSSocket(socket, {
      isServer: true,
      secureContext,
      // What speaks HTTP is at the wrong door.
      ALPNProtocols: ['nats'],
      requestCert: options.tls?.requestCert === true,
      rejectUnauthorized: options.tls?.requestCert === true,
    })
    secured.on('error', () => socket.destroy())
    if (tlsFirstWithinMs !== undefined) {
      const waiting = setTimeout(() => socket.destroy(), tlsFirstWithinMs)
      socket.once('close', () => clearTimeout(waiting))
      secured.once('secure', () => {
        clearTimeout(waiting)
        greet(secured)
      })
    }
    serve(secured)
  })

  function serve(socket: Socket): void {
    let rest = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      rest += chunk
      for (;;) {
        const end = rest.indexOf('\r\n')
        if (end < 0) return
        const [operation = '', ...words] = rest.slice(0, end).split(' ')
        const isMessage = operation === 'PUB' || operation === 'HPUB'
        const size = isMessage ? Number(words.at(-1)) : 0
        const bodyEnd = end + 2 + (isMessage ? size + 2 : 0)
        if (rest.length < bodyEnd) return
        const payload = rest.slice(end + 2, end + 2 + size)
        rest = rest.slice(bodyEnd)
        answer(socket, operation, words, payload)
      }
    })
  }

  function answer(
    socket: Socket,
    operation: string,
    words: readonly string[],
    payload: string,
  ): void {
    if (operation === 'CONNECT') {
      const connect = JSON.parse(Buffer.from(words.join(' '), 'latin1').toString()) as NatsConnect
      connects.push(connect)
      // As servers of a cluster do it at any time.
      socket.write(`INFO ${JSON.stringify({ ...info, connect_info: true })}\r\n`)
      const objection = options.judgeConnect?.(connect, NONCE)
      if (objection !== undefined) socket.end(`-ERR '${objection}'\r\n`)
    } else if (operation === 'PUB') {
      take(socket, { subject: words[0] ?? '', body: textOf(payload) })
    } else if (operation === 'HPUB') {
      const [subject = '', reply = '', headerBytes] = words
      const headers = payload.slice(0, Number(headerBytes)).trim().split('\r\n')
      take(socket, { subject, body: textOf(payload.slice(Number(headerBytes))), headers }, reply)
    } else if (operation === 'PING' && (messages.length === 0 || options.silentAfter !== 'PUB')) {
      if (!socket.writableEnded) socket.write('PONG\r\n')
    }
  }

  function take(socket: Socket, message: NatsTestMessage, reply?: string): void {
    const objection = options.judgeMessage?.(message.subject)
    if (objection !== undefined) return void socket.write(`-ERR '${objection}'\r\n`)
    messages.push(message)
    if (reply === undefined || options.silentAfter === 'PUB') return
    const body = options.acknowledge?.(message)
    socket.write(
      body === undefined
        ? `HMSG ${reply} 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n`
        : `MSG ${reply} 1 ${Buffer.byteLength(body)}\r\n${body}\r\n`,
    )
  }

  const listening = await startListening(server)
  return { ...listening, url: `nats://127.0.0.1:${listening.port}`, connects, messages }
}

/** DER of an Ed25519 public key, before its 32 bytes: RFC 8410. */
const ED25519_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/** Whether a client signed the nonce with the key behind its public NKey. */
export function signedWith(publicNkey: string, { sig }: NatsConnect, nonce: string): boolean {
  const key = createPublicKey({
    // One byte of kind before the key, two of checksum after it.
    key: Buffer.concat([ED25519_PREFIX, base32Bytes(publicNkey).subarray(1, 33)]),
    format: 'der',
    type: 'spki',
  })
  return verify(null, Buffer.from(nonce), key, Buffer.from(String(sig), 'base64url'))
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function base32Bytes(text: string): Buffer {
  const bits = [...text].map((c) => BASE32.indexOf(c).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
