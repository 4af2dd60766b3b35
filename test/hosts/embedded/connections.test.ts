import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createServer } from '../../../hosts/embedded/server.ts'
import type { ServerLimits } from '../../../hosts/kit/http-server.ts'
import { type Answer, textAnswer } from '../../../relay/api/answer.ts'
import { speak, startRelay } from '../../support/embedded-server.ts'
import { fixtureJson } from '../../support/notifications.ts'
import { gate } from '../../support/recording-sink.ts'
import { waitFor } from '../../support/wait-for.ts'

const BODY = JSON.stringify(fixtureJson('kustomization-applied'))

/** Longer than a test may take, so that what waits for it fails. */
const LONG_MS = 60_000

/** Hears of the responses that a server begins. */
function onResponse(heard: (response: ServerResponse) => void): void {
  const hear = (message: unknown) => heard((message as { response: ServerResponse }).response)
  // https://nodejs.org/api/diagnostics_channel.html#http
  subscribe('http.server.request.start', hear)
  onTestFinished(() => void unsubscribe('http.server.request.start', hear))
}

describe('limits', () => {
  const HEAD = 'POST / HTTP/1.1\r\nHost: localhost\r\n'

  it('answers a Content-Length that is too much before any of the body comes', async () => {
    const { server, ports } = await startRelay()
    const said = await speak(server.port, `${HEAD}Content-Length: 3145729\r\n\r\n`)
    expect(said).toMatch(/^HTTP\/1\.1 413 /)
    expect(ports.queue.events).toEqual([])
  })

  it('takes requests of HTTP/1.0 that name no host, as health checks of load balancers are', async () => {
    const { server, ports } = await startRelay()
    const probed = await speak(server.port, 'GET /healthz HTTP/1.0\r\n\r\n')
    expect(probed).toMatch(/^HTTP\/1\.1 200 /)
    const head = `POST / HTTP/1.0\r\nContent-Length: ${Buffer.byteLength(BODY)}\r\n\r\n`
    expect(await speak(server.port, head + BODY)).toMatch(/^HTTP\/1\.1 202 /)
    expect(ports.queue.events).toHaveLength(1)
  })

  it('answers a chunked body as soon as it is too much, and hangs up', async () => {
    const { server } = await startRelay()
    const chunk = `${(2 ** 20).toString(16)}\r\n${'x'.repeat(2 ** 20)}\r\n`
    const said = await speak(
      server.port,
      `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(4)}`,
    )
    expect(said).toMatch(/^HTTP\/1\.1 413 /)
    expect(said).toContain('application/problem+json')
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
    expect((await call('POST', '/', { body: BODY })).status).toBe(202)
    expect(ports.queue.events).toHaveLength(1)
    expect(logged()).not.toContain('"level":"error"')
  })

  it('ends the connection alone when an answer cannot be sent, and says why in the log', async () => {
    const cancelled = gate()
    const stream = new ReadableStream<Uint8Array>({ cancel: cancelled.open })
    const headers = { 'X-Broken': 'two\nlines' }
    const { server, call, logged } = await startRelay({
      moreRoutes: [
        {
          ...{ method: 'GET', path: '/broken/{key}', access: 'anyone' },
          handle: ({ parameters }) => ({
            ...{ ...textAnswer(''), headers },
            ...(parameters.key === 'stream' && { stream }),
          }),
        },
      ],
    })
    for (const key of ['text', 'stream']) {
      const head = `GET /broken/${key} HTTP/1.1\r\nHost: localhost\r\n\r\n`
      expect(await speak(server.port, head)).toBe('')
    }
    await cancelled.opened
    expect(logged().match(/"path":"\/broken\/{key}"/g)).toHaveLength(2)
    expect(logged()).toContain('Invalid character in header content')
    expect((await call('GET', '/healthz')).status).toBe(200)
  })

  it('ends a stream of which a client takes nothing, and none of which it does', async () => {
    const cancelled = gate()
    const chunk = new Uint8Array(64 * 1024)
    const forever = (onEnd: () => void) =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(chunk),
        cancel: onEnd,
      })
    const { server } = await startRelay(
      {
        moreRoutes: [
          {
            ...{ method: 'GET', path: '/stream', access: 'anyone' },
            handle: () => ({ ...textAnswer(''), stream: forever(cancelled.open) }),
          },
        ],
      },
      { unreadTimeoutMs: 300 },
    )
    const open = () => {
      const socket = connect(server.port, '127.0.0.1')
      onTestFinished(() => void socket.destroy())
      socket.write('GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
      return socket
    }
    const reading = open()
    let read = 0
    reading.on('data', ({ length }) => {
      read += length
    })
    open().pause()
    await cancelled.opened
    const before = read
    await waitFor(() => expect(read).toBeGreaterThan(before + 1_000_000))
    expect(reading.destroyed).toBe(false)
  })

  it('does not wait for a client that leaves the end of a stream unread, when it stops', async () => {
    const full = gate()
    let parts = 0
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        parts += 1
        // More than the system keeps for a client that reads nothing.
        if (parts === 200) controller.close()
        else controller.enqueue(new Uint8Array(64 * 1024))
        if (parts === 20) full.open()
      },
    })
    const { server } = await startRelay({
      moreRoutes: [
        {
          ...{ method: 'GET', path: '/stream', access: 'anyone' },
          handle: () => ({ ...textAnswer(''), stream }),
        },
      ],
    })
    const socket = connect(server.port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => {})
    socket.write('GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
    socket.pause()
    await full.opened
    const startedAt = performance.now()
    await server.close(20_000)
    expect(performance.now() - startedAt).toBeLessThan(15_000)
  })

  describe('an answer of which a client reads nothing', () => {
    /** Asks for more than the system keeps for a client that reads nothing. */
    async function asked(made: Promise<void>, limits: Partial<ServerLimits> = {}) {
      const asked = gate()
      const closed = gate()
      const { server } = await startRelay(
        {
          moreRoutes: [
            {
              ...{ method: 'GET', path: '/large', access: 'anyone' },
              async handle() {
                asked.open()
                await made
                return textAnswer('x'.repeat(32 * 1024 * 1024))
              },
            },
          ],
        },
        limits,
      )
      onResponse((response) => response.once('close', closed.open))
      const socket = connect(server.port, '127.0.0.1')
      onTestFinished(() => void socket.destroy())
      socket.on('error', () => {})
      socket.write('GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n')
      await asked.opened
      return { server, socket, closed }
    }

    async function unread(limits?: Partial<ServerLimits>) {
      const { server, socket, closed } = await asked(Promise.resolve(), limits)
      const [first] = await once(socket, 'data')
      socket.pause()
      return { server, socket, closed, read: first.length }
    }

    it('is given up', async () => {
      const { closed } = await unread({ unreadTimeoutMs: 300 })
      await closed.opened
    })

    it('does not keep the server from stopping', async () => {
      const { server } = await unread()
      const startedAt = performance.now()
      await server.close(20_000)
      expect(performance.now() - startedAt).toBeLessThan(15_000)
    })

    it('does not keep the server from stopping when it is made only then', async () => {
      const made = gate()
      const { server, socket } = await asked(made.opened)
      socket.pause()
      const startedAt = performance.now()
      const closed = server.close(20_000)
      made.open()
      await closed
      expect(performance.now() - startedAt).toBeLessThan(15_000)
    })

    it('arrives whole when the server stops meanwhile and the client reads on', async () => {
      const { server, socket, ...begun } = await unread()
      let { read } = begun
      socket.on('data', ({ length }) => {
        read += length
        // No faster than a slow line.
        socket.pause()
        setTimeout(() => socket.resume(), 5)
      })
      socket.resume()
      await server.close(20_000)
      await waitFor(() => expect(read).toBeGreaterThan(32 * 1024 * 1024))
    })
  })

  it('ends a stream whose client went away before it began', async () => {
    const asked = gate()
    const gone = gate()
    const cancelled = gate()
    const { server, call } = await startRelay({
      moreRoutes: [
        {
          ...{ method: 'GET', path: '/stream', access: 'anyone' },
          async handle() {
            asked.open()
            await gone.opened
            const stream = new ReadableStream<Uint8Array>({ cancel: cancelled.open })
            return { ...textAnswer(''), stream }
          },
        },
      ],
    })
    onResponse((response) => response.once('close', gone.open))
    const client = connect(server.port, '127.0.0.1')
    client.write('GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await asked.opened
    client.resetAndDestroy()
    await cancelled.opened
    expect((await call('GET', '/healthz')).status).toBe(200)
  })

  it.each([
    ['garbage', 'garbage\r\n\r\n', 400],
    ['two lengths', `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`, 400],
    ['no Host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
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
  /** A relay with a request that is under way. */
  async function withRequest(handle: () => Promise<Answer>) {
    const called = gate()
    const slow = () => {
      called.open()
      return handle()
    }
    const { server, call } = await startRelay({
      moreRoutes: [{ method: 'GET', path: '/slow', access: 'anyone', handle: slow }],
    })
    const running = call('GET', '/slow', { headers: { Connection: 'keep-alive' } })
    running.catch(() => undefined)
    await called.opened
    return { server, call, running }
  }

  it('lets a running request finish, and takes no new one', async () => {
    const done = gate()
    const { server, call, running } = await withRequest(async () => {
      await done.opened
      return textAnswer('done')
    })
    const idle = connect(server.port, '127.0.0.1')
    idle.on('error', () => undefined)
    await once(idle, 'connect')
    const closing = server.close(LONG_MS)
    await expect(call('GET', '/healthz')).rejects.toThrow('ECONNREFUSED')
    done.open()
    expect((await running).text).toBe('done')
    await closing
    idle.destroy()
  })

  it('does not wait for a connection that is kept alive', async () => {
    const { server } = await startRelay()
    const kept = connect(server.port, '127.0.0.1')
    const closed = once(kept, 'close')
    kept.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const [said] = await once(kept, 'data')
    expect(String(said)).toMatch(/^HTTP\/1\.1 200 /)
    await server.close(LONG_MS)
    await closed
  })

  it('cuts off what is not done in time', async () => {
    const { server, running } = await withRequest(() => new Promise(() => undefined))
    await server.close(200)
    await expect(running).rejects.toThrow(/hang up|ECONNRESET/)
  })

  it('names a port that is taken', async () => {
    const { server, deps } = await startRelay()
    const again = createServer(deps).listen({ port: server.port, host: '127.0.0.1' })
    await expect(again).rejects.toThrow('EADDRINUSE')
  })
})
