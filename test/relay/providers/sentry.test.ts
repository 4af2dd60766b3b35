import { describe, expect, it } from 'vitest'
import { sentry } from '../../../relay/providers/sentry.ts'
import { sensitiveValues } from '../../../relay/providers/settings.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  fixtureEvent,
  notificationOf,
  requestsOf,
  settingsOf,
} from '../../support/notifications.ts'

const DSN = 'https://0f1e2d3c4b5a@o42.ingest.sentry.io/4501'
const settings = settingsOf(sentry, { channel: 'production' }, { address: DSN })

const HEX_32 = /^[0-9a-f]{32}$/
const HEX_16 = /^[0-9a-f]{16}$/

function onlyRequest(...args: Parameters<typeof notificationOf>) {
  const [request] = sentry.requests(notificationOf(...args), settings)
  if (!request) throw new Error('no request was made')
  return request
}

/** Reads an envelope as the format says: two lines of headers, then `length` bytes of payload. */
function parseEnvelope(body: string | Uint8Array) {
  const bytes = Buffer.from(String(body), 'utf8')
  const headerEnd = bytes.indexOf('\n')
  const itemEnd = bytes.indexOf('\n', headerEnd + 1)
  const item = JSON.parse(bytes.toString('utf8', headerEnd + 1, itemEnd))
  const payloadEnd = itemEnd + 1 + item.length
  return {
    header: JSON.parse(bytes.toString('utf8', 0, headerEnd)),
    item,
    payload: JSON.parse(bytes.toString('utf8', itemEnd + 1, payloadEnd)),
    rest: bytes.toString('utf8', payloadEnd),
  }
}

function envelopeOf(...args: Parameters<typeof notificationOf>) {
  return parseEnvelope(onlyRequest(...args).body)
}

