import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** A service of AWS behind an address of its own, which refuses everything while a test wants it to. */
export interface RefusingEndpoint {
  readonly url: string
  /** Refuses with an error of this name and text; undefined lets requests through again. */
  refuse(name: string | undefined, message?: string): void
}

/** Stands before a service that speaks JSON, until the test is over. */
export async function refusingEndpoint(endpoint: string): Promise<RefusingEndpoint> {
  let refused: object | undefined
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    if (refused !== undefined) {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' })
      response.end(JSON.stringify(refused))
      return
    }
    const { host: _, connection: __, ...headers } = request.headers
    const passed = await fetch(`${endpoint}${request.url}`, {
      ...{ method: request.method ?? 'POST', body },
      headers: headers as Record<string, string>,
    })
    response.writeHead(passed.status, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(Buffer.from(await passed.arrayBuffer()))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    refuse(name, message = 'by the test') {
      const error = { __type: `com.amazon.coral.service#${name}`, message }
      refused = name === undefined ? undefined : error
    },
  }
}
