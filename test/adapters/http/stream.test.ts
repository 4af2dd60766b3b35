import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { StreamError, type StreamRequest } from '../../../adapters/http/stream.ts'
import { testClient } from '../../support/http-client.ts'
import { closedPort, startHttpServer } from '../../support/servers.ts'
import { waitFor } from '../../support/wait-for.ts'

it('gives what comes when it comes', async () => {
  const { url, answer } = await startStream()
  const stream = await testClient().stream(get(url), {})
  expect([stream.status, stream.headers['content-type']]).toEqual([200, 'text/plain'])
  const chunks = stream.body[Symbol.asyncIterator]()
  for (const text of ['one', 'two']) {
    answer().write(text)
    expect(textOf((await chunks.next()).value)).toBe(text)
  }
  answer().end()
  expect(await chunks.next()).toMatchObject({ done: true })
})

it('fetches no more than what is read', async () => {
  const { url, answer } = await startStream()
  const stream = await testClient().stream(get(url), {})
  const chunk = Buffer.alloc(1024 * 1024)
  let written = 0
  // Until the buffers on the way are full; there are some megabytes of them.
  while (answer().write(chunk) || answer().writableLength < 4 * chunk.length) {
    written += chunk.length
    await new Promise((resolve) => setImmediate(resolve))
    if (written > 200 * chunk.length) throw new Error('nothing stops the sender')
  }
  let read = 0
  for await (const part of stream.body) {
    read += part.length
    if (read > written / 2) break
  }
  expect(read).toBeGreaterThan(written / 2)
})

it('says what broke it off', async () => {
  const { url, answer } = await startStream()
  const client = testClient()
  const refused = client.stream(get(`http://127.0.0.1:${await closedPort()}/`), {})
  await expect(refused).rejects.toThrow(/ECONNREFUSED|refused/)

  const broken = await client.stream(get(url), {})
  answer().write('a part')
  answer().destroy()
  await expect(textOfAll(broken.body)).rejects.toThrow(StreamError)

  const silent = await client.stream({ ...get(url), idleTimeoutMs: 50 }, {})
  await expect(textOfAll(silent.body)).rejects.toThrow('nothing came for too long')
})

it('gives its connection up when it is told to, or nobody reads on', async () => {
  const { url, requests } = await startStream()
  const client = testClient()
  const abort = new AbortController()
  const aborted = await client.stream({ ...get(url), signal: abort.signal }, {})
  abort.abort()
  await expect(textOfAll(aborted.body)).rejects.toThrow(StreamError)

  const left = await client.stream(get(url), {})
  requests[1]?.response.write('a part')
  for await (const _ of left.body) break
  await waitFor(() => {
    expect(requests.map(({ request }) => request.socket.destroyed)).toEqual([true, true])
  })
})

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** A server whose answers the test writes. */
async function startStream() {
  const requests: Exchange[] = []
  const { port } = await startHttpServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).flushHeaders()
    requests.push({ request, response })
  })
  const answer = () => {
    const last = requests.at(-1)
    if (!last) throw new Error('no request yet')
    return last.response
  }
  return { url: `http://127.0.0.1:${port}/`, requests, answer }
}

function get(url: string): StreamRequest {
  return {
    url,
    headers: {},
    signal: new AbortController().signal,
    headTimeoutMs: 10_000,
    idleTimeoutMs: 10_000,
  }
}

function textOf(chunk: unknown): string {
  return chunk instanceof Uint8Array ? new TextDecoder().decode(chunk) : ''
}

async function textOfAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of body) text += textOf(chunk)
  return text
}
