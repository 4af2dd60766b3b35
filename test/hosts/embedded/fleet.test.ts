import { describe, expect, it } from 'vitest'
import { LaterVersion } from '../../../relay/model/stored/errors.ts'
import { annotated } from '../../relay/pipeline/rules/annotated.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'
import {
  bearer,
  expectProblem,
  OPERATOR,
  PROD,
  startRelay,
  TOKENS,
  VIEWER,
} from '../../support/embedded-server.ts'
import { alertObject } from '../../support/notification-objects.ts'

const CONFIG = '/v1/fleet/config'
const CANARY = 'hunter2'
const operator = bearer(OPERATOR)

function providerOf(annotations: Readonly<Record<string, string>>) {
  const slack = {
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    kind: 'Provider',
    metadata: { name: 'slack' },
    spec: { type: 'slack', secretRef: { name: 'slack' } },
  }
  return annotated(slack, annotations)
}

function setOf(providers: readonly unknown[], minute = 14) {
  return JSON.stringify({ takenAt: `2026-11-20T09:${minute}:03Z`, providers })
}

const ALLOWED = setOf([providerOf({ 'allow-clusters': 'prod' })])
const SECRET = JSON.stringify({ address: `https://hooks.slack.com/services/${CANARY}` })

async function start(tokens = TOKENS) {
  const relay = await startRelay({ tokens })
  const { call } = relay
  const leading = annotated(alertObject('on-call'), { provider: '_fleet/slack' })
  const takenAt = '2026-11-20T09:10:03Z'
  const body = JSON.stringify({ takenAt, alerts: [leading], providers: [] })
  const put = await call('PUT', '/v1/clusters/prod/config', { body, headers: bearer(PROD) })
  expect(put.status).toBe(200)
  return {
    ...relay,
    /** What the cluster's configuration says of its Alert. */
    async readiness() {
      const reply = await call('GET', '/v1/clusters/prod/config', { headers: bearer(PROD) })
      return (reply.json as { objects: { reason: string }[] }).objects[0]?.reason
    },
  }
}

