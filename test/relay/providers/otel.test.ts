import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import type { HttpResponse, OutboundRequest, TransportFailure } from '../../../relay/ports/http.ts'
import { otel } from '../../../relay/providers/otel.ts'
import { PATIENT, testClient } from '../../support/http-client.ts'
import {
  ALERT_UID,
  fixtureEvent,
  notificationOf,
  response,
  secretsOf,
  settingsOf,
} from '../../support/notifications.ts'
import { decodeTraces } from '../../support/otlp-traces.ts'
import { startHttpServer } from '../../support/servers.ts'
import { createFakeTryPorts, transportFailure } from '../../support/try-ports.ts'

const ADDRESS = 'https://collector.example.com:4318'
const BARE = settingsOf(otel, { address: ADDRESS })

async function deliver(
  notification = notificationOf('kustomization-health-check-failed'),
  settings = BARE,
  answer: HttpResponse | TransportFailure = response(200),
) {
  const tryPorts = createFakeTryPorts({ answers: [answer] })
  const delivery = await otel.deliver(notification, settings, tryPorts)
  const [request] = tryPorts.requests
  if (!request) throw new Error('no request was made')
  return { ...delivery, request }
}

async function tracesOf(...args: Parameters<typeof notificationOf>) {
  const { request } = await deliver(notificationOf(...args))
  return decodeTraces(bodyOf(request))
}

async function spanOf(...args: Parameters<typeof notificationOf>) {
  return onlySpanOf((await deliver(notificationOf(...args))).request)
}

function onlySpanOf(request: OutboundRequest): Readonly<Record<string, unknown>> {
  // biome-ignore lint/suspicious/noExplicitAny: what was decoded is checked by the tests
  return (decodeTraces(bodyOf(request)) as any).resourceSpans[0].scopeSpans[0].spans[0]
}

function bodyOf({ body }: OutboundRequest): Uint8Array {
  if (typeof body === 'string') throw new Error('the body is a text')
  return body
}

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })

