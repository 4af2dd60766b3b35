import { describe, expect, it } from 'vitest'
import { deliveryRecord } from '../../support/delivery-records.ts'
import {
  bearer,
  OPERATOR,
  PROD,
  startRelay,
  TOKENS,
  VIEWER,
} from '../../support/embedded-server.ts'

const CONFIG = JSON.stringify({ takenAt: '2026-11-20T09:14:03Z', alerts: [], providers: [] })
const PROD_CONFIG = '/v1/clusters/prod/config'

describe('/v1/clusters/{cluster}/config', () => {
  it('is put by the cluster, and read by the cluster and operators', async () => {
    const { call } = await startRelay({ tokens: TOKENS })
    const put = await call('PUT', PROD_CONFIG, { body: CONFIG, headers: bearer(PROD) })
    expect([put.status, put.json]).toEqual([200, { revision: expect.any(String), objects: [] }])
    for (const token of [PROD, OPERATOR]) {
      const shown = await call('GET', PROD_CONFIG, { headers: bearer(token) })
      expect([shown.status, shown.json]).toMatchObject([200, { cluster: 'prod', alerts: [] }])
    }
  })

  it('is nobody else’s', async () => {
    const { call, ports } = await startRelay({ tokens: TOKENS })
    for (const headers of [{}, bearer('staging-token'), bearer(OPERATOR)]) {
      const put = await call('PUT', PROD_CONFIG, { body: CONFIG, headers })
      expect([put.status, put.headers['www-authenticate']]).toEqual([401, 'Bearer'])
    }
    const get = await call('GET', PROD_CONFIG, { headers: bearer('staging-token') })
    expect(get.status).toBe(401)
    expect(await ports.configs.read('prod')).toBeUndefined()
  })

  it.each([
    ['without tokens', {}, {}],
    [
      'with tokens',
      { tokens: { operators: [], clusters: new Map([['local', ['t']]]) } },
      bearer('t'),
    ],
  ])('is the manifests folder’s for its own cluster %s', async (_, changes, headers) => {
    const { call } = await startRelay(changes)
    const reply = await call('PUT', '/v1/clusters/local/config', { body: CONFIG, headers })
    expect(reply.status).toBe(409)
    expect(reply.json).toMatchObject({
      type: 'config-owned',
      // Word for word: shippers of commit 591c4aa know it by this text.
      detail: 'the manifests folder owns the configuration of local; change it there',
    })
  })

  it('is a 404 before there is one, and a 413 over 6 MiB', async () => {
    const { call } = await startRelay()
    expect((await call('GET', PROD_CONFIG)).status).toBe(404)
    const body = Buffer.alloc(6 * 1024 * 1024 + 1, ' ')
    expect((await call('PUT', PROD_CONFIG, { body })).status).toBe(413)
    expect((await call('PUT', PROD_CONFIG, { body: '{}' })).json).toMatchObject({
      errors: expect.arrayContaining([{ field: 'takenAt', message: expect.any(String) }]),
    })
  })
})

describe('/v1/deliveries', () => {
  it('lists, shows and replays', async () => {
    const { call, ports } = await startRelay({ tokens: TOKENS })
    const headers = bearer(OPERATOR)
    ports.ledger.put(deliveryRecord({ outcome: 'dead' }))
    expect((await call('GET', '/v1/deliveries?outcome=dead', { headers })).json).toMatchObject({
      deliveries: [{ id: 'delivery-1', acceptedAt: '2026-11-20T09:14:03.000Z' }],
    })
    const replayed = await call('POST', '/v1/deliveries/delivery-1/replay', { headers })
    expect([replayed.status, replayed.json]).toMatchObject([
      202,
      { id: 'delivery-1', outcome: 'retry', attempt: 2 },
    ])
    expect(ports.queue.retries).toContainEqual(
      expect.objectContaining({ deliveryId: 'delivery-1', attempt: 2 }),
    )
    const shown = await call('GET', '/v1/deliveries/delivery-1', { headers })
    expect(shown.json).toEqual(replayed.json)
    expect(shown.json).not.toHaveProperty('version')
  })

  it('names a bad parameter, and an id that is not there', async () => {
    const { call } = await startRelay()
    const bad = await call('GET', '/v1/deliveries?limit=0')
    expect([bad.status, bad.json]).toMatchObject([400, { errors: [{ field: 'limit' }] }])
    expect((await call('GET', '/v1/deliveries/none')).status).toBe(404)
    expect((await call('POST', '/v1/deliveries/none/replay')).status).toBe(404)
  })

  it.each([
    ['GET', '/v1/deliveries'],
    ['GET', '/v1/deliveries/delivery-1'],
    ['POST', '/v1/deliveries/delivery-1/replay'],
    ['POST', '/v1/deliveries/delivery-1/dismiss'],
    ['GET', '/echo'],
  ])('%s %s is for operators', async (method, path) => {
    const { call } = await startRelay({ tokens: TOKENS })
    for (const headers of [{}, bearer(PROD), { Authorization: `Basic ${btoa(`x:${OPERATOR}`)}` }]) {
      expect((await call(method, path, { headers })).status).toBe(401)
    }
    expect((await call(method, path, { headers: bearer('operator-token-2') })).status).not.toBe(401)
  })
})

