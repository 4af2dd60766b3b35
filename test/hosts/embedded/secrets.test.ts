import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { deliveryRecord } from '../../support/delivery-records.ts'
import {
  bearer,
  expectProblem,
  OPERATOR,
  PROD,
  startRelay,
  TOKENS,
} from '../../support/embedded-server.ts'
import { START } from '../../support/manual-clock.ts'
import { alertObject, providerObject } from '../../support/notification-objects.ts'

const PATH = '/v1/clusters/prod/secrets/flux-system/slack'
const CANARY = 'hunter2'
const body = JSON.stringify({ token: CANARY })

describe('PUT /v1/clusters/{cluster}/secrets/{namespace}/{name}', () => {
  it('stores a Secret of the cluster, and shows and logs no value', async () => {
    const { call, ports, logged } = await startRelay({ tokens: TOKENS })
    const reply = await call('PUT', PATH, { body, headers: bearer(PROD) })
    expect([reply.status, reply.json]).toEqual([
      200,
      { cluster: 'prod', namespace: 'flux-system', name: 'slack', keys: ['token'] },
    ])
    expect(await ports.secrets.read('prod', 'flux-system', 'slack')).toMatchObject({
      data: { token: CANARY },
    })
    expect(reply.text + logged()).not.toContain(CANARY)
  })

  it("is for the cluster's own tokens only, and nobody reads a Secret", async () => {
    const { call, ports } = await startRelay({ tokens: TOKENS })
    const basic = { Authorization: `Basic ${btoa(`prod:${PROD}`)}` }
    for (const headers of [{}, bearer(OPERATOR), bearer('staging-token'), bearer(''), basic]) {
      const reply = await call('PUT', PATH, { body, headers })
      expectProblem(reply, 401, 'a token of the cluster prod')
      expect(reply.headers['www-authenticate']).toBe('Bearer')
    }
    expect(await ports.secrets.read('prod', 'flux-system', 'slack')).toBeUndefined()
    const get = await call('GET', PATH, { headers: bearer(PROD) })
    expect([get.status, get.headers.allow]).toEqual([405, 'PUT'])
  })

  it('is refused for the cluster of the manifests folder', async () => {
    const own = { operators: [], clusters: new Map([['local', ['own-token']]]) }
    const path = PATH.replace('prod', 'local')
    for (const tokens of [undefined, own]) {
      const { call, ports } = await startRelay({ tokens })
      const reply = await call('PUT', path, { body, headers: bearer('own-token') })
      expectProblem(reply, 409, 'the manifests folder owns the Secrets of local; add a manifest')
      expect(await ports.secrets.read('local', 'flux-system', 'slack')).toBeUndefined()
    }
  })

  it('refuses what is too large, without and with a length', async () => {
    const { call } = await startRelay()
    const large = JSON.stringify({ token: CANARY.repeat(16 * 1024) })
    for (const headers of [{}, { 'Transfer-Encoding': 'chunked' }]) {
      const reply = await call('PUT', PATH, { body: large, headers })
      expectProblem(reply, 413, 'larger than 64 KiB')
      expect(reply.text).not.toContain(CANARY)
    }
  })

  it('refuses what is no Secret, and shows nothing of it', async () => {
    const { call, ports, logged } = await startRelay()
    for (const bad of [`{"token":"${CANARY}`, `["${CANARY}"]`, `{"${CANARY} ":"x"}`]) {
      const reply = await call('PUT', PATH, { body: bad })
      expectProblem(reply, 400, '')
      expect(reply.text).not.toContain(CANARY)
    }
    expectProblem(await call('PUT', `${PATH}%2Fx`, { body }), 400, 'name: expected a name')
    expectProblem(await call('PUT', PATH.replace('prod', 'Prod'), { body }), 400, 'cluster: ')
    expect(await ports.secrets.read('prod', 'flux-system', 'slack')).toBeUndefined()
    expect(logged()).not.toContain(CANARY)
  })

  it('takes a body that is compressed, as the other routes do', async () => {
    const { call, ports } = await startRelay()
    const headers = { 'Content-Encoding': 'gzip' }
    expect((await call('PUT', PATH, { body: gzipSync(body), headers })).status).toBe(200)
    expect(await ports.secrets.read('prod', 'flux-system', 'slack')).toMatchObject({
      data: { token: CANARY },
    })
  })

  it('shows at once what it makes ready, and lets go what waited for it', async () => {
    const { call, ports } = await startRelay()
    const set = {
      takenAt: '2026-11-20T09:14:03Z',
      alerts: [alertObject('all')],
      providers: [providerObject('slack', { address: '', secretRef: { name: 'slack' } })],
    }
    const config = '/v1/clusters/prod/config'
    const put = await call('PUT', config, { body: JSON.stringify(set) })
    expect(put.json).toMatchObject({ objects: [{ ready: false }, { ready: false }] })
    const waiting = { outcome: 'retry', why: 'configuration', dueAt: START + 3_600_000 } as const
    const record = deliveryRecord({ ...waiting, cluster: 'prod', attempt: 4 })
    ports.ledger.put(record)
    const address = JSON.stringify({ address: 'https://a.test/hook' })
    expect((await call('PUT', PATH, { body: address })).status).toBe(200)
    const shown = await call('GET', config)
    expect(shown.json).toMatchObject({ objects: [{ ready: true }, { ready: true }] })
    const { id: deliveryId } = record
    expect(ports.queue.retries).toEqual([{ cluster: 'prod', deliveryId, attempt: 5, dueAt: START }])
  })

  it('says 503 when the store fails, and logs the cause', async () => {
    const { call, ports, logged } = await startRelay()
    ports.secrets.failure = new Error('the disk is full')
    expectProblem(await call('PUT', PATH, { body }), 503, 'send it again')
    expect(logged()).toContain('the disk is full')
    expect(logged()).not.toContain(CANARY)
  })
})