describe('otel spans', () => {
  it('sends an error as one span of the Alert', async () => {
    expect(await tracesOf('kustomization-health-check-failed')).toEqual({
      resourceSpans: [
        {
          resource: {
            attributes: [
              text('service.name', 'flux-system/on-call-webapp'),
              text('service.namespace', 'flux-system'),
              text('service.instance.id', ALERT_UID),
            ],
            droppedAttributesCount: 0,
          },
          scopeSpans: [
            {
              scope: { name: 'flux:notification-controller' },
              spans: [
                {
                  // printf 'ALERT_UID:main@sha1:9e2f…' | sha256sum | cut -c1-32
                  traceId: '4f8525ae8656e8355019b34f4091bd5c',
                  spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
                  name: 'Kustomization: flux-system/podinfo',
                  kind: 1,
                  startTimeUnixNano: 1_795_166_441_000_000_000n,
                  endTimeUnixNano: 1_795_166_441_000_000_000n,
                  attributes: [
                    text('object.uid', '7d0cdc51-ddcf-4743-b223-83ca5c699632'),
                    text('object.kind', 'Kustomization'),
                    text('object.name', 'podinfo'),
                    text('object.namespace', 'flux-system'),
                    text('revision', 'main@sha1:9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'),
                  ],
                  droppedAttributesCount: 0,
                  droppedEventsCount: 0,
                  droppedLinksCount: 0,
                  status: {
                    code: 2,
                    message:
                      "health check failed after 1m0.012847183s: timeout waiting for: [Deployment/podinfo/podinfo status: 'InProgress']",
                  },
                  flags: 0x101,
                },
              ],
            },
          ],
        },
      ],
    })
  })

  it('sends an info event, at its time, as ok and without a message', async () => {
    expect(await spanOf('kustomization-configured')).toMatchObject({
      startTimeUnixNano: 1_795_166_041_000_000_000n,
      endTimeUnixNano: 1_795_166_041_000_000_000n,
      status: { code: 1 },
    })
    expect((await spanOf('kustomization-configured')).status).not.toHaveProperty('message')
  })

  it('keeps milliseconds', async () => {
    const timestamp = '2026-11-20T09:14:01.123Z'
    expect(await spanOf('kustomization-applied', { timestamp })).toMatchObject({
      startTimeUnixNano: 1_795_166_041_123_000_000n,
    })
  })

  it('sends texts of all kinds and lengths as they are', async () => {
    const message = `déployé 🚀 <b>"x"</b>\n ${'配'.repeat(30_000)}`
    const metadata = { 'kustomize.toolkit.fluxcd.io/team': 'Ünïts & <co> 🦊' }
    const span = await spanOf('kustomization-applied', { severity: 'error', message, metadata })
    expect(span).toMatchObject({ status: { message } })
    expect(span.attributes).toContainEqual(text('team', 'Ünïts & <co> 🦊'))
  })

  it('lets no metadata take the place of what tells the object', async () => {
    const metadata = { 'kustomize.toolkit.fluxcd.io/object.name': 'other' }
    const { attributes } = await spanOf('kustomization-applied', { metadata })
    expect(attributes).toHaveLength(4)
    expect(attributes).toContainEqual(text('object.name', 'podinfo'))
  })

  const group = 'kustomize.toolkit.fluxcd.io'
  it.each([
    ['the revision', { [`${group}/revision`]: 'v1' }, 'v1'],
    ['version and digest', versionAndDigest('1.2.3', 'sha256:aa'), '1.2.3@sha256:aa'],
    ['a version alone', { [`${group}/app-version`]: '1', [`${group}/revision`]: 'v1' }, 'v1'],
    ['an empty digest', versionAndDigest('1.2.3', ''), 'v1'],
    ['none', {}, 'unknown'],
  ])('makes the trace of Alert and revision: %s', async (_, metadata, revision) => {
    const { traceId } = await spanOf('kustomization-applied', { metadata })
    expect(traceId).toBe(TRACE_IDS[revision])
  })

  function versionAndDigest(version: string, digest: string) {
    return {
      [`${group}/app-version`]: version,
      [`${group}/oci-digest`]: digest,
      [`${group}/revision`]: 'v1',
    }
  }

  it('names a span by the delivery: a retry sends the same again', async () => {
    const notification = notificationOf('kustomization-configured')
    const tryPorts = createFakeTryPorts({ answers: () => response(503) })
    await otel.deliver(notification, BARE, tryPorts)
    tryPorts.clock.advance(5_000)
    await otel.deliver(notification, BARE, tryPorts)
    await otel.deliver({ ...notification, deliveryId: 'e'.repeat(64) }, BARE, tryPorts)
    const [first, retry, other] = tryPorts.requests.map(onlySpanOf)
    expect(retry).toEqual(first)
    expect(other).toEqual({ ...retry, spanId: expect.not.stringMatching(String(first?.spanId)) })
  })
})

/** `printf '<ALERT_UID>:<revision>' | sha256sum | cut -c1-32` */
const TRACE_IDS: Readonly<Record<string, string>> = {
  v1: 'ce51b7d6ff4db19a78b453a149147ea5',
  '1.2.3@sha256:aa': '290af1268a4fc953aa6472c2c5b92d62',
  unknown: '92dfdc79eca1486bd779984787f0b483',
}

