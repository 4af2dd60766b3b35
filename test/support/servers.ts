import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import { createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A server on 127.0.0.1 that is gone, with all its connections, when the test is over. */
export interface TestServer {
  readonly port: number
  /** Every connection so far, also those that are closed. */
  readonly sockets: readonly Socket[]
}

export function startServer(onConnection: (socket: Socket) => void): Promise<TestServer> {
  return startListening(createServer(onConnection))
}

export function startHttpServer(listener: RequestListener): Promise<TestServer> {
  return startListening(createHttpServer(listener))
}

export function startHttpsServer(
  options: ServerOptions,
  listener: RequestListener = (_request, response) => response.end('secure'),
): Promise<TestServer> {
  return startListening(createHttpsServer(options, listener))
}

/** Sends these bytes when the first ones of a request arrive. */
export function startRawServer(answer: string | Buffer): Promise<TestServer> {
  return startServer((socket) => socket.once('data', () => socket.write(answer)))
}

/** A port on 127.0.0.1 that nothing listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Listens on a free port; closed when the test is over. */
export async function startListening(server: Server): Promise<TestServer> {
  const sockets: Socket[] = []
  server.on('connection', (socket: Socket) => {
    sockets.push(socket)
    // A client that goes away is part of many tests.
    socket.on('error', () => undefined)
  })
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  })
  return { port: await listen(server), sockets }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('no port'))
      else resolve(address.port)
    })
  })
}
