import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  request as send,
} from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import { connect, type Socket } from 'node:net'
import { startListening, startServer, type TestServer } from './servers.ts'

/** A proxy, and what was asked of it. */
export interface TestProxy extends TestServer {
  /** `host:port` of each CONNECT. */
  readonly targets: readonly string[]
  /** Method and URL of each request that names its destination. */
  readonly forwarded: readonly string[]
  readonly authorizations: ReadonlyArray<string | undefined>
}

export interface ConnectProxyOptions {
  /** Answers this instead of a tunnel. */
  readonly refuseWith?: string
  /** Makes it an `https:` proxy. */
  readonly tls?: ServerOptions
}

/** Sends all to 127.0.0.1, whatever the name, as a proxy with its own resolver would. */
export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<TestProxy> {
  const targets: string[] = []
  const forwarded: string[] = []
  const authorizations: Array<string | undefined> = []
  const server: Server = options.tls ? createSecureServer(options.tls) : createServer()
  server.on('connect', (request, socket: Socket) => {
    targets.push(request.url ?? '')
    authorizations.push(request.headers['proxy-authorization'])
    if (options.refuseWith !== undefined) {
      socket.end(`HTTP/1.1 ${options.refuseWith}\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    tunnel(socket, portOf(request.url ?? ''), () =>
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n'),
    )
  })
  server.on('request', (request, response) => {
    forwarded.push(`${request.method} ${request.url}`)
    authorizations.push(request.headers['proxy-authorization'])
    const [, status, text = ''] = /^(\d+) (.*)$/.exec(options.refuseWith ?? '') ?? []
    if (status !== undefined) response.writeHead(Number(status), text).end()
    else forward(request, response)
  })
  return { ...(await startListening(server)), targets, forwarded, authorizations }
}

/** RFC 9112, section 3.2.2; what is for the proxy alone is not passed on. */
function forward(request: IncomingMessage, response: ServerResponse): void {
  const { 'proxy-authorization': _, ...headers } = request.headers
  const { port, pathname, search } = new URL(request.url ?? '')
  const path = `${pathname}${search}`
  const onward = send({ host: '127.0.0.1', port, path, method: request.method, headers })
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => response.writeHead(502).end())
  request.pipe(onward)
}

export interface SocksProxyOptions {
  readonly username?: string
  readonly password?: string
  /** The reply code instead of a tunnel. */
  readonly refuseWith?: number
}

/** RFC 1928 with RFC 1929; tunnels to 127.0.0.1, whatever the name. One message a chunk. */
export async function startSocksProxy(options: SocksProxyOptions = {}): Promise<TestProxy> {
  const targets: string[] = []
  const authorizations: string[] = []
  const server = await startServer((socket) => {
    socket.once('data', (greeting) => {
      const wanted = options.username === undefined ? 0 : 2
      if (!greeting.subarray(2).includes(wanted)) return socket.end(Buffer.from([5, 0xff]))
      socket.write(Buffer.from([5, wanted]))
      if (wanted === 0) return socket.once('data', onConnect)
      return socket.once('data', (credentials) => {
        const nameLength = credentials[1] ?? 0
        const username = credentials.subarray(2, 2 + nameLength).toString()
        const password = credentials.subarray(3 + nameLength).toString()
        authorizations.push(`${username}:${password}`)
        const right = username === options.username && password === options.password
        if (right) socket.once('data', onConnect)
        socket.write(Buffer.from([1, right ? 0 : 1]))
      })
    })

    function onConnect(request: Buffer): void {
      // Version 5, command CONNECT, and a byte that is reserved; 7: command not supported.
      if (!request.subarray(0, 3).equals(Buffer.from([5, 1, 0]))) {
        socket.end(Buffer.from([5, 7, 0, 1, 0, 0, 0, 0, 0, 0]))
        return
      }
      const port = request.readUInt16BE(request.length - 2)
      targets.push(`${socksHost(request)}:${port}`)
      if (options.refuseWith !== undefined) {
        socket.end(Buffer.from([5, options.refuseWith, 0, 1, 0, 0, 0, 0, 0, 0]))
        return
      }
      tunnel(socket, port, () => {
        // In two parts, as a network may deliver it.
        socket.write(Buffer.from([5, 0]))
        setImmediate(() => socket.write(Buffer.from([0, 3, 2, 0x61, 0x62, 0, 80])))
      })
    }
  })
  return { ...server, targets, forwarded: [], authorizations }
}

function socksHost(request: Buffer): string {
  const address = request.subarray(4, -2)
  if (request[3] === 3) return address.subarray(1).toString()
  return request[3] === 1 ? address.join('.') : `[${address.toString('hex')}]`
}

function portOf(authority: string): number {
  return Number(authority.slice(authority.lastIndexOf(':') + 1))
}

function tunnel(client: Socket, port: number, onOpen: () => void): void {
  const upstream = connect(port, '127.0.0.1', () => {
    onOpen()
    upstream.pipe(client).pipe(upstream)
  })
  upstream.on('error', () => client.destroy())
  client.on('error', () => upstream.destroy())
  client.on('close', () => upstream.destroy())
}