describe('otel requests', () => {
  it.each([
    ['', '/v1/traces'],
    ['?tenant=a', '/v1/traces?tenant=a'],
    ['/', '/'],
    ['/otlp', '/otlp'],
    ['/otlp/v1/traces?tenant=a', '/otlp/v1/traces?tenant=a'],
  ])('posts to the path %j at %s', async (path, expected) => {
    const settings = settingsOf(otel, { address: `${ADDRESS}${path}` })
    const { request } = await deliver(undefined, settings)
    expect(request).toMatchObject({ method: 'POST', url: `${ADDRESS}${expected}` })
    expect(otel.host(settings)).toBe('collector.example.com:4318')
  })

  const basic = (pair: string) => `Basic ${btoa(pair)}`
  it.each([
    ['nothing', {}, {}, {}],
    ['a token', {}, { token: 't' }, { authorization: 'Bearer t' }],
    ['a password', {}, { password: 'p' }, { authorization: 'Bearer p' }],
    ['a token before a password', {}, { token: 't', password: 'p' }, { authorization: 'Bearer t' }],
    ['a pair', {}, { username: 'u', password: 'p' }, { authorization: basic('u:p') }],
    ['a name and a token', { username: 'u' }, { token: 't' }, { authorization: basic('u:t') }],
    [
      'headers, with the credentials',
      {},
      { token: 't', headers: 'X-Tenant: a\nContent-Type: text/plain' },
      { authorization: 'Bearer t', 'x-tenant': 'a' },
    ],
    [
      'an Authorization of its own',
      {},
      { token: 't', headers: 'authorization: Api-Key k' },
      { authorization: 'Api-Key k' },
    ],
  ])('sends %s', async (_, spec, secret, headers) => {
    const settings = settingsOf(otel, { address: ADDRESS, ...spec }, secret)
    const { request } = await deliver(undefined, settings)
    expect(request.headers).toEqual({ ...headers, 'content-type': 'application/x-protobuf' })
  })

  it('arrives at a collector as it was made', async () => {
    const received: unknown[] = []
    const { port } = await startHttpServer(async (incoming, outgoing) => {
      received.push(incoming.headers['content-type'], decodeTraces(await buffer(incoming)))
      outgoing.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    })
    const settings = settingsOf(otel, { address: `http://127.0.0.1:${port}` })
    const client = testClient()
    const send = (request: OutboundRequest) => client.send(request, PATIENT)
    const notification = notificationOf('helmrelease-upgrade-failed')
    const delivery = await otel.deliver(notification, settings, { ...createFakeTryPorts(), send })
    expect(delivery).toMatchObject({ verdict: { kind: 'delivered' }, response: { status: 200 } })
    expect(received).toEqual([
      'application/x-protobuf',
      await tracesOf('helmrelease-upgrade-failed'),
    ])
  })
})

