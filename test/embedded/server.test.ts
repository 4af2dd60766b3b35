import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createServer } from '../../embedded/server.ts'
import { OPERATOR, PROD, speak, startRelay, TOKENS } from '../support/embedded-server.ts'
import { fixtureJson } from '../support/notifications.ts'

const BODY = JSON.stringify(fixtureJson('kustomization-applied'))

describe('paths and methods', () => {
  it.each([
    ['DELETE', '/healthz', 'GET, HEAD'],
    ['POST', '/metrics', 'GET, HEAD'],
    ['GET', '/v1/clusters/local/events', 'POST'],
    ['HEAD', '/v1/clusters/local/events', 'POST'],
    ['POST', '/v1/clusters/local/config', 'PUT, GET, HEAD'],
    ['PUT', '/v1/deliveries', 'GET, HEAD'],
    ['GET', '/v1/deliveries/x/replay', 'POST'],
    ['GET', '/', 'POST'],
    ['OPTIONS', '/', 'POST'],
    ['PROPFIND', '/', 'POST'],
  ])('%s %s is not allowed, and %s is', async (method, path, allow) => {
    const { call } = await startRelay()
    const reply = await call(method, path)
    expect([reply.status, reply.headers.allow]).toEqual([405, allow])
    expect(reply.headers['content-type']).toBe('application/problem+json')
    if (method !== 'HEAD') expect(reply.json).toMatchObject({ title: 'Method Not Allowed' })
  })

  it.each(['/nothing', '/v1', '/v1/clusters/local', '/healthz/', '/v1/deliveries/a/b/c', '//'])(
    'there is nothing at %s',
    async (path) => {
      const { call } = await startRelay()
      const reply = await call('GET', path)
      expect([reply.status, reply.json]).toMatchObject([404, { title: 'Not Found', status: 404 }])
    },
  )

  it('answers HEAD as GET without the body', async () => {
    const { call } = await startRelay()
    const reply = await call('HEAD', '/healthz')
    expect([reply.status, reply.text]).toEqual([200, ''])
  })

  it('serves the routes of the host too, under the same access', async () => {
    const page = () => new Response('page')
    const route = { method: 'GET', path: '/', access: 'operator', handle: page } as const
    const { call } = await startRelay({ tokens: TOKENS, moreRoutes: [route] })
    expect((await call('GET', '/')).status).toBe(401)
    const headers = { Authorization: `Bearer ${OPERATOR}` }
    expect((await call('GET', '/', { headers })).text).toBe('page')
    expect((await call('PUT', '/')).headers.allow).toBe('POST, GET, HEAD')
  })
})

