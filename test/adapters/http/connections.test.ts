import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { failure, PATIENT, post, testClient } from '../../support/http-client.ts'
import { startHttpServer, startServer } from '../../support/servers.ts'

const NO_CONTENT = 'HTTP/1.1 204 No Content\r\n\r\n'

describe('connections', () => {
  it('are used again', async () => {
    const { port, sockets } = await startHttpServer((_request, response) => response.end('ok'))
    const client = testClient()
    for (let sent = 0; sent < 5; sent += 1) {
      const result = await client.send(post(`http://127.0.0.1:${port}/${sent}`), PATIENT)
      expect(result).toMatchObject({ status: 200 })
    }
    expect(sockets).toHaveLength(1)
  })

  it('are at most so many per destination, and further requests wait', async () => {
    let atOnce = 0
    let most = 0
    const { port, sockets } = await startHttpServer((_request, response) => {
      atOnce += 1
      most = Math.max(most, atOnce)
      setTimeout(() => {
        atOnce -= 1
        response.end()
      }, 5)
    })
    const client = testClient({ connectionsPerOrigin: 3 })
    const url = `http://127.0.0.1:${port}/`
    const results = await Promise.all(
      Array.from({ length: 20 }, () => client.send(post(url), PATIENT)),
    )
    expect(results.every((result) => result.kind === 'response')).toBe(true)
    expect(most).toBe(3)
    expect(sockets).toHaveLength(3)
  })

  it('that were closed while idle are replaced without a failure', async () => {
    const { port, sockets } = await startHttpServer((_request, response) => response.end('ok'))
    const client = testClient()
    const send = () => client.send(post(`http://127.0.0.1:${port}/`), PATIENT)
    expect(await send()).toMatchObject({ status: 200 })
    sockets[0]?.destroy()
    expect(await send()).toMatchObject({ status: 200 })
    expect(sockets).toHaveLength(2)
  })

  it('that close upon a second request are a reset, and the request is not sent again', async () => {
    let requests = 0
    const { port, sockets } = await startServer((socket) =>
      socket.on('data', () => {
        requests += 1
        if (requests === 1) socket.write(NO_CONTENT)
        else socket.destroy()
      }),
    )
    const client = testClient()
    const send = () => client.send(post(`http://127.0.0.1:${port}/`), PATIENT)
    expect(await send()).toMatchObject({ status: 204 })
    expect(await send()).toMatchObject(failure('reset', true))
    expect(requests).toBe(2)
    expect(sockets).toHaveLength(1)
  })

  it('of the pool unused for longest are closed beyond the bound', async () => {
    const start = () => startHttpServer((_request, response) => response.end('ok'))
    const [first, second, third] = [await start(), await start(), await start()]
    const client = testClient({ maxPools: 2 })
    const send = ({ port }: { port: number }) =>
      client.send(post(`http://127.0.0.1:${port}/`), PATIENT)
    await send(first)
    await send(second)
    await send(first)
    const [socket] = second.sockets
    if (socket === undefined) throw new Error('no connection to the second server')
    const closed = once(socket, 'close')
    await send(third)
    await closed
    await send(first)
    expect(first.sockets).toHaveLength(1)
    await send(second)
    expect(second.sockets).toHaveLength(2)
  })

  it('of a cluster are not closed for the many of another one', async () => {
    const start = () => startHttpServer((_request, response) => response.end('ok'))
    const servers = await Promise.all(Array.from({ length: 5 }, start))
    const client = testClient({ maxPools: 4 })
    const send = ({ port }: { port: number }, cluster: string) =>
      client.send(post(`http://127.0.0.1:${port}/`), { ...PATIENT, cluster })
    const [quiet] = servers
    if (quiet === undefined) throw new Error('no server')
    await send(quiet, 'quiet')
    for (const server of [...servers, ...servers]) await send(server, 'loud')
    const before = quiet.sockets.length
    await send(quiet, 'quiet')
    expect(quiet.sockets).toHaveLength(before)
  })

  it('of two clusters to one server are not the same', async () => {
    const server = await startHttpServer((_request, response) => response.end('ok'))
    const client = testClient()
    for (const cluster of ['a', 'b', 'a']) {
      const url = `http://127.0.0.1:${server.port}/`
      expect(await client.send(post(url), { ...PATIENT, cluster })).toMatchObject({ status: 200 })
    }
    expect(server.sockets).toHaveLength(2)
  })

  it('of an evicted pool finish the request they are on', async () => {
    const waiting: Array<() => void> = []
    const slow = await startHttpServer((_request, response) => {
      waiting.push(() => response.end('late'))
      if (waiting.length === 1) arrived.resolve()
    })
    const arrived = Promise.withResolvers<void>()
    const other = await startHttpServer((_request, response) => response.end('ok'))
    const client = testClient({ maxPools: 1 })
    const pending = client.send(post(`http://127.0.0.1:${slow.port}/`), PATIENT)
    await arrived.promise
    await client.send(post(`http://127.0.0.1:${other.port}/`), PATIENT)
    for (const answer of waiting) answer()
    expect(await pending).toMatchObject({ status: 200, body: 'late' })
  })

  it('are all closed by close, which waits for the requests under way', async () => {
    const arrived = Promise.withResolvers<() => void>()
    const { port, sockets } = await startHttpServer((_request, response) =>
      arrived.resolve(() => response.end('late')),
    )
    const client = testClient()
    const pending = client.send(post(`http://127.0.0.1:${port}/`), PATIENT)
    const answer = await arrived.promise
    const closed = client.close()
    answer()
    expect(await pending).toMatchObject({ body: 'late' })
    await closed
    const [socket] = sockets
    if (socket !== undefined && !socket.destroyed) await once(socket, 'close')
    expect(sockets).toHaveLength(1)
  })

  it('that are still being made are given up by close', async () => {
    const { port, sockets } = await startServer((socket) => socket.resume())
    const client = testClient()
    await client.send(post(`https://127.0.0.1:${port}/`), { timeoutMs: 2_000 })
    await client.close()
    const [socket] = sockets
    if (socket !== undefined && !socket.destroyed) await once(socket, 'close')
    expect(sockets).toHaveLength(1)
  })
})