describe('otel answers', () => {
  /** A body as the client hands it out: bytes that are no UTF-8 are U+FFFD. */
  const field = (number: number, content: string | Buffer) => {
    const { length } = Buffer.from(content)
    const size = length < 128 ? [length] : [(length % 128) + 128, length >> 7]
    return Buffer.concat([Buffer.from([number * 8 + 2, ...size]), Buffer.from(content)])
  }
  const partial = (rejected: readonly number[], said: string) => {
    const number = Buffer.from(rejected.length === 0 ? [] : [8, ...rejected])
    return field(1, Buffer.concat([number, said === '' ? Buffer.alloc(0) : field(2, said)]))
  }
  const error = (said: string) => Buffer.concat([Buffer.from([8, 3]), field(2, said)])

  const json = (rejectedSpans: unknown, errorMessage = 'too old') =>
    JSON.stringify({ partialSuccess: { rejectedSpans, errorMessage } })
  const rejected = (reason: string) => ({
    kind: 'rejected',
    reason: `${reason}: the collector rejected the span`,
  })
  const long = 'é'.repeat(70)

  it.each([
    [200, '', { kind: 'delivered' }],
    [200, field(1, ''), { kind: 'delivered' }],
    [200, '{}', { kind: 'delivered' }],
    [200, '{"partialSuccess":{}}', { kind: 'delivered' }],
    [200, '{"partialSuccess":null}', { kind: 'delivered' }],
    [200, 'ok', { kind: 'delivered' }],
    [202, partial([1], 'too old'), rejected('HTTP 202: too old')],
    [200, partial([1], ''), rejected('HTTP 200')],
    [200, partial([1], long), rejected(`HTTP 200: ${long}`)],
    [200, partial([0x80, 1], 'many'), rejected('HTTP 200: many')],
    // The length of this one is the character {.
    [200, partial([1], 'x'.repeat(119)), rejected(`HTTP 200: ${'x'.repeat(119)}`)],
    [200, partial([], 'slow down'), { kind: 'delivered', reason: 'HTTP 200: slow down' }],
    [200, json('1'), rejected('HTTP 200: too old')],
    [200, json(1, ''), rejected('HTTP 200')],
    [200, json('0', 'slow down'), { kind: 'delivered', reason: 'HTTP 200: slow down' }],
    [400, error('bad span'), { kind: 'rejected', reason: 'HTTP 400: bad span' }],
    [400, error(long), { kind: 'rejected', reason: `HTTP 400: ${long}` }],
    [400, '{"code":3,"message":"bad"}', { kind: 'rejected', reason: 'HTTP 400: bad' }],
    [400, '<html>', { kind: 'rejected', reason: 'HTTP 400' }],
    [401, '', { kind: 'unauthorized', reason: 'HTTP 401' }],
    [403, '', { kind: 'unauthorized', reason: 'HTTP 403' }],
    [408, '', { kind: 'rejected', reason: 'HTTP 408' }],
    [429, '', { kind: 'retry', reason: 'HTTP 429', applied: 'no' }],
    [500, '', { kind: 'rejected', reason: 'HTTP 500' }],
    [501, '', { kind: 'rejected', reason: 'HTTP 501' }],
    [502, '', { kind: 'retry', reason: 'HTTP 502', applied: 'unknown' }],
    [503, error('full'), { kind: 'retry', reason: 'HTTP 503: full', applied: 'unknown' }],
    [504, '', { kind: 'retry', reason: 'HTTP 504', applied: 'unknown' }],
  ])('judges %i %j', async (status, body, verdict) => {
    const answer = response(status, body.toString())
    expect((await deliver(undefined, undefined, answer)).verdict).toEqual(verdict)
  })

  it('waits as long as it is told to', async () => {
    const answer = response(503, '', { 'retry-after': '30' })
    expect((await deliver(undefined, undefined, answer)).verdict).toMatchObject({
      kind: 'retry',
      retryAfterMs: 30_000,
    })
  })

  it.each([
    [transportFailure('timeout', true), { kind: 'retry', applied: 'in-flight' }],
    [transportFailure('connect', false), { kind: 'retry', applied: 'no' }],
    [transportFailure('address-refused', false), { kind: 'rejected' }],
  ])('judges %o', async (failure, verdict) => {
    expect((await deliver(undefined, undefined, failure)).verdict).toMatchObject(verdict)
  })
})

describe('otel settings and events', () => {
  it.each([
    ['no address', {}, {}, /address: set spec\.address/],
    ['an address that is no URL', { address: 'collector' }, {}, /address: set spec\.address/],
    [
      'a name alone',
      { address: ADDRESS, username: 'u' },
      {},
      /username: .* add password or token to the Secret/,
    ],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(otel, spec, secret)).toThrow(message)
  })

  it('masks the path, the headers and the credentials', () => {
    const values = secretsOf(
      otel,
      { address: `${ADDRESS}/tenant-key` },
      { token: 'token-1', username: 'u', password: 'password-1', headers: 'X-Key: key-1' },
    )
    expect(values).toEqual(
      expect.arrayContaining(['/tenant-key', 'token-1', 'password-1', 'key-1']),
    )
  })

  it('skips a HelmRepository only', () => {
    const object = { kind: 'HelmRepository', namespace: 'apps', name: 'charts' }
    const event = fixtureEvent('kustomization-applied', { involvedObject: object })
    expect(otel.skips?.(event)).toBe('otel does not take events of a HelmRepository')
    expect(otel.skips?.(fixtureEvent('kustomization-applied'))).toBeUndefined()
  })
})
