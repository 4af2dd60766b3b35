import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { matrix } from '../../../relay/providers/matrix.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  notificationOf,
  requestsOf,
  response,
  secretsOf,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const spec = { address: 'https://matrix.example.org', channel: '!jezptmDwEeLapMLjOc:example.org' }
const settings = settingsOf(matrix, spec, { token: 'syt_bot' })
const SEND =
  'https://matrix.example.org/_matrix/client/r0/rooms/!jezptmDwEeLapMLjOc:example.org/send/m.room.message/'

function textOf(...args: Parameters<typeof notificationOf>): string {
  const [request] = requestsOf(matrix, notificationOf(...args), settings)
  return (withJsonBody(request).body as { readonly body: string }).body
}

function urlOf(...args: Parameters<typeof notificationOf>): string {
  const [request] = requestsOf(matrix, notificationOf(...args), settings)
  return request?.url ?? ''
}

describe('matrix requests', () => {
  it('puts an info event into the room, under the hash of the event', () => {
    const event =
      '{"involvedObject":{"kind":"Kustomization","namespace":"flux-system","name":"podinfo",' +
      '"uid":"7d0cdc51-ddcf-4743-b223-83ca5c699632","apiVersion":"kustomize.toolkit.fluxcd.io/v1",' +
      '"resourceVersion":"28123"},"severity":"info","timestamp":"2026-11-20T09:14:03Z",' +
      '"message":"Applied","reason":"ReconciliationSucceeded","metadata":{"team":"web"},' +
      '"reportingController":"kustomize-controller",' +
      '"reportingInstance":"kustomize-controller-7c7b47f5f-8bhrp"}'
    const metadata = { 'kustomize.toolkit.fluxcd.io/team': 'web' }
    const notification = notificationOf('kustomization-applied', { message: 'Applied', metadata })
    expect(requestsOf(matrix, notification, settings)).toEqual([
      {
        method: 'PUT',
        url: SEND + createHash('sha1').update(event).digest('hex'),
        headers: { 'content-type': 'application/json', authorization: 'Bearer syt_bot' },
        body: JSON.stringify({
          body: '💫 kustomization/podinfo.flux-system\nApplied\n- team: web\n',
          msgtype: 'm.text',
        }),
      },
    ])
  })

  it('puts an error with a siren, and the metadata sorted', () => {
    expect(textOf('helmrelease-upgrade-failed')).toBe(
      '🚨 helmrelease/webapp.apps\n' +
        'Helm upgrade failed for release apps/webapp with chart webapp@1.4.2: context deadline exceeded\n' +
        '- app-version: 2.0.1\n' +
        '- deploymentID: e076e315-5a48-41c3-81c8-8d8bdee7d74d\n' +
        '- revision: 1.4.2\n',
    )
  })

  it('puts a progress event without metadata', () => {
    expect(textOf('kustomization-configured', { metadata: null })).toBe(
      '💫 kustomization/podinfo.flux-system\n' +
        'Deployment/podinfo/podinfo configured\nService/podinfo/podinfo unchanged\n',
    )
  })

  it('leaves unicode and markup as they are', () => {
    const changes = {
      message: 'déployé 🚀 <b>"x"</b> *y* & `z`',
      metadata: { 'kustomize.toolkit.fluxcd.io/team': 'Ünïts & <co> 🦊' },
    }
    expect(textOf('kustomization-applied', changes)).toBe(
      '💫 kustomization/podinfo.flux-system\n' +
        'déployé 🚀 <b>"x"</b> *y* & `z`\n- team: Ünïts & <co> 🦊\n',
    )
  })

  it('has one transaction for one event, and another for another', () => {
    expect(urlOf('kustomization-finished')).toBe(urlOf('kustomization-finished'))
    expect(urlOf('kustomization-finished', { timestamp: '2026-11-20T10:00:00Z' })).not.toBe(
      urlOf('kustomization-finished'),
    )
  })

  it('has another transaction for what another Alert says of the event by its rules', () => {
    const plain = notificationOf('kustomization-applied')
    const url = (changes: object) => requestsOf(matrix, { ...plain, ...changes }, settings)[0]?.url
    const urls = [
      {},
      { title: 'for ops' },
      { title: 'for dev' },
      { link: 'https://grafana.example/' },
      { thread: { name: 'prod', order: '1' } },
    ].map(url)
    expect(new Set(urls).size).toBe(urls.length)
    expect(url({ thread: { name: 'prod', order: '2' } })).toBe(urls.at(-1))
  })

  it('has one transaction for a long event, be it in time or late', () => {
    const inTime = notificationOf('kustomization-applied', { message: '配'.repeat(39_000) })
    const [first, later] = [inTime, { ...inTime, late: true, overtaken: true }].map(
      (n) => requestsOf(matrix, n, settings)[0],
    )
    expect(later?.url).toBe(first?.url)
    expect(later?.body).not.toBe(first?.body)
    expect(Buffer.byteLength(String(later?.body))).toBeLessThan(60_300)
  })

  it('takes address and room as they are', () => {
    const own = { address: 'https://example.org/sub', channel: '%21a%2Fb:example.org' }
    const [request] = requestsOf(
      matrix,
      notificationOf('kustomization-finished'),
      settingsOf(matrix, own, { token: 't' }),
    )
    expect(request?.url).toContain(
      'https://example.org/sub/_matrix/client/r0/rooms/%21a%2Fb:example.org/send/m.room.message/',
    )
  })
})

