import { describe, expect, it } from 'vitest'
import { zulip } from '../../../relay/providers/zulip.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  notificationOf,
  requestsOf,
  response,
  secretsOf,
  settingsOf,
} from '../../support/notifications.ts'

const spec = { address: 'https://example.zulipchat.com', channel: 'ops/flux events' }
const secret = { username: 'flux-bot@example.zulipchat.com', password: 'api-key' }
const settings = settingsOf(zulip, spec, secret)

type Form = Readonly<Record<string, string>>

function formOf(own: typeof settings, ...args: Parameters<typeof notificationOf>): Form {
  const [request] = requestsOf(zulip, notificationOf(...args), own)
  return Object.fromEntries(new URLSearchParams(String(request?.body)))
}

function contentOf(...args: Parameters<typeof notificationOf>): string {
  return formOf(settings, ...args).content ?? ''
}

describe('zulip requests', () => {
  it('posts an info event to the topic of the channel', () => {
    expect(requestsOf(zulip, notificationOf('kustomization-finished'), settings)).toEqual([
      {
        method: 'POST',
        url: 'https://example.zulipchat.com/api/v1/messages',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `Basic ${btoa('flux-bot@example.zulipchat.com:api-key')}`,
        },
        body:
          'type=stream&to=ops&topic=flux+events&content=%23%23+Flux+Status%0A%0A' +
          '%E2%84%B9%EF%B8%8F+Kustomization%2Fflux-system%2Fpodinfo%0A%0A' +
          'Reconciliation+finished+in+2.084434647s%2C+next+run+in+5m0s%0A%0AMetadata%3A%0A' +
          '*+%60revision%60%3A+main%2F9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d%0A',
      },
    ])
  })

  it('posts an error with a warning sign, and the metadata sorted', () => {
    expect(contentOf('helmrelease-upgrade-failed')).toBe(
      '## Flux Status\n\n⚠️ HelmRelease/apps/webapp\n\n' +
        'Helm upgrade failed for release apps/webapp with chart webapp@1.4.2: context deadline exceeded\n\n' +
        'Metadata:\n' +
        '* `app-version`: 2.0.1\n' +
        '* `deploymentID`: e076e315-5a48-41c3-81c8-8d8bdee7d74d\n' +
        '* `revision`: 1.4.2\n',
    )
  })

  it('posts a progress event without metadata', () => {
    expect(contentOf('kustomization-configured', { metadata: null })).toBe(
      '## Flux Status\n\nℹ️ Kustomization/flux-system/podinfo\n\n' +
        'Deployment/podinfo/podinfo configured\nService/podinfo/podinfo unchanged\n\nMetadata:\n',
    )
  })

  it('shows markup of others as they wrote it, and leaves the change request out', () => {
    const changes = {
      message: 'déployé 🚀 <b>"x"</b> *y* & `z`',
      metadata: {
        'kustomize.toolkit.fluxcd.io/team': 'Ünïts & <co> 🦊',
        'event.toolkit.fluxcd.io/change_request': '7',
      },
    }
    expect(contentOf('kustomization-applied', changes)).toBe(
      '## Flux Status\n\nℹ️ Kustomization/flux-system/podinfo\n\n' +
        '```text\ndéployé 🚀 <b>"x"</b> *y* & `z`\n```\n\nMetadata:\n* `team`: `Ünïts & <co> 🦊`\n',
    )
  })

  it.each([
    ['https://a.b:8443/ignored/path', 'https://a.b:8443/api/v1/messages'],
    ['https://a.b/x?key=1&y=%20', 'https://a.b/api/v1/messages?key=1&y=%20'],
  ])('posts for %s to %s', (address, url) => {
    const own = settingsOf(zulip, { ...spec, address }, secret)
    const [request] = requestsOf(zulip, notificationOf('kustomization-finished'), own)
    expect(request?.url).toBe(url)
  })

  it.each([
    ['ops/a/b', { to: 'ops', topic: 'a/b' }],
    ['ops//', { to: 'ops', topic: '/' }],
    [`ops/${'🚀'.repeat(60)}`, { topic: '🚀'.repeat(60) }],
    [`ops/${'🚀'.repeat(61)}`, { topic: `${'🚀'.repeat(57)}...` }],
  ])('posts for the channel %s', (channel, target) => {
    const own = settingsOf(zulip, { ...spec, channel }, secret)
    expect(formOf(own, 'kustomization-finished')).toMatchObject(target)
  })
})

describe('zulip limit of 10,000 characters', () => {
  it.each(['x', '配', '🚀'])('cuts a long message of %s', (character) => {
    const message = character.repeat(19_500)
    const content = contentOf('kustomization-applied', { message })
    expect([...content].length).toBe(10_000)
    expect(content.includes(`${character}…\n\nMetadata:\n* \`commit_status\`: update\n`)).toBe(true)
    expect(content.isWellFormed()).toBe(true)
  })
})

describe('zulip settings', () => {
  it.each([
    ['no address', { ...spec, address: '' }, secret, /^address: set spec\.address/],
    [
      'no channel',
      { ...spec, channel: '' },
      secret,
      /^channel: set spec\.channel to channel\/topic/,
    ],
    ['no topic', { ...spec, channel: 'ops' }, secret, /^channel: set spec\.channel/],
    ['an empty topic', { ...spec, channel: 'ops/' }, secret, /^channel: set spec\.channel/],
    ['an empty channel', { ...spec, channel: '/flux' }, secret, /^channel: set spec\.channel/],
    [
      'no password',
      spec,
      {},
      /password: the Secret named by spec\.secretRef needs the key password/,
    ],
    [
      'no username',
      spec,
      { password: 'p' },
      /^username: the Secret named .* needs the key username/,
    ],
    ['a name alone', spec, { username: 'u' }, /a username but no password; add the password/],
  ])('refuses %s', (_, changed, keys, message) => {
    expect(() => settingsOf(zulip, changed, keys)).toThrow(message)
  })

  it('takes the name from the spec beside a password', () => {
    const own = settingsOf(zulip, { ...spec, username: 'u@a.b' }, { password: 'p' })
    const [request] = requestsOf(zulip, notificationOf('kustomization-finished'), own)
    expect(request?.headers.authorization).toBe(`Basic ${btoa('u@a.b:p')}`)
  })

  it('masks the password and the query', () => {
    expect(secretsOf(zulip, { ...spec, address: 'https://a.b/?key=1' }, secret)).toEqual(
      expect.arrayContaining(['api-key', 'key=1']),
    )
  })
})

describe('zulip answers', () => {
  it('waits as long as the body of a 429 says, to the millisecond', () => {
    const body =
      '{"code":"RATE_LIMIT_HIT","msg":"API usage exceeded rate limit","result":"error","retry-after":28.706807}'
    const answer = response(429, body, { 'retry-after': '28.706807' })
    expect(zulip.classify?.(answer)).toEqual({
      kind: 'retry',
      reason: 'HTTP 429: API usage exceeded rate limit',
      applied: 'no',
      retryAfterMs: 28_707,
    })
  })

  it.each([
    [400, "Channel 'ops' does not exist", 'rejected'],
    [401, 'Invalid API key', 'unauthorized'],
    [500, 'Internal server error', 'retry'],
  ])('repeats what a %i says: %s', (status, msg, kind) => {
    const body = JSON.stringify({ result: 'error', msg })
    const reason = `HTTP ${status}: ${msg}`
    expect(zulip.classify?.(response(status, body))).toMatchObject({ kind, reason })
  })
})

describeStatusClasses(zulip)
