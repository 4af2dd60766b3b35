import { describe, expect, it, onTestFinished } from 'vitest'
import { startRelay, TOKENS } from '../../support/embedded-server.ts'
import { GoClient } from '../../support/go-client.ts'
import { fixtureJson } from '../../support/notifications.ts'

const EVENT = fixtureJson('kustomization-applied')
const BODY = JSON.stringify(EVENT)

function clientOf(port: number): GoClient {
  const client = new GoClient(port)
  onTestFinished(() => client.close())
  return client
}

describe('a Flux controller that posts to the relay', () => {
  it('uses one connection for all its events', async () => {
    const { server, ports } = await startRelay()
    const client = clientOf(server.port)
    for (let n = 0; n < 20; n += 1) {
      const { status, headers } = await client.post(
        '/',
        JSON.stringify({ ...EVENT, message: `${n}` }),
      )
      expect([status, headers.get('content-length')]).toEqual([202, '0'])
      expect(headers.has('transfer-encoding')).toBe(false)
    }
    expect(client.connections).toBe(1)
    expect(ports.queue.events).toHaveLength(20)
  })

  it('gets the same for an event that is known', async () => {
    const { server } = await startRelay()
    const client = clientOf(server.port)
    for (let n = 0; n < 3; n += 1) expect((await client.post('/', BODY)).status).toBe(202)
    expect(client.connections).toBe(1)
  })

  it.each(['/', '//', '///', '/../', '/?from=flux'])('finds the relay at %s', async (path) => {
    const { server, ports } = await startRelay()
    expect((await clientOf(server.port).post(path, BODY)).status).toBe(202)
    expect(ports.queue.events).toHaveLength(1)
  })

  it.each([
    '/v1/clusters/local/events',
    '/v1/clusters/local/events/',
    '//v1/clusters/local/events',
    '/v1//clusters/local///events//',
  ])('may write the path of its cluster as %s', async (path) => {
    const { server, ports } = await startRelay()
    expect((await clientOf(server.port).post(path, BODY)).status).toBe(202)
    expect(ports.queue.events).toHaveLength(1)
  })

  it.each([
    ['a path that is none', '/events', BODY, {}],
    ['a cluster that is none', '/v1/clusters//events', BODY, {}],
    ['no JSON', '/', 'x', {}],
    ['a batch', '/', `[${BODY}]`, {}],
    ['a bad Host', '/', BODY, { Host: 'relay.example.com' }],
    ['another encoding', '/', BODY, { 'Content-Encoding': 'br' }],
  ])('is neither redirected nor told to slow down for %s', async (_, path, body, headers) => {
    const { server } = await startRelay()
    const answer = await clientOf(server.port).post(path, body, headers)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).not.toBe(429)
    expect(answer.headers.has('location')).toBe(false)
  })

  it.each(['/', '/v1/clusters/prod/events'])(
    'is refused once without a token, at %s',
    async (path) => {
      const { server } = await startRelay({ tokens: TOKENS })
      expect((await clientOf(server.port).post(path, BODY)).status).toBe(401)
    },
  )

  // The recorder waits as long as Retry-After says, and a worker of its controller with it.
  it.each(['/', '/v1/clusters/local/events'])(
    'is not made to wait by a 503, at %s',
    async (path) => {
      const { server, ports } = await startRelay()
      ports.queue.failure = new Error('disk I/O error')
      const { status, headers } = await clientOf(server.port).post(path, BODY)
      expect(status).toBe(503)
      expect(Number(headers.get('retry-after') ?? 0)).toBeLessThanOrEqual(1)
    },
  )
})
