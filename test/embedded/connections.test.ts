import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createServer } from '../../embedded/server.ts'
import { speak, startRelay } from '../support/embedded-server.ts'
import { fixtureJson } from '../support/notifications.ts'

const BODY = JSON.stringify(fixtureJson('kustomization-applied'))

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
    const started = Date.now()
    const closing = server.close(5_000)
    await expect(call('GET', '/healthz')).rejects.toThrow('ECONNREFUSED')
    expect((await running).text).toBe('done')
    await closing
    expect(Date.now() - started).toBeLessThan(2_000)
    idle.destroy()
  })

  it('does not wait for a connection that is kept alive', async () => {
    const { server } = await startRelay()
    const kept = speak(server.port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await wait(100)
    const started = Date.now()
    await server.close(5_000)
    expect(Date.now() - started).toBeLessThan(2_000)
    expect(await kept).toMatch(/^HTTP\/1\.1 200 /)
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
