import { describe, expect, it } from 'vitest'
import { telegram } from '../../../relay/providers/telegram.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  notificationOf,
  requestsOf,
  response,
  secretsOf,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const TOKEN = '110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw'
const spec = { channel: '-1001234567890' }
const settings = settingsOf(telegram, spec, { token: TOKEN })

interface Body {
  readonly chat_id: string
  readonly text: string
}

function bodyOf(...args: Parameters<typeof notificationOf>): Body {
  const [request] = requestsOf(telegram, notificationOf(...args), settings)
  return withJsonBody(request).body as Body
}

/** The text as Telegram shows it; throws where MarkdownV2 would be refused. */
function shown(markdown: string): string {
  return markdown.replace(/\\([\s\S])|([\s\S])/gu, (_, escaped?: string, plain = '') => {
    if (escaped !== undefined) return escaped
    if (/[\\._[\]()~>`#+=|{}!-]/.test(plain)) throw new Error(`not escaped: ${plain}`)
    return plain === '*' ? '' : plain
  })
}

describe('telegram requests', () => {
  it('posts an info event to the public API', () => {
    expect(requestsOf(telegram, notificationOf('kustomization-finished'), settings)).toEqual([
      {
        method: 'POST',
        url: `https://api.telegram.org/bot${TOKEN}/sendMessage`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          chat_id: '-1001234567890',
          text:
            '*💫 kustomization/podinfo/flux\\-system*\n' +
            'Reconciliation finished in 2\\.084434647s, next run in 5m0s\n' +
            '\\- *revision*: main/9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d\n',
          parse_mode: 'MarkdownV2',
        }),
      },
    ])
  })

  it('posts an error with a siren, and the metadata sorted', () => {
    expect(bodyOf('helmrelease-upgrade-failed').text).toBe(
      '*🚨 helmrelease/webapp/apps*\n' +
        'Helm upgrade failed for release apps/webapp with chart webapp@1\\.4\\.2: context deadline exceeded\n' +
        '\\- *app\\-version*: 2\\.0\\.1\n' +
        '\\- *deploymentID*: e076e315\\-5a48\\-41c3\\-81c8\\-8d8bdee7d74d\n' +
        '\\- *revision*: 1\\.4\\.2\n',
    )
  })

  it('posts a progress event without metadata', () => {
    expect(bodyOf('kustomization-configured', { metadata: null }).text).toBe(
      '*💫 kustomization/podinfo/flux\\-system*\n' +
        'Deployment/podinfo/podinfo configured\nService/podinfo/podinfo unchanged\n',
    )
  })

  it('escapes every character that MarkdownV2 gives a meaning', () => {
    const changes = {
      message: '\\ . - _ [ ] ( ) ~ > ` # + = | { } ! * déployé 🚀 & <b>',
      metadata: { 'kustomize.toolkit.fluxcd.io/a_b': '[x](https://e.x) 🦊' },
    }
    expect(bodyOf('kustomization-applied', changes).text).toBe(
      '*💫 kustomization/podinfo/flux\\-system*\n' +
        '\\\\ \\. \\- \\_ \\[ \\] \\( \\) \\~ \\> \\` \\# \\+ \\= \\| \\{ \\} \\! \\* déployé 🚀 & <b\\>\n' +
        '\\- *a\\_b*: \\[x\\]\\(https://e\\.x\\) 🦊\n',
    )
  })

  it.each([
    ['-1001:17', { chat_id: '-1001', message_thread_id: 17 }],
    ['42', { chat_id: '42' }],
    ['@fluxcd', { chat_id: '@fluxcd' }],
    ['@fluxcd:3', { chat_id: '@fluxcd', message_thread_id: 3 }],
  ])('posts for the channel %s', (channel, target) => {
    const [request] = requestsOf(
      telegram,
      notificationOf('kustomization-finished'),
      settingsOf(telegram, { channel }, { token: TOKEN }),
    )
    const {
      text: _,
      parse_mode: __,
      ...rest
    } = withJsonBody(request).body as Body & {
      readonly parse_mode: string
    }
    expect(rest).toEqual(target)
  })

  it.each([
    ['http://bots.example.com:8081', `http://bots.example.com:8081/bot${TOKEN}/sendMessage`],
    [
      'https://example.com/telegram/?k=1',
      `https://example.com/telegram/bot${TOKEN}/sendMessage?k=1`,
    ],
  ])('posts to the server at %s', (address, url) => {
    const own = settingsOf(telegram, { ...spec, address }, { token: TOKEN })
    const [request] = requestsOf(telegram, notificationOf('kustomization-finished'), own)
    expect(request?.url).toBe(url)
  })

  it('makes the same bytes of the same input', () => {
    const notification = notificationOf('helmrelease-upgrade-failed')
    expect(requestsOf(telegram, notification, settings)).toEqual(
      requestsOf(telegram, notification, settings),
    )
  })
})

