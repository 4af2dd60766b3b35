import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { MAX_RESPONSE_BYTES, type OutboundRequest } from '../../../relay/ports/http.ts'
import { PATIENT, post, testClient } from '../../support/http-client.ts'
import { startHttpServer, startRawServer, startServer } from '../../support/servers.ts'

describe('requests', () => {
  it('sends method, path, headers and body as they are', async () => {
    const seen: IncomingMessage[] = []
    const bodies: string[] = []
    const { port } = await startHttpServer(async (request, response) => {
      seen.push(request)
      bodies.push(await text(request))
      response.end()
    })
    const body = new TextEncoder().encode('grüße')
    const headers = { 'content-type': 'text/plain', 'x-one': 'a, b' }
    const url = `http://127.0.0.1:${port}/a%20b/c?d=e&f#fragment`
    await testClient().send(post(url, { method: 'PUT', headers, body }), PATIENT)
    expect(seen[0]?.method).toBe('PUT')
    expect(seen[0]?.url).toBe('/a%20b/c?d=e&f')
    expect(bodies).toEqual(['grüße'])
    expect(seen[0]?.headers).toEqual({
      ...headers,
      host: `127.0.0.1:${port}`,
      connection: 'keep-alive',
      'content-length': '7',
      'user-agent': 'flux-relay/test',
    })
  })

  // Go, and so notification-controller, sends the bytes of UTF-8. docs/providers/README.md says so.
  it('sends a letter of Latin-1 in a header as one byte', async () => {
    const { port } = await startHttpServer(({ rawHeaders }, response) =>
      response.end(Buffer.from(rawHeaders.join('\n'), 'latin1').toString('hex')),
    )
    const request = post(`http://127.0.0.1:${port}/`, { headers: { 'x-team': 'équipe' } })
    const hex = Buffer.from('x-team\nXquipe').toString('hex').replace('58', 'e9')
    expect(await testClient().send(request, PATIENT)).toMatchObject({
      body: expect.stringContaining(hex),
    })
  })

  it('keeps the User-Agent of a request, however it is written', async () => {
    const { port } = await startHttpServer((request, response) =>
      response.end(request.headers['user-agent']),
    )
    const request = post(`http://127.0.0.1:${port}/`, { headers: { 'User-Agent': 'mine' } })
    expect(await testClient().send(request, PATIENT)).toMatchObject({ body: 'mine' })
  })

  it.each([
    ['POST', '0'],
    ['GET', undefined],
  ] as const)('sends a %s without a body', async (method, length) => {
    const { port } = await startHttpServer((request, response) =>
      response.end(JSON.stringify(request.headers['content-length'])),
    )
    const request = post(`http://127.0.0.1:${port}/`, { method, body: '' })
    const expected = length === undefined ? '' : JSON.stringify(length)
    expect(await testClient().send(request, PATIENT)).toMatchObject({ body: expected })
  })

  it.each([
    ['no URL', 'no-url'],
    ['an empty URL', ''],
    ['another scheme', 'ftp://127.0.0.1/'],
    ['a file', 'file:///etc/passwd'],
    ['credentials in the URL', 'http://user:s3cret@127.0.0.1/'],
    ['a port out of range', 'http://127.0.0.1:99999/'],
  ])('refuses %s', async (_, url) => {
    const result = await testClient().send(post(url), PATIENT)
    expect(result).toMatchObject({ cause: 'invalid-request', mayHaveArrived: false })
    expect(JSON.stringify(result)).not.toContain('s3cret')
  })

  it.each([
    ['a line break in a value', { 'x-a': 's3cret\r\nx-b: 1' }],
    ['a character beyond Latin-1 in a value', { 'x-a': 's3cret 🔑' }],
    ['a space in a name', { 'x a': 's3cret' }],
    ['a false length', { 'content-length': '3' }],
    ['an expectation', { expect: '100-continue' }],
    ['a transfer encoding', { 'transfer-encoding': 'chunked' }],
  ])('refuses %s', async (_, headers) => {
    const { port } = await startHttpServer((_request, response) => response.end())
    const result = await testClient().send(post(`http://127.0.0.1:${port}/`, { headers }), PATIENT)
    expect(result).toMatchObject({ cause: 'invalid-request', mayHaveArrived: false })
    expect(JSON.stringify(result)).not.toContain('s3cret')
  })

  it('is refused after close, which is a bug of the caller', async () => {
    const client = testClient()
    await client.close()
    await expect(client.send(post('http://127.0.0.1/'), PATIENT)).rejects.toThrow(/closed/)
  })
})

