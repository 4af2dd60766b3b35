import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** A request as it came in. */
export interface RecordedRequest {
  /** Such as `POST /hook?a=b`. */
  readonly line: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface SinkAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Answers by request line: one that is not named here fails the test. */
export type SinkAnswers = Readonly<
  Record<
    string,
    SinkAnswer | ((request: RecordedRequest, earlier: number) => SinkAnswer | Promise<SinkAnswer>)
  >
>

/** A destination on 127.0.0.1 that records what it gets; gone when the test is over. */
export interface RecordingSink {
  readonly port: number
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly requests: readonly RecordedRequest[]
}

/** Starts a sink, on a free port unless one is given. */
export async function startSink(answers: SinkAnswers, port = 0): Promise<RecordingSink> {
  const requests: RecordedRequest[] = []
  const unexpected: string[] = []
  const server = createServer(async (incoming, response) => {
    const request = await record(incoming)
    requests.push(request)
    if (!(request.line in answers)) unexpected.push(request.line)
    reply(response, await answerTo(answers, request, requests.length - 1))
  })
  onTestFinished(async () => {
    await closeServer(server)
    if (unexpected.length > 0) throw new Error(`unexpected requests: ${unexpected.join(', ')}`)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { port: address.port, url: `http://127.0.0.1:${address.port}`, requests }
}

async function record(incoming: IncomingMessage): Promise<RecordedRequest> {
  const line = `${incoming.method} ${incoming.url}`
  // A sender that is killed midway leaves a part of a body; it is recorded as that.
  const body = await text(incoming).catch(() => '')
  return { line, headers: incoming.headers, body }
}

async function answerTo(answers: SinkAnswers, request: RecordedRequest, earlier: number) {
  const answer = answers[request.line] ?? { status: 404 }
  return typeof answer === 'function' ? answer(request, earlier) : answer
}

function reply(response: ServerResponse, { status, headers, body }: SinkAnswer): void {
  response.writeHead(status, headers).end(body)
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

/** The JSON bodies of what a sink got, in order. */
export function jsonBodies({ requests }: RecordingSink): readonly unknown[] {
  return requests.map(({ body }) => JSON.parse(body) as unknown)
}

/**
 * A port that nothing listens on. It is outside of the range that the system gives out, so nobody
 * gets it meanwhile, and a connection to it cannot meet itself.
 */
export async function unusedPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    if (!(await isListening(port))) return port
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** Something that a test lets happen when it is time. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: () => resolve() }
}