describe('telegram limit of 4096 characters after entities parsing', () => {
  it.each([
    ['letters', 'x'],
    ['escapes', '.'],
    ['backslashes', '\\'],
    ['pairs', '🚀'],
  ])('cuts a long message of %s, never in an escape', (_, character) => {
    const { text } = bodyOf('kustomization-applied', { message: character.repeat(39_000) })
    const plain = shown(text)
    expect(plain.length).toBeLessThanOrEqual(4_096)
    expect(plain.length).toBeGreaterThan(4_094)
    expect(plain.includes(`${character}…\n- commit_status: update\n- revision: main@`)).toBe(true)
    expect(text.isWellFormed()).toBe(true)
  })

  it('counts the address that stands beside a heading with a backtick', () => {
    const notification = notificationOf('kustomization-applied', { message: 'x'.repeat(39_000) })
    const { event } = notification
    const [request] = requestsOf(
      telegram,
      {
        ...notification,
        title: 'the app `web`',
        event: { ...event, metadata: {} },
        link: 'https://dash.example/apps/web',
      },
      settings,
    )
    const { text } = withJsonBody(request).body as Body
    expect(text).toContain('https://dash\\.example/apps/web')
    expect(shown(text).length).toBeLessThanOrEqual(4_096)
    expect(shown(text).length).toBeGreaterThan(4_094)
  })

  it('leaves a message that just fits', () => {
    const message = '.'.repeat(4_096 - '💫 kustomization/podinfo/flux-system\n\n'.length)
    const { text } = bodyOf('kustomization-applied', { message, metadata: null })
    expect(shown(text)).toBe(`💫 kustomization/podinfo/flux-system\n${message}\n`)
  })
})

describe('telegram settings', () => {
  it.each([
    ['no channel', {}, { token: TOKEN }, /^channel: set spec\.channel to the id of a chat/],
    ['a channel that is no id', { channel: 'general' }, { token: TOKEN }, /^channel: set spec/],
    ['an empty topic', { channel: '-1:' }, { token: TOKEN }, /^channel: .*for a topic/],
    ['no token', spec, {}, /^token: the Secret named by spec\.secretRef needs the key token/],
    ['a token with a path', spec, { token: '1:a/../x' }, /^token: the Secret named by/],
    ['a token of two lines', spec, { token: `${TOKEN}\nx` }, /^token: the Secret named by/],
    [
      'an address that is no URL',
      { ...spec, address: 'x' },
      { token: TOKEN },
      /^address: expected/,
    ],
  ])('refuses %s', (_, changed, secret, message) => {
    expect(() => settingsOf(telegram, changed, secret)).toThrow(message)
  })

  it('masks the token, and what is secret in an address', () => {
    const own = { ...spec, address: 'https://example.com/hidden?key=k' }
    expect(secretsOf(telegram, own, { token: TOKEN })).toEqual(
      expect.arrayContaining([TOKEN, '/hidden', 'k']),
    )
  })
})

describe('telegram answers', () => {
  const limited =
    '{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}}'

  it('waits as long as the body of a 429 says', () => {
    expect(telegram.classify?.(response(429, limited))).toEqual({
      kind: 'retry',
      reason: 'HTTP 429: Too Many Requests: retry after 35',
      applied: 'no',
      retryAfterMs: 35_000,
    })
  })

  it('takes a Retry-After before the body, and at most an hour', () => {
    const header = response(429, limited, { 'retry-after': '7' })
    expect(telegram.classify?.(header)).toMatchObject({ retryAfterMs: 7_000 })
    const long = response(429, '{"parameters":{"retry_after":86400}}')
    expect(telegram.classify?.(long)).toMatchObject({ retryAfterMs: 3_600_000 })
  })

  it.each([
    [400, 'Bad Request: chat not found', 'rejected'],
    [400, 'Bad Request: message is too long', 'rejected'],
    [401, 'Unauthorized', 'unauthorized'],
    [403, 'Forbidden: bot was kicked from the group chat', 'unauthorized'],
    [502, 'Bad Gateway', 'retry'],
  ])('repeats what a %i says: %s', (status, description, kind) => {
    const body = JSON.stringify({ ok: false, error_code: status, description })
    const reason = `HTTP ${status}: ${description}`
    expect(telegram.classify?.(response(status, body))).toMatchObject({ kind, reason })
  })
})

describeStatusClasses(telegram)
