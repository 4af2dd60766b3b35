import { describe, expect, it } from 'vitest'
import { createServer } from '../../../hosts/embedded/server.ts'
import { textAnswer } from '../../../relay/api/answer.ts'
import { OPERATOR, PROD, speak, startRelay, TOKENS } from '../../support/embedded-server.ts'
import { fixtureJson } from '../../support/notifications.ts'

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
    const page = () => textAnswer('page')
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

  it('lets a page of this machine read', async () => {
    const { call } = await startRelay()
    const headers = { Origin: 'http://localhost:3000' }
    expect((await call('GET', '/healthz', { headers })).status).toBe(200)
  })

  it.each([
    ['POST', '/', 'localhost:8080', 'http://localhost:3000'],
    ['POST', '/v1/clusters/local/events', 'localhost:8080', 'http://localhost'],
    ['POST', '/v1/deliveries/x/replay', '127.0.0.1:8080', 'http://127.0.0.1:8081'],
    ['PUT', '/v1/clusters/prod-eu-1/config', '127.0.0.1:8080', 'http://localhost:8080'],
    ['PUT', '/v1/clusters/prod-eu-1/secrets/a/b', '[::1]:8080', 'http://127.0.0.1:8080'],
    ['DELETE', '/', 'localhost:8080', 'https://localhost:8080'],
    ['PATCH', '/', 'localhost', 'http://localhost:8080'],
  ])('refuses %s %s at %s by a page of %s', async (method, path, host, origin) => {
    const { call, ports } = await startRelay()
    const reply = await call(method, path, { headers: { Host: host, Origin: origin } })
    const detail = `Origin: expected http://${host} or none; the relay runs without --tokens`
    expect([reply.status, reply.json]).toMatchObject([403, { detail }])
    expect(ports.queue.events).toEqual([])
  })

  it.each([
    ['localhost:8080', 'http://localhost:8080'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['[::1]:8080', 'http://[::1]:8080'],
    ['localhost', 'http://localhost:80'],
  ])('takes a change at %s by its own page, %s', async (host, origin) => {
    const { call } = await startRelay()
    const headers = { Host: host, Origin: origin }
    expect((await call('POST', '/', { headers, body: BODY })).status).toBe(202)
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

describe('failures', () => {
  it('are 500 without internals, and logged', async () => {
    const { call, ports, logged } = await startRelay({ tokens: TOKENS })
    ports.ledger.failure = new Error('no such table: ledger')
    const headers = { Authorization: `Bearer ${OPERATOR}` }
    const reply = await call('GET', '/v1/deliveries/some-id', { headers })
    expect([reply.status, reply.json]).toMatchObject([500, { title: 'Internal Server Error' }])
    expect(reply.text).not.toContain('table')
    expect(logged()).toContain('no such table')
    expect(JSON.parse(logged())).toMatchObject({ level: 'error', path: '/v1/deliveries/{id}' })
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
