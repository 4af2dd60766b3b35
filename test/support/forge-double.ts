import { createServer, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { startListening } from './servers.ts'

/** An exchange that a test expects. */
export interface ExpectedExchange {
  /** Such as `POST /api/v1/user?a=b`. */
  readonly line: string
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly json?: unknown
  /** Closes the connection in place of an answer. */
  readonly lost?: boolean
}

export interface ForgeRequest {
  readonly line: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A forge on 127.0.0.1 that answers what the test expects, in that order, and nothing else. */
export interface ForgeDouble {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly requests: readonly ForgeRequest[]
  expects(...exchanges: readonly ExpectedExchange[]): void
}

/** Fails the test for a request that it does not expect, and for one that did not come. */
export async function startForge(): Promise<ForgeDouble> {
  const requests: ForgeRequest[] = []
  const pending: ExpectedExchange[] = []
  const unexpected: string[] = []
  const server = createServer(async (incoming, response) => {
    const { method, url, headers } = incoming
    const request = { line: `${method} ${url}`, headers, body: await text(incoming) }
    requests.push(request)
    const expected = pending[0]
    if (expected?.line !== request.line) {
      unexpected.push(request.line)
      return response.writeHead(418).end()
    }
    pending.shift()
    if (expected.lost) return incoming.socket.destroy()
    response.writeHead(expected.status ?? 200, {
      'content-type': 'application/json',
      ...expected.headers,
    })
    response.end(expected.json === undefined ? '' : JSON.stringify(expected.json))
  })
  onTestFinished(() => {
    if (unexpected.length > 0) throw new Error(`unexpected requests: ${unexpected.join(', ')}`)
    if (pending.length > 0) {
      throw new Error(`requests that did not come: ${pending.map(({ line }) => line).join(', ')}`)
    }
  })
  const { port } = await startListening(server)
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    expects: (...exchanges) => void pending.push(...exchanges),
  }
}
