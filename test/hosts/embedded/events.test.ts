import { createHmac } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { MAX_EVENTS_BYTES } from '../../../relay/api/body.ts'
import { bearer, expectProblem, PROD, startRelay, TOKENS } from '../../support/embedded-server.ts'
import { fixtureJson } from '../../support/notifications.ts'

const EVENT = fixtureJson('kustomization-applied')
const BODY = JSON.stringify(EVENT)
const EVENTS = '/v1/clusters/local/events'

describe('POST /v1/clusters/{cluster}/events', () => {
  it('takes one event, an array, NDJSON and gzip', async () => {
    const { call, ports } = await startRelay()
    const other = (message: string) => JSON.stringify({ ...EVENT, message })
    const replies = [
      await call('POST', EVENTS, { body: BODY }),
      await call('POST', EVENTS, { body: `[${other('b')},${other('c')}]` }),
      await call('POST', EVENTS, {
        body: `${other('d')}\n${other('e')}\n`,
        headers: { 'Content-Type': 'application/x-ndjson' },
      }),
      await call('POST', EVENTS, {
        body: gzipSync(other('f')),
        headers: { 'Content-Encoding': 'gzip' },
      }),
    ]
    expect(replies.map(({ status, json }) => [status, json])).toEqual(
      [1, 2, 2, 1].map((accepted) => [202, { accepted, rejected: [] }]),
    )
    expect(ports.queue.events.map(({ cluster }) => cluster)).toEqual(Array(6).fill('local'))
  })

  it('takes the good part of a batch', async () => {
    const { call, ports } = await startRelay()
    const bad = { ...EVENT, involvedObject: { kind: 'Kustomization', namespace: 'a' } }
    const reply = await call('POST', EVENTS, { body: JSON.stringify([bad, EVENT]) })
    expect(reply.status).toBe(202)
    expect(reply.json).toEqual({
      accepted: 1,
      rejected: [{ index: 0, error: 'involvedObject.name: is missing, expected string' }],
    })
    expect(ports.queue.events).toHaveLength(1)
  })

  it.each([
    ['not JSON', 'nonsense', 400, 'not valid JSON'],
    ['a number', '7', 400, 'received a number'],
    ['no event', '[]', 400, 'no event'],
    ['nothing', '', 400, 'empty'],
    ['a wrong type', JSON.stringify({ ...EVENT, message: 5 }), 400, 'message: expected string'],
    ['a wrong time', JSON.stringify({ ...EVENT, timestamp: 'now' }), 400, 'timestamp: expected'],
    [
      'no object',
      JSON.stringify({ message: 'x' }),
      400,
      'involvedObject: is missing, expected object',
    ],
    ['too much', Buffer.alloc(MAX_EVENTS_BYTES + 1, 'x'), 413, '3 MiB'],
  ])('refuses %s', async (_, body, status, detail) => {
    const { call, ports } = await startRelay()
    expectProblem(await call('POST', EVENTS, { body }), status, detail)
    expect(ports.queue.events).toEqual([])
  })

  it.each([
    ['garbage', Buffer.from('x'), 'gzip', 400],
    ['a bomb', gzipSync(Buffer.alloc(20 * 1024 * 1024)), 'gzip', 413],
    ['another encoding', Buffer.from(BODY), 'br', 415],
  ])('refuses %s under a Content-Encoding', async (_, body, encoding, status) => {
    const { call, ports } = await startRelay()
    const reply = await call('POST', EVENTS, { body, headers: { 'Content-Encoding': encoding } })
    expectProblem(reply, status, '')
    expect(ports.queue.events).toEqual([])
  })

  it('is a 503 while the queue fails, which only the log explains', async () => {
    const { call, ports, logged } = await startRelay()
    ports.queue.failure = new Error('disk I/O error')
    const reply = await call('POST', EVENTS, { body: BODY })
    expectProblem(reply, 503, 'send the request again')
    expect(reply.text).not.toContain('disk')
    expect(logged()).toContain('disk I/O error')
  })

  it('counts what became of the events', async () => {
    const { call, deps } = await startRelay()
    await call('POST', EVENTS, { body: `[${BODY}, 1, 2]` })
    await call('POST', EVENTS, { body: BODY })
    const text = await deps.metrics.text()
    expect(text).toContain('flux_relay_events_accepted_total{cluster="local"} 1')
    expect(text).toContain('flux_relay_events_duplicate_total{cluster="local"} 1')
    expect(text).toContain('flux_relay_events_rejected_total{cluster="local"} 2')
  })

  it('knows only its own cluster and those with a configuration, without tokens', async () => {
    const { call, ports, deps } = await startRelay()
    const path = '/v1/clusters/prod/events'
    const reply = await call('POST', path, { body: BODY })
    expectProblem(reply, 404, "this relay's own is local")
    expect(ports.queue.events).toEqual([])
    const config = JSON.stringify({ takenAt: '2026-11-20T09:14:03Z', alerts: [], providers: [] })
    expect((await call('PUT', '/v1/clusters/prod/config', { body: config })).status).toBe(200)
    expect((await call('POST', path, { body: BODY })).status).toBe(202)
    expect(ports.queue.events).toMatchObject([{ cluster: 'prod' }])
    expect(await deps.metrics.text()).not.toContain('cluster="unknown"')
  })

  it.each(['Prod', 'a_b', '-a', 'a'.repeat(64), '%2e%2e%2fx', '%ff'])(
    'refuses %j as a cluster',
    async (name) => {
      const { call } = await startRelay()
      const reply = await call('POST', `/v1/clusters/${name}/events`, { body: BODY })
      expectProblem(reply, 400, 'cluster: expected a DNS label')
    },
  )
})