describe('sentry requests', () => {
  it('posts to the project of the DSN', () => {
    expect(onlyRequest('helmrelease-upgrade-failed')).toEqual({
      method: 'POST',
      url: 'https://o42.ingest.sentry.io/api/4501/envelope/',
      headers: {
        'content-type': 'application/x-sentry-envelope',
        'x-sentry-auth':
          'Sentry sentry_version=7, sentry_client=flux-relay/1.0.0, sentry_key=0f1e2d3c4b5a',
      },
      body: expect.any(String),
    })
  })

  it('sends an error as an event', () => {
    const { header, item, payload, rest } = envelopeOf('helmrelease-upgrade-failed')
    expect(header).toEqual({
      event_id: expect.stringMatching(HEX_32),
      sent_at: '2026-11-20T11:02:18.000Z',
      dsn: DSN,
      sdk: { name: 'flux-relay', version: '1.0.0' },
    })
    expect(item).toEqual({ type: 'event', length: expect.any(Number) })
    expect(payload).toEqual({
      event_id: header.event_id,
      level: 'error',
      server_name: 'helm-controller',
      transaction: 'HelmRelease: apps/webapp',
      message:
        'Helm upgrade failed for release apps/webapp with chart webapp@1.4.2: context deadline exceeded',
      contexts: {
        metadata: {
          'app-version': '2.0.1',
          deploymentID: 'e076e315-5a48-41c3-81c8-8d8bdee7d74d',
          revision: '1.4.2',
        },
      },
      timestamp: '2026-11-20T11:02:17.000Z',
      platform: 'other',
      environment: 'production',
      tags: {
        flux_involved_object_kind: 'HelmRelease',
        flux_involved_object_namespace: 'apps',
        flux_involved_object_name: 'webapp',
        flux_reporting_controller: 'helm-controller',
        flux_reporting_instance: 'helm-controller-76dff45854-5bnfp',
        flux_reason: 'UpgradeFailed',
        'app-version': '2.0.1',
        deploymentID: 'e076e315-5a48-41c3-81c8-8d8bdee7d74d',
        revision: '1.4.2',
      },
    })
    expect(rest).toBe('\n')
  })

  it('sends an info event as a transaction with one span', () => {
    const { header, item, payload, rest } = envelopeOf('kustomization-configured')
    expect(item).toEqual({ type: 'transaction', length: expect.any(Number) })
    expect(payload).toEqual({
      event_id: header.event_id,
      type: 'transaction',
      level: 'info',
      transaction: 'Kustomization: flux-system/podinfo',
      message: 'Deployment/podinfo/podinfo configured\nService/podinfo/podinfo unchanged',
      contexts: {
        trace: {
          trace_id: expect.stringMatching(HEX_32),
          span_id: expect.stringMatching(HEX_16),
          op: 'event',
        },
      },
      start_timestamp: '2026-11-20T09:14:01.000Z',
      timestamp: '2026-11-20T09:14:01.000Z',
      spans: [
        {
          trace_id: payload.contexts.trace.trace_id,
          span_id: expect.stringMatching(HEX_16),
          parent_span_id: payload.contexts.trace.span_id,
          op: 'event',
          start_timestamp: '2026-11-20T09:14:01.000Z',
          timestamp: '2026-11-20T09:14:01.000Z',
        },
      ],
      platform: 'other',
      environment: 'production',
      tags: {
        flux_involved_object_kind: 'Kustomization',
        flux_involved_object_namespace: 'flux-system',
        flux_involved_object_name: 'podinfo',
        flux_reporting_controller: 'kustomize-controller',
        flux_reporting_instance: 'kustomize-controller-7c7b47f5f-8bhrp',
        flux_reason: 'Progressing',
        revision: 'main@sha1:9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d',
      },
    })
    expect(payload.spans[0].span_id).not.toBe(payload.contexts.trace.span_id)
    expect(rest).toBe('\n')
  })

  it('sends empty metadata as an empty context', () => {
    const { payload } = envelopeOf('helmrelease-upgrade-failed', { metadata: null })
    expect(payload.contexts).toEqual({ metadata: {} })
    expect(Object.keys(payload.tags)).toHaveLength(6)
  })

  it('counts the payload in bytes', () => {
    const message = `déployé 🚀 <b>"x"</b>\n& \`z\` ${'配'.repeat(38_000)}`
    const { payload, rest } = envelopeOf('kustomization-applied', {
      severity: 'error',
      message,
      metadata: { 'kustomize.toolkit.fluxcd.io/team': 'Ünïts & <co> 🦊' },
    })
    expect(payload).toMatchObject({ message, contexts: { metadata: { team: 'Ünïts & <co> 🦊' } } })
    expect(rest).toBe('\n')
  })

  it('leaves the environment out without a channel', () => {
    const [request] = sentry.requests(
      notificationOf('helmrelease-upgrade-failed'),
      settingsOf(sentry, { address: DSN }),
    )
    expect(parseEnvelope(request?.body ?? '').payload).not.toHaveProperty('environment')
  })

  it('sends the secret of an old DSN, and keeps the port and path of a self-hosted Sentry', () => {
    const [request] = sentry.requests(
      notificationOf('helmrelease-upgrade-failed'),
      settingsOf(sentry, { address: 'http://pub:sec@sentry.example.com:9000/sub/path/7' }),
    )
    expect(request?.url).toBe('http://sentry.example.com:9000/sub/path/api/7/envelope/')
    expect(request?.headers['x-sentry-auth']).toBe(
      'Sentry sentry_version=7, sentry_client=flux-relay/1.0.0, sentry_key=pub, sentry_secret=sec',
    )
  })

  it('says when it is sent, by which Sentry judges the clock, and keeps the time of the event', () => {
    const notification = notificationOf('helmrelease-upgrade-failed')
    const triedAt = Date.parse('2026-11-20T14:00:00.250Z')
    const [request] = sentry.requests({ ...notification, triedAt }, settings)
    const { header, payload } = parseEnvelope(request?.body ?? '')
    expect(header.sent_at).toBe('2026-11-20T14:00:00.250Z')
    expect(payload.timestamp).toBe('2026-11-20T11:02:17.000Z')
  })

  it('makes the same bytes of the same input, and other ids of another delivery', () => {
    const notification = notificationOf('kustomization-applied')
    expect(sentry.requests(notification, settings)).toEqual(sentry.requests(notification, settings))
    const [other] = sentry.requests({ ...notification, deliveryId: 'e'.repeat(64) }, settings)
    const { header, payload } = envelopeOf('kustomization-applied')
    const others = parseEnvelope(other?.body ?? '')
    expect(others.header.event_id).not.toBe(header.event_id)
    expect(others.payload.contexts.trace.trace_id).not.toBe(payload.contexts.trace.trace_id)
  })

  it('names an event by a version 4 UUID without dashes', () => {
    const { header } = envelopeOf('kustomization-applied')
    expect(header.event_id).toMatch(/^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
  })
})

describe('sentry tags', () => {
  const group = 'kustomize.toolkit.fluxcd.io'
  const tagsOf = (metadata: Readonly<Record<string, string>>, severity = 'error') => {
    const named = Object.entries(metadata).map(([key, value]) => [`${group}/${key}`, value])
    const changes = { severity, metadata: Object.fromEntries(named) }
    const { tags } = envelopeOf('kustomization-applied', changes).payload
    return Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('flux_')))
  }

  it.each([
    'release',
    'dist',
    'user',
    'filename',
    'function',
    'environment',
    'server_name',
    'level',
    'transaction',
    'device.class',
  ])('named %s, which Sentry has of its own, get another name', (key) => {
    expect(tagsOf({ [key]: '1.5' })).toEqual({ [`metadata.${key}`]: '1.5' })
    expect(tagsOf({ [key]: '1.5' }, 'info')).toEqual({ [`metadata.${key}`]: '1.5' })
  })

  it('with other characters than Sentry takes each get a name that it takes', () => {
    expect(tagsOf({ 'a/b': '1', 'a b': '2', a_b: '3', ü: '4', ö: '5', 'k.v:w-x': '6' })).toEqual({
      a_b: '3',
      a_b_2: '2',
      a_b_3: '1',
      _: '5',
      __2: '4',
      'k.v:w-x': '6',
    })
  })

  it('with long names are told apart', () => {
    const tags = tagsOf({ [`${'k'.repeat(220)}1`]: '1', [`${'k'.repeat(220)}2`]: '2' })
    expect(Object.values(tags).sort()).toEqual(['1', '2'])
    expect(Object.keys(tags).every((key) => /^[\w.:-]{1,200}$/.test(key))).toBe(true)
  })

  it('have their value in one line, and as it is', () => {
    expect(tagsOf({ note: 'one\r\n  two\n', version: '1.5', n: '1.50' })).toEqual({
      note: 'one two',
      version: '1.5',
      n: '1.50',
    })
  })
})