describe('matrix limit of an event', () => {
  it.each([
    ['quotes', '"'],
    ['three-byte letters', '配'],
    ['pairs', '🚀'],
  ])('cuts a long message of %s to 60,000 bytes', (_, character) => {
    const message = character.repeat(39_000)
    const notification = notificationOf('kustomization-applied', { message })
    const body = String(requestsOf(matrix, notification, settings)[0]?.body)
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(60_000)
    expect(Buffer.byteLength(body)).toBeGreaterThan(59_990)
    expect(body.isWellFormed()).toBe(true)
    expect(body.includes('…\\n- commit_status: update\\n- revision: main@sha1:9e2f')).toBe(true)
  })

  it('leaves a long message of ASCII', () => {
    const message = 'x'.repeat(39_000)
    expect(textOf('kustomization-applied', { message }).includes(message)).toBe(true)
  })
})

describe('matrix settings', () => {
  it.each([
    ['no address', { ...spec, address: '' }, { token: 't' }, /^address: set spec\.address/],
    [
      'a query',
      { ...spec, address: 'https://a.b/?c' },
      { token: 't' },
      /^address: .*without query/,
    ],
    ['no room', { ...spec, channel: '' }, { token: 't' }, /^channel: set spec\.channel to the id/],
    ['an alias', { ...spec, channel: '#flux:a.b' }, { token: 't' }, /^channel: .*an alias/],
    ['a path', { ...spec, channel: '..' }, { token: 't' }, /^channel: set spec\.channel/],
    ['no token', spec, {}, /^token: the Secret named by spec\.secretRef needs the key token/],
  ])('refuses %s', (_, changed, secret, message) => {
    expect(() => settingsOf(matrix, changed, secret)).toThrow(message)
  })

  it('masks the token', () => {
    expect(secretsOf(matrix, spec, { token: 'syt_bot' })).toContain('syt_bot')
  })
})

describe('matrix answers', () => {
  it('waits as long as the body of a 429 says', () => {
    const body = '{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests","retry_after_ms":2500}'
    expect(matrix.classify?.(response(429, body))).toEqual({
      kind: 'retry',
      reason: 'HTTP 429: Too Many Requests',
      applied: 'no',
      retryAfterMs: 2_500,
    })
    const header = response(429, body, { 'retry-after': '9' })
    expect(matrix.classify?.(header)).toMatchObject({ retryAfterMs: 9_000 })
  })

  it.each([
    [401, 'M_UNKNOWN_TOKEN', 'Invalid access token passed.', 'unauthorized'],
    [403, 'M_FORBIDDEN', 'User @bot:example.org not in room', 'unauthorized'],
    [404, 'M_UNRECOGNIZED', 'Unrecognized request', 'rejected'],
    [413, 'M_TOO_LARGE', 'event too large', 'rejected'],
  ])('repeats what a %i says: %s', (status, errcode, error, kind) => {
    const verdict = { kind, reason: `HTTP ${status}: ${error}` }
    expect(matrix.classify?.(response(status, JSON.stringify({ errcode, error })))).toEqual(verdict)
  })
})

describeStatusClasses(matrix)