describe('POST /v1/clusters/{cluster}/events with tokens', () => {
  const path = '/v1/clusters/prod/events'
  const sign = (body: string | Uint8Array, key = PROD) => ({
    'X-Signature': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
  })

  it.each([PROD, 'prod:token:2'])('takes each token of the cluster', async (token) => {
    const { call } = await startRelay({ tokens: TOKENS })
    expect((await call('POST', path, { body: BODY, headers: bearer(token) })).status).toBe(202)
  })

  it.each([
    ['no credential', {}],
    ["another cluster's token", bearer('staging-token')],
    ["an operator's token", bearer('operator-token-1')],
    ['the token as Basic', { Authorization: `Basic ${btoa(`prod:${PROD}`)}` }],
    ['a signature by another key', sign(BODY, 'staging-token')],
    ['a signature of another body', sign(`${BODY} `)],
    ['a sha1 signature', { 'X-Signature': 'sha1=356a192b7913b04c54574d18c28d46e6395428ab' }],
  ])('refuses %s, and an unknown cluster alike', async (_, headers) => {
    const { call, ports } = await startRelay({ tokens: TOKENS })
    const known = await call('POST', path, { body: BODY, headers })
    expectProblem(known, 401, 'a token of the cluster prod')
    expect(known.headers['www-authenticate']).toBe('Bearer')
    const unknown = await call('POST', '/v1/clusters/nope/events', { body: BODY, headers })
    expect(unknown.text.replaceAll('nope', 'prod')).toBe(known.text)
    expect(unknown.status).toBe(401)
    expect(ports.queue.events).toEqual([])
  })

  it('takes a signature over the body as sent, so over the packed one', async () => {
    const { call } = await startRelay({ tokens: TOKENS })
    expect((await call('POST', path, { body: BODY, headers: sign(BODY) })).status).toBe(202)
    const body = gzipSync(BODY)
    const encoding = { 'Content-Encoding': 'gzip' }
    const packed = await call('POST', path, { body, headers: { ...encoding, ...sign(body) } })
    expect(packed.status).toBe(202)
    const unpacked = await call('POST', path, { body, headers: { ...encoding, ...sign(BODY) } })
    expect(unpacked.status).toBe(401)
  })

  it('refuses old events under a signature only', async () => {
    const { call } = await startRelay({ tokens: TOKENS })
    const old = JSON.stringify({ ...EVENT, timestamp: '2026-11-13T09:14:02Z' })
    const signed = await call('POST', path, { body: old, headers: sign(old) })
    expectProblem(signed, 400, 'timestamp: older than 7 days')
    expect((await call('POST', path, { body: old, headers: bearer(PROD) })).status).toBe(202)
  })
})
