import { describe, expect, it } from 'vitest'
import { datadog } from '../../../relay/providers/datadog.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  notificationOf,
  requestsOf,
  response,
  secretsOf,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const settings = settingsOf(datadog, {}, { token: 'dd-1' })

function request(...args: Parameters<typeof notificationOf>) {
  const all = requestsOf(datadog, notificationOf(...args), settings)
  expect(all).toHaveLength(1)
  return withJsonBody(all[0])
}

describe('the age of an event', () => {
  const HOUR = 3_600_000
  const tried = (afterMs: number, message = 'it failed') => {
    const notification = notificationOf('helmrelease-upgrade-failed', { message })
    const triedAt = Date.parse(notification.event.timestamp) + afterMs
    const [sent] = requestsOf(datadog, { ...notification, triedAt }, settings)
    return { triedAt, body: withJsonBody(sent).body as { text: string; date_happened: number } }
  }

  it.each([-HOUR, 0, HOUR, 17 * HOUR])('of %i ms is its own time', (age) => {
    expect(tried(age).body).toMatchObject({ text: 'it failed', date_happened: 1_795_172_537 })
  })

  it.each([17 * HOUR + 1_000, 18 * HOUR, 24 * HOUR, 700 * HOUR])(
    'of %i ms, which Datadog would not take, is told in the text',
    (age) => {
      const { triedAt, body } = tried(age)
      expect(body).toMatchObject({
        text: 'it failed\nEvent of 2026-11-20T11:02:17Z',
        date_happened: Math.floor(triedAt / 1_000),
      })
    },
  )

  it('has room for it in a text that is cut', () => {
    const { text } = tried(20 * HOUR, 'x'.repeat(5_000)).body
    expect(text).toHaveLength(4_000)
    expect(text).toMatch(/…\nEvent of 2026-11-20T11:02:17Z$/)
  })
})

describe('datadog requests', () => {
  it('posts an error to the public service when there is no address', () => {
    expect(request('helmrelease-upgrade-failed')).toEqual({
      method: 'POST',
      url: 'https://api.datadoghq.com/api/v1/events',
      headers: { 'content-type': 'application/json', 'dd-api-key': 'dd-1' },
      body: {
        title: 'Events from the HelmRelease webapp/apps',
        text: 'Helm upgrade failed for release apps/webapp with chart webapp@1.4.2: context deadline exceeded',
        tags: [
          'flux_reporting_controller:helm-controller',
          'flux_reason:upgradefailed',
          'kube_kind:helmrelease',
          'kube_name:webapp',
          'kube_namespace:apps',
          'app-version:2.0.1',
          'deploymentid:e076e315-5a48-41c3-81c8-8d8bdee7d74d',
          'revision:1.4.2',
        ],
        source_type_name: 'fluxcd',
        date_happened: 1_795_172_537,
        alert_type: 'error',
      },
    })
  })

  it('posts info and Progressing events as info', () => {
    expect(request('kustomization-finished').body).toMatchObject({ alert_type: 'info' })
    expect(request('kustomization-configured').body).toMatchObject({ alert_type: 'info' })
    expect(datadog.skips).toBeUndefined()
    expect(datadog.subject).toBeUndefined()
  })

  it('has only the tags of the object without metadata', () => {
    const { body } = request('kustomization-finished', { metadata: null })
    expect((body as { tags: unknown }).tags).toEqual([
      'flux_reporting_controller:kustomize-controller',
      'flux_reason:reconciliationsucceeded',
      'kube_kind:kustomization',
      'kube_name:podinfo',
      'kube_namespace:flux-system',
    ])
  })

  it.each([
    ['by @slack-ops and @ana@example.com', 'by @\u200bslack-ops and @\u200bana@example.com'],
    ['@pagerduty now', '@\u200bpagerduty now'],
    ['Applied revision: main@sha1:9e2f', 'Applied revision: main@sha1:9e2f'],
  ])('notifies nobody whom the message names: %s', (message, text) => {
    expect(request('kustomization-applied', { message }).body).toMatchObject({ text })
  })

  it('lower-cases tags only, and sends texts as they are', () => {
    const message = 'Déployé 🚀 <b>"X"</b> & *y*'
    const metadata = { 'kustomize.toolkit.fluxcd.io/Team': 'ÜNÏTS & <Co> 🦊' }
    const { body } = request('kustomization-applied', { message, metadata })
    expect(body).toMatchObject({
      text: message,
      tags: expect.arrayContaining(['team:ünïts & <co> 🦊']),
    })
  })

  it('cuts a text at 4,000 characters, never through one', () => {
    const { body } = request('kustomization-applied', { message: '🚀'.repeat(3_000) })
    expect(body).toMatchObject({ text: `${'🚀'.repeat(1_999)}…` })
    const notification = notificationOf('kustomization-applied', { message: 'x'.repeat(4_000) })
    expect(datadog.fit?.(notification, settings)).toBe(notification.event)
  })

  it.each([
    [{ address: 'https://api.datadoghq.eu' }, {}, 'https://api.datadoghq.eu/api/v1/events'],
    [{ address: 'http://proxy:8080/any?x=y' }, {}, 'http://proxy:8080/api/v1/events'],
    [{ address: 'https://a.test' }, { address: ' ' }, 'https://api.datadoghq.com/api/v1/events'],
  ])('keeps scheme, host and port of the address only: %o %o', (spec, secret, url) => {
    const own = settingsOf(datadog, spec, { ...secret, token: 't' })
    const [made] = datadog.requests(notificationOf('kustomization-applied'), own)
    expect(made?.url).toBe(url)
  })
})

describe('datadog settings', () => {
  it.each([
    ['an address that is no URL', { address: 'eu' }, { token: 't' }, /address: expected an http/],
    ['no token', {}, {}, /token: the Secret .* needs the key token/],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(datadog, spec, secret)).toThrow(message)
  })

  it('masks the token and the path', () => {
    const spec = { address: 'https://a.test/key' }
    const values = secretsOf(datadog, spec, { token: 't1' })
    expect(values).toEqual(expect.arrayContaining(['t1', '/key']))
  })
})

describeStatusClasses(datadog)

it('takes no page for a success', () => {
  expect(datadog.classify?.(response(202, '<!DOCTYPE html>'))).toMatchObject({
    kind: 'retry',
    reason: expect.stringMatching(/the answer is a page/),
  })
})

it('repeats what Datadog says', () => {
  expect(datadog.classify?.(response(403, '{"errors":["Forbidden"]}'))).toEqual({
    kind: 'unauthorized',
    reason: 'HTTP 403: Forbidden',
  })
})
