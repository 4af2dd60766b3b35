import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { openApiDocument } from '../../../relay/api/openapi.ts'
import { OPERATIONS, type OperationName } from '../../../relay/api/operations.ts'
import { PROBLEM_KINDS } from '../../../relay/api/problem-codes.ts'
import { silencesCodec } from '../../../relay/model/stored/silences.ts'
import { deliveryRecord, event } from '../../support/delivery-records.ts'
import { bearer, OPERATOR, PROD, startRelay, TOKENS } from '../../support/embedded-server.ts'

const METADATA = { namespace: 'flux-system', name: 'podinfo' }
const PROVIDER = {
  apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
  kind: 'Provider',
  metadata: METADATA,
  spec: { type: 'generic', address: 'http://127.0.0.1/' },
}
const ALERT = {
  kind: 'Alert',
  metadata: METADATA,
  spec: { providerRef: { name: 'podinfo' }, eventSources: [{ kind: 'Kustomization', name: '*' }] },
}

const FLEET_PROVIDER = { ...PROVIDER, metadata: { name: 'podinfo' } }

interface Exchange {
  readonly path: string
  readonly token: string
  readonly body?: unknown
}

const CALLS: Readonly<Record<OperationName, Exchange>> = {
  postEvents: { path: '/v1/clusters/prod/events', token: PROD, body: [event(), { event: 1 }] },
  postEvent: { path: '/', token: PROD, body: event() },
  putConfig: {
    path: '/v1/clusters/prod/config',
    token: PROD,
    body: { takenAt: '2026-11-20T09:14:03Z', alerts: [ALERT], providers: [PROVIDER] },
  },
  showConfig: { path: '/v1/clusters/prod/config', token: OPERATOR },
  putSecret: { path: '/v1/clusters/prod/secrets/flux-system/slack', token: PROD, body: { a: 'b' } },
  putFleetConfig: {
    path: '/v1/fleet/config',
    token: OPERATOR,
    body: { takenAt: '2026-11-20T09:14:03Z', providers: [FLEET_PROVIDER] },
  },
  showFleetConfig: { path: '/v1/fleet/config', token: OPERATOR },
  putFleetSecret: { path: '/v1/fleet/secrets/slack', token: OPERATOR, body: { a: 'b' } },
  listClusters: { path: '/v1/clusters', token: OPERATOR },
  listObjects: { path: '/v1/clusters/prod/objects', token: OPERATOR },
  showOverview: { path: '/v1/overview', token: OPERATOR },
  listDeliveries: { path: '/v1/deliveries', token: OPERATOR },
  streamDeliveries: { path: '/v1/deliveries/stream', token: OPERATOR },
  showDelivery: { path: '/v1/deliveries/delivery-1', token: OPERATOR },
  replayDelivery: { path: '/v1/deliveries/delivery-1/replay', token: OPERATOR },
  dismissDelivery: {
    path: '/v1/deliveries/delivery-1/dismiss',
    token: OPERATOR,
    body: { comment: 'the channel is gone' },
  },
  listEvents: { path: '/v1/events?alert=flux-system/on-call', token: OPERATOR },
  showEvent: { path: '/v1/events/event-1', token: OPERATOR },
  explainEvent: { path: '/v1/explain', token: OPERATOR, body: { cluster: 'prod', event: event() } },
  testProvider: {
    path: '/v1/providers/flux-system/podinfo/test',
    token: OPERATOR,
    body: { cluster: 'prod' },
  },
  listSilences: { path: '/v1/clusters/prod/silences', token: OPERATOR },
  createSilence: {
    path: '/v1/clusters/prod/silences',
    token: OPERATOR,
    body: { match: 'true', reason: 'upgrade', duration: '2h' },
  },
  expireSilence: { path: '/v1/clusters/prod/silences/one/expire', token: OPERATOR },
  listQuarantine: { path: '/v1/quarantine', token: OPERATOR },
  replayQuarantine: { path: '/v1/quarantine/replay', token: OPERATOR },
}
const NAMES = Object.keys(CALLS) as OperationName[]