describe('answers', () => {
  it('gives status, the first of each header, and the body', async () => {
    const { port } = await startRawServer(
      'HTTP/1.1 429 Slow down\r\nRetry-After: 7\r\nX-Two: a\r\nX-Two: b\r\n__proto__: c\r\nContent-Length: 2\r\n\r\nhi',
    )
    const result = await testClient().send(post(`http://127.0.0.1:${port}/`), PATIENT)
    expect(result).toEqual({
      kind: 'response',
      status: 429,
      headers: Object.fromEntries([
        ['retry-after', '7'],
        ['x-two', 'a'],
        ['__proto__', 'c'],
        ['content-length', '2'],
      ]),
      body: 'hi',
      truncated: false,
      receivedAt: expect.any(Number),
    })
  })

  it('follows no redirect', async () => {
    let requests = 0
    const { port } = await startHttpServer((_request, response) => {
      requests += 1
      response.writeHead(307, { location: '/elsewhere' }).end()
    })
    const result = await testClient().send(post(`http://127.0.0.1:${port}/`), PATIENT)
    expect(result).toMatchObject({ status: 307, headers: { location: '/elsewhere' } })
    expect(requests).toBe(1)
  })

  it('reads past informational answers', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
    const { port } = await startRawServer(`${hints}HTTP/1.1 204 No Content\r\n\r\n`)
    const result = await testClient().send(post(`http://127.0.0.1:${port}/`), PATIENT)
    expect(result).toMatchObject({ status: 204, body: '' })
  })

  it('shows what is no UTF-8 as U+FFFD', async () => {
    const bytes = Buffer.from([0x61, 0xff, 0x62, 0xc3])
    const { port } = await startHttpServer((_request, response) => response.end(bytes))
    const result = await testClient().send(post(`http://127.0.0.1:${port}/`), PATIENT)
    expect(result).toMatchObject({ body: 'a\ufffdb\ufffd', truncated: false })
  })

  it.each([
    [1, false],
    [MAX_RESPONSE_BYTES - 1, false],
    [MAX_RESPONSE_BYTES, false],
    [MAX_RESPONSE_BYTES + 1, true],
    [1_000_000, true],
  ])('reads of %i bytes the first 20,480', async (size, truncated) => {
    const { port } = await startHttpServer((_request, response) => response.end('x'.repeat(size)))
    const result = await testClient().send(post(`http://127.0.0.1:${port}/`), PATIENT)
    const body = 'x'.repeat(Math.min(size, MAX_RESPONSE_BYTES))
    expect(result).toMatchObject({ status: 200, body, truncated })
  })

  it('reads more for a request that asks for it', async () => {
    const size = 3 * MAX_RESPONSE_BYTES
    const { port } = await startHttpServer((_request, response) => response.end('x'.repeat(size)))
    const send = (maxResponseBytes: number) =>
      testClient().send(post(`http://127.0.0.1:${port}/`, { maxResponseBytes }), PATIENT)
    expect(await send(size)).toMatchObject({ body: 'x'.repeat(size), truncated: false })
    expect(await send(size - 1)).toMatchObject({ body: 'x'.repeat(size - 1), truncated: true })
  })

  it('cuts no character in half', async () => {
    const { port } = await startHttpServer((_request, response) =>
      response.end(`x${'é'.repeat(MAX_RESPONSE_BYTES)}`),
    )
    const result = await testClient().send(post(`http://127.0.0.1:${port}/`), PATIENT)
    const body = `x${'é'.repeat(MAX_RESPONSE_BYTES / 2 - 1)}`
    expect(result).toMatchObject({ body, truncated: true })
  })

  it('abandons a body without end, and still serves the next request', async () => {
    const { port, sockets } = await startHttpServer((request, response) => {
      if (request.url !== '/endless') return response.end('fine')
      const chunk = 'x'.repeat(1_000)
      const write = () => {
        while (response.write(chunk));
      }
      response.on('drain', write)
      write()
    })
    const client = testClient({ connectionsPerOrigin: 1 })
    const endless = await client.send(post(`http://127.0.0.1:${port}/endless`), PATIENT)
    const body = 'x'.repeat(MAX_RESPONSE_BYTES)
    expect(endless).toMatchObject({ status: 200, body, truncated: true })
    const next = await client.send(post(`http://127.0.0.1:${port}/`), PATIENT)
    expect(next).toMatchObject({ status: 200, body: 'fine' })
    expect(sockets).toHaveLength(2)
  })

  it('takes an answer with long headers', async () => {
    const policy = `default-src ${'https://cdn.example '.repeat(3_000)}`
    const head = `HTTP/1.1 200 OK\r\ncontent-security-policy: ${policy}\r\n`
    const { port } = await startRawServer(`${head}Content-Length: 2\r\n\r\nok`)
    const result = await testClient().send(post(`http://127.0.0.1:${port}/`), PATIENT)
    expect(result).toMatchObject({ status: 200, body: 'ok' })
  })

  it('counts a status whose body breaks off', async () => {
    const { port } = await startServer((socket) =>
      socket.once('data', () =>
        socket.end('HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\npartial'),
      ),
    )
    const result = await testClient().send(post(`http://127.0.0.1:${port}/`), PATIENT)
    expect(result).toMatchObject({ status: 201, body: 'partial', truncated: true })
  })

  it('counts a status whose body does not come in time', async () => {
    const { port } = await startRawServer('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nslow')
    const result = await testClient().send(post(`http://127.0.0.1:${port}/`), { timeoutMs: 2_000 })
    expect(result).toMatchObject({ status: 200, body: 'slow', truncated: true })
  })

  it('reads a body that comes in drips until time is up', async () => {
    const { port } = await startHttpServer((_request, response) => {
      const timer = setInterval(() => response.write('.'), 20)
      response.on('close', () => clearInterval(timer))
    })
    const result = await testClient().send(post(`http://127.0.0.1:${port}/`), { timeoutMs: 2_000 })
    expect(result).toMatchObject({ status: 200, truncated: true })
  })

  it('takes an answer that comes before the request was read', async () => {
    const { port } = await startServer((socket) => {
      socket.once('data', () => {
        socket.pause()
        socket.write('HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      })
    })
    const request = post(`http://127.0.0.1:${port}/`, { body: 'x'.repeat(8_000_000) })
    expect(await testClient().send(request, PATIENT)).toMatchObject({ status: 413 })
  })
})

describe('compressed answers', () => {
  const CONTENT = 'compressed '.repeat(20)

  async function answerTo(
    request: Partial<OutboundRequest>,
    body: Buffer,
    coding: 'gzip' | 'identity' = 'gzip',
  ) {
    let asked: IncomingMessage['headers'] = {}
    const { port } = await startHttpServer(({ headers }, response) => {
      asked = headers
      response.writeHead(200, { 'content-encoding': coding }).end(body)
    })
    const answer = await testClient().send(post(`http://127.0.0.1:${port}/`, request), PATIENT)
    return { answer, asked: asked['accept-encoding'] }
  }

  it('reads one for a request that accepts it', async () => {
    const { answer, asked } = await answerTo({ acceptsGzip: true }, gzipSync(CONTENT))
    expect(answer).toMatchObject({ status: 200, body: CONTENT, truncated: false })
    expect(asked).toBe('gzip')
  })

  it('reads a plain one then too', async () => {
    const { answer } = await answerTo({ acceptsGzip: true }, Buffer.from(CONTENT), 'identity')
    expect(answer).toMatchObject({ body: CONTENT, truncated: false })
  })

  it('leaves it as it is for any other request', async () => {
    const { answer, asked } = await answerTo({}, gzipSync(CONTENT))
    expect(answer).not.toMatchObject({ body: CONTENT })
    expect(asked).toBeUndefined()
  })

  it.each([
    ['that is broken', gzipSync(CONTENT).subarray(0, -4)],
    ['that is longer than what is read', gzipSync('a'.repeat(10_000))],
    ['that is longer than what is read, compressed', gzipSync(randomBytes(2_000))],
  ])('reads nothing of one %s', async (_, body) => {
    const { answer } = await answerTo({ acceptsGzip: true, maxResponseBytes: 1_000 }, body)
    expect(answer).toMatchObject({ status: 200, body: '', truncated: true })
  })
})
