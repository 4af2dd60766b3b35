import { describe, expect, it } from 'vitest'
import { failure, PATIENT, post, testClient } from '../../support/http-client.ts'
import { closedPort, startRawServer, startServer } from '../../support/servers.ts'

/** Long enough on a busy machine for all that comes before what never comes. */
const IMPATIENT_MS = 2_000

const SECRET_PATH = 'services/T0/s3cret?token=s3cret'

/** Every failure here comes with this path, which no detail may show. */
async function failureOf(port: number, timeoutMs: number = PATIENT.timeoutMs, host = '127.0.0.1') {
  const request = post(`http://${host}:${port}/${SECRET_PATH}`, {
    headers: { authorization: 'Bearer s3cret' },
  })
  const result = await testClient().send(request, { timeoutMs })
  expect(JSON.stringify(result)).not.toContain('s3cret')
  return result
}

describe('failures', () => {
  it('dns: a name that does not exist', async () => {
    const result = await failureOf(80, PATIENT.timeoutMs, 'no-such-name.invalid')
    expect(result).toMatchObject(failure('dns', false))
    expect(result).toHaveProperty('detail', expect.stringContaining('no-such-name.invalid'))
  })

  it('dns: a name without addresses', async () => {
    const client = testClient({ resolve: async () => [] })
    const result = await client.send(post('http://empty.example/'), PATIENT)
    expect(result).toMatchObject(failure('dns', false))
  })

  it('connect: nothing listens', async () => {
    const port = await closedPort()
    const result = await failureOf(port)
    expect(result).toMatchObject(failure('connect', false))
    expect(result).toHaveProperty('detail', `cannot connect to 127.0.0.1:${port} (ECONNREFUSED)`)
  })

  it('connect: nothing listens on any of several addresses', async () => {
    const port = await closedPort()
    const client = testClient({
      resolve: async () => [
        { address: '127.0.0.1', family: 4 },
        { address: '127.0.0.2', family: 4 },
      ],
    })
    const result = await client.send(post(`http://two.example:${port}/`), PATIENT)
    expect(result).toMatchObject(failure('connect', false))
  })

  it.each([
    ['resets', (socket: { resetAndDestroy(): unknown }) => socket.resetAndDestroy()],
    ['closes', (socket: { end(): unknown }) => socket.end()],
  ])('reset: the destination %s before it answers', async (_, hangUp) => {
    const { port } = await startServer((socket) => socket.once('data', () => hangUp(socket)))
    expect(await failureOf(port)).toMatchObject(failure('reset', true))
  })

  it('reset: half a status line', async () => {
    const { port } = await startServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 20')),
    )
    expect(await failureOf(port)).toMatchObject({ kind: 'failure', mayHaveArrived: true })
  })

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['a broken header', 'HTTP/1.1 200 OK\r\nbroken header\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['headers without end', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}`],
    // RFC 9110 lets a server send one unasked; undici does not take it.
    ['a 100 that nobody asked for', 'HTTP/1.1 100 Continue\r\n\r\n'],
    [
      'a 101 that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    ],
  ])('protocol: %s', async (_, answer) => {
    const { port } = await startRawServer(answer)
    expect(await failureOf(port)).toMatchObject(failure('protocol', true))
  })

  it('timeout: no status in time, after the request was sent', async () => {
    const { port } = await startServer((socket) => socket.resume())
    expect(await failureOf(port, IMPATIENT_MS)).toMatchObject(failure('timeout', true))
  })

  it('timeout: headers that come too slowly', async () => {
    const { port } = await startServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const timer = setInterval(() => socket.write('x: y\r\n'), 20)
      socket.on('close', () => clearInterval(timer))
    })
    expect(await failureOf(port, IMPATIENT_MS)).toMatchObject(failure('timeout', true))
  })

  it('timeout: the name look-up hangs, so nothing was sent', async () => {
    const client = testClient({ resolve: () => new Promise(() => undefined) })
    const result = await client.send(post('http://slow.example/'), { timeoutMs: 100 })
    expect(result).toMatchObject(failure('timeout', false))
  })

  it('timeout: TLS hangs, so nothing was sent', async () => {
    const { port, sockets } = await startServer((socket) => socket.resume())
    const url = `https://127.0.0.1:${port}/`
    const result = await testClient().send(post(url), { timeoutMs: IMPATIENT_MS })
    expect(result).toMatchObject(failure('timeout', false))
    expect(sockets).toHaveLength(1)
  })

  it('timeout: the connection takes longer than a connection may', async () => {
    const { port } = await startServer((socket) => socket.resume())
    const client = testClient({ connectTimeoutMs: 100 })
    const result = await client.send(post(`https://127.0.0.1:${port}/`), PATIENT)
    expect(result).toMatchObject(failure('timeout', false))
    expect(result).toHaveProperty('detail', 'not connected within 100 ms')
  })

  it('timeout: all connections are taken, and the request that waited is never sent', async () => {
    const requests: string[] = []
    const { port } = await startServer((socket) =>
      socket.on('data', (bytes) => {
        const [path = ''] = /\/\w+/.exec(bytes.toString()) ?? []
        requests.push(path)
        if (path === '/late') socket.write('HTTP/1.1 204 No Content\r\n\r\n')
      }),
    )
    const client = testClient({ connectionsPerOrigin: 1 })
    const send = (path: string, timeoutMs: number) =>
      client.send(post(`http://127.0.0.1:${port}/${path}`), { timeoutMs })
    const stuck = send('stuck', IMPATIENT_MS)
    const waiting = send('waiting', 100)
    expect(await waiting).toMatchObject(failure('timeout', false))
    expect(await stuck).toMatchObject(failure('timeout', true))
    expect(await send('late', PATIENT.timeoutMs)).toMatchObject({ status: 204 })
    expect(requests).toEqual(['/stuck', '/late'])
  })
})
