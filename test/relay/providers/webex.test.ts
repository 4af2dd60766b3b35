import { describe, expect, it } from 'vitest'
import { webex } from '../../../relay/providers/webex.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  notificationOf,
  requestsOf,
  response,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const ADDRESS = 'https://webexapis.com/v1/messages'
const spec = { address: ADDRESS, channel: 'Y2lzY29-room' }
const settings = settingsOf(webex, spec, { token: 'bot-token' })

function markdownOf(...args: Parameters<typeof notificationOf>): string {
  const [request] = requestsOf(webex, notificationOf(...args), settings)
  return (withJsonBody(request).body as { readonly markdown: string }).markdown
}

describe('webex requests', () => {
  it('posts an info event to the room', () => {
    expect(requestsOf(webex, notificationOf('kustomization-finished'), settings)).toEqual([
      {
        method: 'POST',
        url: ADDRESS,
        headers: { 'content-type': 'application/json', authorization: 'Bearer bot-token' },
        body: JSON.stringify({
          roomId: 'Y2lzY29-room',
          markdown:
            '✅ **kustomization/podinfo.flux-system**\n' +
            'Reconciliation finished in 2.084434647s, next run in 5m0s\n' +
            '>**revision**: main/9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d\n',
        }),
      },
    ])
  })

  it('posts an error with a bomb, and the metadata sorted', () => {
    expect(markdownOf('helmrelease-upgrade-failed')).toBe(
      '💣 **helmrelease/webapp.apps**\n' +
        'Helm upgrade failed for release apps/webapp with chart webapp@1.4.2: context deadline exceeded\n' +
        '>**app-version**: 2.0.1\n' +
        '>**deploymentID**: e076e315-5a48-41c3-81c8-8d8bdee7d74d\n' +
        '>**revision**: 1.4.2\n',
    )
  })

  it('posts a progress event without metadata', () => {
    expect(markdownOf('kustomization-configured', { metadata: null })).toBe(
      '✅ **kustomization/podinfo.flux-system**\n' +
        'Deployment/podinfo/podinfo configured\nService/podinfo/podinfo unchanged\n',
    )
  })

  it('shows markup of others as they wrote it', () => {
    const changes = {
      message: 'déployé 🚀 <b>"x"</b> *y* & `z`',
      metadata: { 'kustomize.toolkit.fluxcd.io/team': 'Ünïts & <co> 🦊' },
    }
    expect(markdownOf('kustomization-applied', changes)).toBe(
      '✅ **kustomization/podinfo.flux-system**\n' +
        'déployé 🚀 &lt;b&gt;"x"&lt;/b&gt; \\*y\\* &amp; \\`z\\`\n' +
        '>**team**: Ünïts &amp; &lt;co&gt; 🦊\n',
    )
  })

  it('makes the same bytes of the same input', () => {
    const notification = notificationOf('helmrelease-upgrade-failed')
    expect(requestsOf(webex, notification, settings)).toEqual(
      requestsOf(webex, notification, settings),
    )
  })
})

describe('webex limit of 7439 bytes', () => {
  it('cuts a long message and keeps the metadata', () => {
    const metadata = { 'kustomize.toolkit.fluxcd.io/team': 'web' }
    const text = markdownOf('kustomization-applied', { message: 'x'.repeat(39_000), metadata })
    // The heading takes 42 bytes, the last line 15, the ellipsis 3 and the message's line end 1.
    expect(text).toBe(
      `✅ **kustomization/podinfo.flux-system**\n${'x'.repeat(7_439 - 61)}…\n>**team**: web\n`,
    )
    expect(Buffer.byteLength(text)).toBe(7_439)
  })

  it('does not cut through a character', () => {
    const text = markdownOf('kustomization-applied', { message: '🚀'.repeat(10_000) })
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(7_439)
    expect(text).toContain('🚀…\n')
    expect(text.isWellFormed()).toBe(true)
  })

  it('shortens values when they leave no room for the message', () => {
    const metadata = {
      'kustomize.toolkit.fluxcd.io/diff': 'd'.repeat(9_000),
      'kustomize.toolkit.fluxcd.io/team': 'web',
    }
    expect(markdownOf('kustomization-applied', { message: 'failed', metadata })).toBe(
      '✅ **kustomization/podinfo.flux-system**\nfailed\n' +
        `>**diff**: ${'d'.repeat(255)}…\n>**team**: web\n`,
    )
  })

  it('leaves metadata out that is too long even when shortened', () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [`kustomize.toolkit.fluxcd.io/k${n}`, 'v'.repeat(300)]),
    )
    expect(markdownOf('kustomization-applied', { message: 'failed', metadata })).toBe(
      '✅ **kustomization/podinfo.flux-system**\nfailed\n',
    )
  })
})

describe('webex settings', () => {
  it.each([
    ['no address', { ...spec, address: '' }, { token: 't' }, /address: set spec\.address/],
    ['a blank Secret address', spec, { token: 't', address: ' ' }, /address: set spec\.address/],
    ['an address that is no URL', { ...spec, address: 'x' }, { token: 't' }, /address: set spec/],
    ['no channel', { address: ADDRESS }, { token: 't' }, /channel: set spec\.channel/],
    ['no token', spec, {}, /token: the Secret named by spec\.secretRef needs the key token/],
  ])('refuses %s', (_, changed, secret, message) => {
    expect(() => settingsOf(webex, changed, secret)).toThrow(message)
  })
})

describe('webex answers', () => {
  it('repeats what the service says', () => {
    const answer = response(400, '{"message":"The text is too long","trackingId":"R_1"}')
    const verdict = { kind: 'rejected', reason: 'HTTP 400: The text is too long' }
    expect(webex.classify?.(answer)).toEqual(verdict)
  })

  it('comes again to a room that is locked for a while', () => {
    const verdict = { kind: 'retry', reason: 'HTTP 423: Locked', applied: 'unknown' }
    const body = '{"message":"Locked"}'
    expect(webex.classify?.(response(423, body))).toEqual(verdict)
    const later = response(423, body, { 'retry-after': '30' })
    expect(webex.classify?.(later)).toEqual({ ...verdict, retryAfterMs: 30_000 })
    expect(webex.classify?.(response(422)).kind).toBe('rejected')
  })
})

describeStatusClasses(webex)