describe('PUT /v1/fleet/config and /v1/fleet/secrets/{name}', () => {
  it('judge the clusters that use the fleet, and send what waited in them', async () => {
    const { call, ports, readiness } = await start()
    const waiting = deliveryRecord({
      outcome: 'retry',
      cluster: 'prod',
      status: {
        kind: 'waiting',
        why: 'configuration',
        dueAt: Number.MAX_SAFE_INTEGER,
        reason: 'x',
      },
    })
    ports.ledger.put(waiting)
    expect(await readiness()).toBe('ProviderNotFound')
    const put = await call('PUT', CONFIG, { body: ALLOWED, headers: operator })
    expect([put.status, put.json]).toMatchObject([
      200,
      { objects: [{ namespace: '_fleet', name: 'slack', ready: false, reason: 'SecretNotFound' }] },
    ])
    expect(await readiness()).toBe('ProviderNotReady')
    const path = '/v1/fleet/secrets/slack'
    const secret = await call('PUT', path, { body: SECRET, headers: operator })
    expect([secret.status, secret.json]).toEqual([200, { name: 'slack', keys: ['address'] }])
    expect(await readiness()).toBe('Succeeded')
    const [woken] = await ports.ledger.readMany([waiting.id])
    expect(woken?.value.status).toMatchObject({ dueAt: ports.clock.now() })

    const shown = await call('GET', CONFIG, { headers: operator })
    expect(shown.json).toMatchObject({
      objects: [{ ready: true }],
      providers: [{ kind: 'Provider' }],
    })
    const denying = setOf([providerOf({ 'allow-clusters': 'stage' })], 15)
    await call('PUT', CONFIG, { body: denying, headers: operator })
    expect(await readiness()).toBe('AccessDenied')
  })

  it('judge a cluster whatever cannot be read of another one', async () => {
    const clusters = new Map([['later', ['later-token']], ...TOKENS.clusters])
    const { call, ports, readiness, logged } = await start({ ...TOKENS, clusters })
    const read = ports.configs.read.bind(ports.configs)
    const later = new LaterVersion('configuration', 'of another cluster')
    ports.configs.read = async (cluster, known) => {
      if (cluster === 'later') throw later
      return read(cluster, known)
    }
    await call('PUT', CONFIG, { body: ALLOWED, headers: operator })
    expect(await readiness()).toBe('ProviderNotReady')
    expect(logged()).toContain('of another cluster')
  })

  it('are for operators who may make changes, and nobody reads a Secret', async () => {
    const { call, ports, logged } = await start()
    for (const path of [CONFIG, '/v1/fleet/secrets/slack']) {
      for (const headers of [{}, bearer(PROD), bearer('x')]) {
        expectProblem(await call('PUT', path, { body: SECRET, headers }), 401, 'an operator')
      }
      const viewer = await call('PUT', path, { body: SECRET, headers: bearer(VIEWER) })
      expectProblem(viewer, 403, 'the role viewer')
    }
    expect(await ports.secrets.read('_fleet', 'fleet', 'slack')).toBeUndefined()
    await call('PUT', '/v1/fleet/secrets/slack', { body: SECRET, headers: operator })
    await call('PUT', CONFIG, { body: ALLOWED, headers: operator })
    const replies = [
      await call('GET', CONFIG, { headers: bearer(VIEWER) }),
      await call('GET', '/v1/clusters/prod/config', { headers: bearer(PROD) }),
      await call('GET', '/v1/clusters/prod/objects', { headers: operator }),
    ]
    expect(replies.map(({ text }) => text).join() + logged()).not.toContain(CANARY)
    expectProblem(await call('GET', CONFIG, { headers: bearer(PROD) }), 401, 'an operator')
  })

  it.each([
    ['{"takenAt":"2026-11-20T09:14:03Z"}', 'providers'],
    [setOf([{ kind: 'Alert' }]), 'expected Provider'],
    [setOf(Array.from({ length: 501 }, () => ({}))), 'providers'],
    [setOf([providerOf({}), providerOf({})]), 'another object is named'],
  ])('refuse %.60s', async (body, said) => {
    const { call } = await start()
    expectProblem(await call('PUT', CONFIG, { body, headers: operator }), 400, said)
  })

  it('are tested for a cluster that may use them, and for no other', async () => {
    const tested: string[] = []
    const runTest = async (record: { readonly provider?: { readonly name: string } }) => {
      tested.push(record.provider?.name ?? '')
      return deliveryRecord({ outcome: 'delivered', test: {} })
    }
    const { call } = await startRelay({ tokens: TOKENS, runTest: runTest as never })
    for (const [cluster, token] of [
      ['prod', PROD],
      ['staging', 'staging-token'],
    ] as const) {
      const body = '{"takenAt":"2026-11-20T09:10:03Z","alerts":[],"providers":[]}'
      await call('PUT', `/v1/clusters/${cluster}/config`, { body, headers: bearer(token) })
    }
    await call('PUT', CONFIG, { body: ALLOWED, headers: operator })
    const ask = (name: string, cluster: string) => {
      const body = JSON.stringify({ cluster })
      return call('POST', `/v1/providers/_fleet/${name}/test`, { body, headers: operator })
    }
    expect((await ask('slack', 'prod')).status).toBe(200)
    expectProblem(await ask('slack', 'staging'), 404, 'does not allow the cluster staging')
    expectProblem(await ask('none', 'prod'), 404, 'the fleet has no valid Provider _fleet/none')
    expect(tested).toEqual(['slack'])
  })

  it('refuse a set that was taken before the stored one', async () => {
    const { call } = await start()
    await call('PUT', CONFIG, { body: ALLOWED, headers: operator })
    const earlier = await call('PUT', CONFIG, { body: setOf([], 13), headers: operator })
    expectProblem(earlier, 409, 'the set was taken at 2026-11-20T09:13:03')
  })

  it('are no cluster, whatever asks for one', async () => {
    const { call } = await start()
    await call('PUT', CONFIG, { body: ALLOWED, headers: operator })
    const listed = await call('GET', '/v1/clusters', { headers: operator })
    expect(listed.text).not.toContain('_fleet')
    for (const path of ['/v1/clusters/_fleet/config', '/v1/clusters/_fleet/objects']) {
      expectProblem(await call('GET', path, { headers: operator }), 400, 'DNS label')
    }
    const body = JSON.stringify({ cluster: '_fleet', event: {} })
    expectProblem(await call('POST', '/v1/explain', { body, headers: operator }), 400, 'DNS label')
  })

  it('has none yet', async () => {
    const { call } = await startRelay({ tokens: TOKENS })
    expectProblem(await call('GET', CONFIG, { headers: operator }), 404, 'no Providers yet')
  })
})