describe('a viewer', () => {
  it.each([
    '/v1/deliveries',
    '/v1/deliveries/delivery-1',
    '/v1/events',
    '/v1/quarantine',
    '/v1/clusters/prod/config',
    '/echo',
  ])('reads %s as an operator does', async (path) => {
    const { call, ports } = await startRelay({ tokens: TOKENS })
    ports.ledger.put(deliveryRecord({ outcome: 'dead' }))
    const [viewed, operated] = await Promise.all(
      [VIEWER, OPERATOR].map((token) => call('GET', path, { headers: bearer(token) })),
    )
    expect(viewed).toMatchObject({ status: operated?.status, json: operated?.json })
    expect([401, 403]).not.toContain(viewed?.status)
  })

  it.each([
    ['/v1/deliveries/delivery-1/replay'],
    ['/v1/deliveries/none/replay'],
    ['/v1/deliveries/delivery-1/dismiss'],
    ['/v1/quarantine/replay'],
  ])('is refused POST %s, and nothing changes', async (path) => {
    const { call, ports } = await startRelay({ tokens: TOKENS })
    ports.ledger.put(deliveryRecord({ outcome: 'dead' }))
    const { status, json } = await call('POST', path, { headers: bearer(VIEWER) })
    expect([status, json]).toMatchObject([
      403,
      { type: 'viewer-only', detail: expect.stringContaining('vic has the role viewer') },
    ])
    expect(ports.queue.retries).toEqual([])
  })

  it('may explain an event, and may not send a configuration', async () => {
    const { call } = await startRelay({ tokens: TOKENS })
    const headers = bearer(VIEWER)
    expect((await call('POST', '/v1/explain', { headers, body: '{' })).status).toBe(400)
    const put = await call('PUT', '/v1/clusters/prod/config', { headers, body: '{}' })
    expect(put.status).toBe(401)
  })
})

describe('a replay', () => {
  it('is recorded with the name of who asked for it, as far as there is one', async () => {
    const { call, ports } = await startRelay({ tokens: TOKENS })
    ports.ledger.put(deliveryRecord({ outcome: 'dead' }))
    const replay = (token: string) =>
      call('POST', '/v1/deliveries/delivery-1/replay', { headers: bearer(token) })
    expect((await replay(OPERATOR)).json).not.toHaveProperty('replayedBy')
    const at = '2026-11-20T09:14:03.000Z'
    const expected = { replayedAt: [at, at], replayedBy: [{ at, by: 'ann' }] }
    expect((await replay('operator-token-2')).json).toMatchObject(expected)
    const shown = await call('GET', '/v1/deliveries/delivery-1', { headers: bearer(VIEWER) })
    expect(shown.json).toMatchObject(expected)
  })
})

describe('probes', () => {
  it('are open to all', async () => {
    const { call } = await startRelay({ tokens: TOKENS })
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      expect((await call('GET', path)).status, path).toBe(200)
    }
    expect((await call('GET', '/metrics')).headers['content-type']).toContain('version=0.0.4')
  })

  it('say why the relay is not ready', async () => {
    const { call } = await startRelay({ ready: () => 'the manifests are not read yet' })
    expect((await call('GET', '/healthz')).status).toBe(200)
    const reply = await call('GET', '/readyz')
    expect([reply.status, reply.json]).toMatchObject([
      503,
      { detail: 'the manifests are not read yet' },
    ])
  })
})