describe('sentry limit of 1 MB', () => {
  const long = Array.from({ length: 40 }, (_, n) => [
    `kustomize.toolkit.fluxcd.io/key-${n}`,
    'ü'.repeat(15_000),
  ])
  const metadata = Object.fromEntries(long)

  it.each(['info', 'error'])('cuts the metadata of an event of severity %s', (severity) => {
    const notification = notificationOf('kustomization-applied', { severity, metadata })
    const [request] = requestsOf(sentry, notification, settings)
    const { item, payload } = parseEnvelope(request?.body ?? '')
    expect(item.length).toBeLessThanOrEqual(1_000_000)
    expect(payload.tags['key-7']).toBe(`${'ü'.repeat(255)}…`)
    expect(payload.message).toBe(notification.event.message)
  })

  it.each([
    [498_000, 498_000],
    [500_000, 256],
  ])('takes a value of %i characters, which is there twice, as one of %i', (length, left) => {
    const changes = { metadata: { 'kustomize.toolkit.fluxcd.io/long': 'x'.repeat(length) } }
    const notification = notificationOf('kustomization-health-check-failed', changes)
    const [request] = requestsOf(sentry, notification, settings)
    expect(parseEnvelope(request?.body ?? '').payload.tags.long).toHaveLength(left)
  })

  it('leaves an event that fits as it is', () => {
    const notification = notificationOf('kustomization-applied', { message: 'é'.repeat(39_000) })
    expect(sentry.fit?.(notification, settings)).toBe(notification.event)
  })
})

describe('sentry and severities', () => {
  it('skips trace', () => {
    expect(sentry.skips?.(fixtureEvent('kustomization-applied', { severity: 'trace' }))).toBe(
      'sentry does not take events of severity trace',
    )
  })

  it.each(['info', 'error'])('takes %s', (severity) => {
    expect(sentry.skips?.(fixtureEvent('kustomization-applied', { severity }))).toBeUndefined()
  })

  it('has no subject: every event stands for itself', () => {
    expect(sentry.subject).toBeUndefined()
  })
})

describe('sentry settings', () => {
  const NOT_A_DSN = /address: expected a Sentry DSN/
  it.each([
    ['no address', {}, {}, /address: set spec\.address/],
    ['a blank Secret address', { address: DSN }, { address: ' ' }, /address: set spec\.address/],
    ['an address that is no URL', { address: 'general' }, {}, /address: set spec\.address/],
    ['a DSN without a key', { address: 'https://o42.ingest.sentry.io/4501' }, {}, NOT_A_DSN],
    ['a DSN without a project', { address: 'https://k@o42.ingest.sentry.io' }, {}, NOT_A_DSN],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(sentry, spec, secret)).toThrow(message)
  })

  it('masks the public key and the secret', () => {
    const input = {
      address: 'https://public-key:secret-key@sentry.example.com/7',
      addressWithUserInfo: 'https://public-key:secret-key@sentry.example.com/7',
      userInfo: undefined,
      channel: '',
      username: '',
      specUsername: '',
      password: '',
      token: '',
      headers: {},
      serviceAccountName: '',
      providerUid: '',
      annotations: {},
      secret: {},
    }
    expect(sensitiveValues(sentry.settings, input)).toEqual(
      expect.arrayContaining(['public-key', 'secret-key']),
    )
  })
})

describeStatusClasses(sentry)
