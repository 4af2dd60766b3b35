import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** A small Lambda runtime API for one function; gone when the test is over. */
export interface RuntimeApi {
  /** `host:port`. */
  readonly address: string
  /** Requests that no runtime makes. */
  readonly unexpected: readonly string[]
  /** Rejects with the error that the runtime reports. */
  invoke(event: unknown, remainingMs: number): Promise<unknown>
}

interface Invocation {
  readonly id: string
  readonly event: unknown
  readonly endsAt: number
  readonly answer: PromiseWithResolvers<unknown>
}

const ROUTE = /^\/2018-06-01\/runtime\/(?:(init)|invocation\/(?:next|([^/]+)\/(response|error)))/

/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
export async function startRuntimeApi(): Promise<RuntimeApi> {
  const unexpected: string[] = []
  const waiting: ServerResponse[] = []
  const queued: Invocation[] = []
  const underWay = new Map<string, Invocation>()
  const handOut = () => {
    const [response, invocation] = [waiting[0], queued[0]]
    if (response === undefined || invocation === undefined) return
    waiting.shift()
    queued.shift()
    underWay.set(invocation.id, invocation)
    sendInvocation(response, invocation)
  }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const [path, init, id = '', kind] = ROUTE.exec(request.url ?? '') ?? []
    const body = await text(request)
    if (path === undefined) unexpected.push(`${request.method} ${request.url}`)
    if (path?.endsWith('/next')) {
      waiting.push(response)
      handOut()
      return
    }
    const concerned = init === undefined ? [underWay.get(id)] : [...underWay.values(), ...queued]
    for (const invocation of concerned) settle(invocation, kind === 'response', body)
    response.writeHead(path === undefined ? 404 : 202).end('{"status":"OK"}')
  }
  const address = await listen((request, response) => void answer(request, response))
  let count = 0
  return {
    address,
    unexpected,
    invoke(event, remainingMs) {
      count += 1
      const answer = Promise.withResolvers<unknown>()
      queued.push({ id: `request-${count}`, event, endsAt: Date.now() + remainingMs, answer })
      handOut()
      return answer.promise
    },
  }
}

async function listen(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

function sendInvocation(response: ServerResponse, { id, event, endsAt }: Invocation): void {
  response.writeHead(200, {
    'Content-Type': 'application/json',
    'Lambda-Runtime-Aws-Request-Id': id,
    'Lambda-Runtime-Deadline-Ms': String(endsAt),
    'Lambda-Runtime-Invoked-Function-Arn': 'arn:aws:lambda:eu-central-1:000000000000:function:test',
    'Lambda-Runtime-Trace-Id': 'Root=1-65a5bb56-0000000000000000000000;Sampled=0',
  })
  response.end(JSON.stringify(event))
}

function settle(invocation: Invocation | undefined, isResponse: boolean, body: string): void {
  if (isResponse) invocation?.answer.resolve(JSON.parse(body))
  else invocation?.answer.reject(new Error(body))
}