describe('echo', () => {
  it('keeps the latest bodies, newest first', async () => {
    const { call, deps } = await startRelay()
    const post = (body: string, type: string) =>
      call('POST', deps.echo.path, { body, headers: { 'Content-Type': type } })
    expect(await post('{"text":"hello"}', 'application/json')).toMatchObject({
      status: 200,
      text: 'ok',
    })
    await post('plain', 'text/plain')
    expect((await call('GET', '/echo')).json).toEqual([
      {
        receivedAt: '2026-11-20T09:14:03.000Z',
        contentType: 'text/plain',
        body: 'plain',
        isCut: false,
      },
      expect.objectContaining({ body: { text: 'hello' } }),
    ])
  })

  it('keeps fifty, and 64 kB of each', async () => {
    const { call, deps } = await startRelay()
    for (let n = 0; n < 55; n++) deps.echo.take(Buffer.from(`${n}`), '')
    await call('POST', deps.echo.path, { body: 'x'.repeat(70_000) })
    const list = deps.echo.list()
    expect(list).toHaveLength(50)
    expect(list[0]).toMatchObject({ isCut: true, body: 'x'.repeat(64 * 1024) })
    expect(list[49]).toMatchObject({ body: 6 })
  })

  it('shows nesting that no writer of JSON survives as text', async () => {
    const { call, deps } = await startRelay()
    await call('POST', deps.echo.path, { body: `${'['.repeat(20_000)}${']'.repeat(20_000)}` })
    expect((await call('GET', '/echo')).status).toBe(200)
  })

  it('takes nothing under a wrong key, and its key is its credential', async () => {
    const { call, deps } = await startRelay({ tokens: TOKENS })
    expect((await call('POST', '/echo/wrong', { body: 'x' })).status).toBe(404)
    expect(deps.echo.list()).toEqual([])
    expect((await call('POST', deps.echo.path, { body: 'x' })).status).toBe(200)
    expect((await call('POST', deps.echo.path, { body: 'x'.repeat(2 ** 20 + 1) })).status).toBe(413)
  })
})

describe('a dismissal', () => {
  const path = '/v1/deliveries/delivery-1/dismiss'

  it('is recorded with the name of who asked for it, and why', async () => {
    const { call, ports } = await startRelay({ tokens: TOKENS })
    ports.ledger.put(deliveryRecord({ outcome: 'dead', reason: 'HTTP 404' }))
    const headers = bearer('operator-token-2')
    const body = JSON.stringify({ comment: ' the channel is gone ' })
    const dismissed = await call('POST', path, { headers, body })
    expect([dismissed.status, dismissed.json]).toMatchObject([
      200,
      {
        ...{ outcome: 'dismissed', reason: 'HTTP 404' },
        dismissal: { at: '2026-11-20T09:14:03.000Z', by: 'ann', comment: 'the channel is gone' },
      },
    ])
    const list = async (outcome: string) =>
      (await call('GET', `/v1/deliveries?outcome=${outcome}`, { headers })).json
    expect(await list('dead')).toEqual({ deliveries: [] })
    expect(await list('dismissed')).toEqual({ deliveries: [dismissed.json] })
    expect(await list('dead,dismissed')).toEqual({ deliveries: [dismissed.json] })
  })

  it('needs no body', async () => {
    const { call, ports } = await startRelay()
    ports.ledger.put(deliveryRecord({ outcome: 'dead' }))
    const { status, json } = await call('POST', path)
    expect([status, json]).toMatchObject([200, { outcome: 'dismissed' }])
    expect(json).toHaveProperty('dismissal', { at: '2026-11-20T09:14:03.000Z' })
  })

  it.each([
    ['what is not dead', path, '{}', 409, 'not-dismissible'],
    ['what is not there', '/v1/deliveries/none/dismiss', '', 404, 'unknown-delivery'],
    ['a body that is no JSON', path, '{', 400, 'unreadable-body'],
    ['an empty comment', path, '{"comment":" "}', 400, 'not-valid'],
    ['a comment of no text', path, '{"comment":7}', 400, 'not-valid'],
    ['too long a comment', path, JSON.stringify({ comment: 'x'.repeat(501) }), 400, 'not-valid'],
    ['too large a body', path, JSON.stringify({ comment: 'x'.repeat(9_000) }), 413, 'too-large'],
  ])('refuses %s', async (_, to, body, status, type) => {
    const { call, ports } = await startRelay()
    const record = deliveryRecord()
    ports.ledger.put(record)
    expect(await call('POST', to, { body })).toMatchObject({ status, json: { type } })
    expect(await ports.ledger.show(record.id)).toEqual(record)
  })
})