const API = openApiDocument('test') as {
  readonly components: unknown
  readonly paths: Record<string, Record<string, { responses: Record<string, Response> }>>
}
interface Response {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
}

const ajv = new Ajv2020({ strict: false })

/** What is wrong with an answer by the document, in which every field of an answer is named. */
function misfits(name: OperationName, status: number, body: unknown): unknown {
  const { method, path } = OPERATIONS[name]
  const response = API.paths[path]?.[method.toLowerCase()]?.responses[status]
  if (response === undefined) return `${name} answers ${status}, which is not in the document`
  const [content] = Object.values(response.content ?? {})
  if (content === undefined) return body === undefined ? null : 'a body'
  const validate = ajv.compile({ ...content.schema, components: closed(API.components) })
  return validate(body) ? null : validate.errors
}

/** Schemas whose objects have no other fields than those they name. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const parts = Object.fromEntries(Object.entries(schema).map(([key, it]) => [key, closed(it)]))
  const isNamed = 'properties' in schema && Object.keys(schema.properties ?? {}).length > 0
  return isNamed ? { ...parts, additionalProperties: false } : parts
}

async function startFilled() {
  const runTest = async () => deliveryRecord({ outcome: 'failed', test: { by: 'ann' } })
  const relay = await startRelay({ tokens: TOKENS, runTest })
  const { ports, call, feed } = relay
  ports.ledger.put(deliveryRecord({ outcome: 'dead' }))
  const now = ports.clock.now()
  const silence = { id: 'one', match: 'true', reason: 'upgrade', createdAt: now, endsAt: now + 1 }
  await ports.state.write(
    'prod#silences',
    silencesCodec.encode({ silences: [silence] }),
    'absent',
    Infinity,
  )
  const send = (name: OperationName, token = CALLS[name].token) => {
    const { path, body } = CALLS[name]
    const json = body === undefined ? {} : { body: JSON.stringify(body) }
    const answered = call(OPERATIONS[name].method, path, { headers: bearer(token), ...json })
    if (name !== 'streamDeliveries') return answered
    // A stream ends when its relay says so.
    const ends = setInterval(() => feed.endAll('tokens-changed'), 10)
    return answered.finally(() => clearInterval(ends))
  }
  await send('putConfig')
  await send('putFleetConfig')
  return { call, send }
}

describe('the contract of /v1', () => {
  it.each(NAMES)('holds for what %s answers', async (name) => {
    const { send } = await startFilled()
    const { status, json, text } = await send(name)
    expect(status).toBe(OPERATIONS[name].success.status)
    expect(misfits(name, status, name === 'streamDeliveries' ? text : json)).toBeNull()
  })

  it.each(NAMES)('holds for what %s answers to a wrong token', async (name) => {
    const { send } = await startFilled()
    const { status, json } = await send(name, 'wrong')
    expect(json).toMatchObject({ type: 'unauthorized', status: 401 })
    expect(misfits(name, status, json)).toBeNull()
  })

  it('holds for problems with fields and with indices', async () => {
    const { call } = await startFilled()
    const headers = bearer(PROD)
    const config = await call('PUT', CALLS.putConfig.path, { headers, body: '{}' })
    expect(config.json).toMatchObject({ type: 'not-valid' })
    expect(misfits('putConfig', config.status, config.json)).toBeNull()
    const events = await call('POST', CALLS.postEvents.path, { headers, body: '[1, {}]' })
    expect(events.json).toMatchObject({ type: 'none-good', errors: [{ index: 0 }, { index: 1 }] })
    expect(misfits('postEvents', events.status, events.json)).toBeNull()
  })

  it('has a status for each code that HTTP has a phrase for', () => {
    const statuses = Object.values(PROBLEM_KINDS).map(({ status }) => status)
    expect(statuses.every((status) => status >= 400 && status < 600)).toBe(true)
  })
})