describe('without tokens', () => {
  it.each(['localhost', 'LOCALHOST:1', '127.0.0.1:8080', '127.9.9.9', '[::1]', '[::1]:8080'])(
    'takes Host %s',
    async (host) => {
      const { call } = await startRelay()
      expect((await call('GET', '/healthz', { headers: { Host: host } })).status).toBe(200)
    },
  )

  it.each([
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.evil.example',
    '10.0.0.1',
    '[::2]',
  ])('refuses Host %s, and queues nothing', async (host) => {
    const { call, ports } = await startRelay()
    const reply = await call('POST', '/', { headers: { Host: host }, body: BODY })
    expect([reply.status, reply.json]).toMatchObject([
      403,
      { detail: expect.stringContaining('Host') },
    ])
    expect(ports.queue.events).toEqual([])
  })

  it.each(['user@localhost', 'local host', 'localhost:99999', 'a/b'])(
    'refuses Host %j as no host',
    async (host) => {
      const { server } = await startRelay()
      const said = await speak(
        server.port,
        `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      )
      expect(said).toMatch(/^HTTP\/1\.1 40[03] /)
    },
  )

  it('refuses the address of another server in the request line', async () => {
    const { server } = await startRelay()
    const said = await speak(
      server.port,
      'GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    )
    expect(said).toMatch(/^HTTP\/1\.1 403 /)
  })

  it.each(['https://evil.example', 'null', 'http://localhost.evil.example', 'file://', 'nonsense'])(
    'refuses Origin %s',
    async (origin) => {
      const { call, ports } = await startRelay()
      const reply = await call('POST', '/', { headers: { Origin: origin }, body: BODY })
      expect([reply.status, reply.json]).toMatchObject([
        403,
        { detail: expect.stringContaining('Origin') },
      ])
      expect(ports.queue.events).toEqual([])
    },
  )

  it('takes an Origin of this machine', async () => {
    const { call } = await startRelay()
    const headers = { Origin: 'http://localhost:3000' }
    expect((await call('GET', '/healthz', { headers })).status).toBe(200)
  })

  it('listens on loopback only', async () => {
    const { deps } = await startRelay()
    const listening = createServer(deps).listen({ port: 0, host: '0.0.0.0' })
    await expect(listening).rejects.toThrow('without --tokens')
  })

  it('does not mind Host and Origin once there are tokens', async () => {
    const { call } = await startRelay({ tokens: TOKENS })
    const headers = { Host: 'relay.example', Origin: 'https://relay.example' }
    expect((await call('GET', '/healthz', { headers })).status).toBe(200)
  })
})

describe('limits', () => {
  const HEAD = 'POST / HTTP/1.1\r\nHost: localhost\r\n'

  it('answers a Content-Length that is too much before any of the body comes', async () => {
    const { server, ports } = await startRelay()
    const said = await speak(server.port, `${HEAD}Content-Length: 3145729\r\n\r\n`)
    expect(said).toMatch(/^HTTP\/1\.1 413 /)
    expect(ports.queue.events).toEqual([])
  })

  it('answers a chunked body as soon as it is too much, and hangs up', async () => {
    const { server } = await startRelay()
    const chunk = `${(2 ** 20).toString(16)}\r\n${'x'.repeat(2 ** 20)}\r\n`
    const started = Date.now()
    const said = await speak(
      server.port,
      `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(4)}`,
    )
    expect(said).toMatch(/^HTTP\/1\.1 413 /)
    expect(said).toContain('application/problem+json')
    expect(Date.now() - started).toBeLessThan(3_000)
  })

  it('is not harmed by a client that goes away', async () => {
    const { server, call, logged, ports } = await startRelay()
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => {
        socket.write(`${HEAD}Content-Length: 1000\r\n\r\n{"involvedObject":`)
        setTimeout(() => socket.resetAndDestroy(), 50)
      })
      socket.on('close', () => resolve())
    })
    await wait(50)
    expect((await call('POST', '/', { body: BODY })).status).toBe(202)
    expect(ports.queue.events).toHaveLength(1)
    expect(logged()).toBe('')
  })

  it.each([
    ['garbage', 'garbage\r\n\r\n', 400],
    ['two lengths', `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`, 400],
    ['no Host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['no Host under HTTP/1.0', 'GET /healthz HTTP/1.0\r\n\r\n', 400],
    ['big headers', `${HEAD}X-Big: ${'x'.repeat(17_000)}\r\n\r\n`, 431],
    ['a bad chunk', `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
  ])('refuses %s', async (_, bytes, status) => {
    const { server, call } = await startRelay()
    expect(await speak(server.port, bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect((await call('GET', '/healthz')).status).toBe(200)
  })

  it('does not wait for a slow request for ever', async () => {
    const { server } = await startRelay({}, { requestTimeoutMs: 200 })
    const said = await speak(server.port, `${HEAD}Content-Length: 10\r\n\r\n{`)
    expect(said === '' || said.startsWith('HTTP/1.1 4')).toBe(true)
  })

  it('keeps a connection for the next request', async () => {
    const { server } = await startRelay()
    const request = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n'
    const said = await speak(server.port, `${request}\r\n${request}Connection: close\r\n\r\n`)
    expect(said.match(/HTTP\/1\.1 200 /g)).toHaveLength(2)
  })
})

describe('failures', () => {
  it('are 500 without internals, and logged', async () => {
    const { call, ports, logged } = await startRelay({ tokens: TOKENS })
    ports.ledger.failure = new Error('no such table: ledger')
    const headers = { Authorization: `Bearer ${OPERATOR}` }
    const reply = await call('GET', '/v1/deliveries/some-id', { headers })
    expect([reply.status, reply.json]).toMatchObject([500, { title: 'Internal Server Error' }])
    expect(reply.text).not.toContain('table')
    expect(logged()).toContain('no such table')
    expect(JSON.parse(logged())).toMatchObject({ level: 'error', path: '/v1/deliveries/:id' })
  })

  it('never show a credential, in an answer or in the log', async () => {
    const { call, ports, deps, logged } = await startRelay({ tokens: TOKENS })
    const texts: string[] = []
    const failure = new Error('down')
    for (const store of [undefined, failure]) {
      ports.queue.failure = store
      ports.ledger.failure = store
      for (const path of ['/', '/v1/clusters/prod/events', '/v1/deliveries', deps.echo.path]) {
        for (const token of [PROD, OPERATOR, `wrong-${PROD}`]) {
          const headers = { Authorization: `Bearer ${token}` }
          const replies = [
            await call('GET', path, { headers }),
            await call('POST', path, { headers, body: BODY }),
          ]
          texts.push(...replies.map(({ text, headers }) => text + JSON.stringify(headers)))
        }
      }
    }
    texts.push(logged(), await deps.metrics.text())
    const key = deps.echo.path.slice('/echo/'.length)
    for (const secret of [PROD, OPERATOR, key]) expect(texts.join('\n')).not.toContain(secret)
  })
})

describe('close', () => {
  const slowRoute = (handle: () => Promise<Response>) => ({
    moreRoutes: [{ method: 'GET', path: '/slow', access: 'anyone', handle } as const],
  })

  it('lets a running request finish, and takes no new one', async () => {
    const { server, call } = await startRelay(
      slowRoute(async () => {
        await wait(300)
        return new Response('done')
      }),
    )
    const idle = connect(server.port, '127.0.0.1')
    idle.on('error', () => undefined)
    const running = call('GET', '/slow', { headers: { Connection: 'keep-alive' } })
    await wait(100)
    const closing = server.close(5_000)
    await expect(call('GET', '/healthz')).rejects.toThrow('ECONNREFUSED')
    expect((await running).text).toBe('done')
    await closing
    idle.destroy()
  })

  it('cuts off what is not done in time', async () => {
    const { server, call } = await startRelay(slowRoute(() => new Promise(() => undefined)))
    const running = call('GET', '/slow').catch((error: Error) => error.message)
    await wait(100)
    const started = Date.now()
    await server.close(200)
    expect(Date.now() - started).toBeLessThan(2_000)
    expect(await running).toMatch(/hang up|ECONNRESET/)
  })

  it('names a port that is taken', async () => {
    const { server, deps } = await startRelay()
    const again = createServer(deps).listen({ port: server.port, host: '127.0.0.1' })
    await expect(again).rejects.toThrow('EADDRINUSE')
  })
})
