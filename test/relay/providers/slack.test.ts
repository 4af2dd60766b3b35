import { describe, expect, it } from 'vitest'
import { slack } from '../../../relay/providers/slack.ts'
import {
  notificationOf,
  requestsOf,
  response,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const ADDRESS = 'https://hooks.slack.com/services/YOUR/SLACK/WEBHOOK'
const settings = settingsOf(slack, { channel: 'general' }, { address: ADDRESS })

describe('slack requests', () => {
  it('posts an info event as a green attachment', () => {
    const [request] = slack.requests(notificationOf('kustomization-finished'), settings)
    expect(withJsonBody(request)).toEqual({
      method: 'POST',
      url: ADDRESS,
      headers: { 'content-type': 'application/json' },
      body: {
        channel: 'general',
        username: 'kustomize-controller',
        icon_url: '',
        icon_emoji: '',
        attachments: [
          {
            fallback:
              'kustomization/podinfo.flux-system: Reconciliation finished in 2.084434647s, next run in 5m0s',
            color: 'good',
            author_name: 'kustomization/podinfo.flux-system',
            text: 'Reconciliation finished in 2.084434647s, next run in 5m0s',
            mrkdwn_in: ['text'],
            fields: [
              {
                title: 'revision',
                value: 'main/9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d',
                short: false,
              },
            ],
          },
        ],
      },
    })
  })

  it('posts an error in danger color, with the metadata as sorted fields', () => {
    const [request] = slack.requests(notificationOf('helmrelease-upgrade-failed'), settings)
    expect(withJsonBody(request).body).toMatchObject({
      attachments: [
        {
          color: 'danger',
          fields: [
            { title: 'app-version', value: '2.0.1' },
            { title: 'deploymentID' },
            { title: 'revision', value: '1.4.2' },
          ],
        },
      ],
    })
  })

  it('sends channel as an empty string when there is none, and the first line as fallback', () => {
    const bare = settingsOf(slack, { address: ADDRESS, username: 'flux' })
    const [request] = slack.requests(
      notificationOf('kustomization-configured', { metadata: null }),
      bare,
    )
    expect(withJsonBody(request).body).toMatchObject({
      channel: '',
      username: 'flux',
      attachments: [
        {
          fallback: 'kustomization/podinfo.flux-system: Deployment/podinfo/podinfo configured',
          fields: [],
        },
      ],
    })
  })

  it('sends a bot token as a bearer', () => {
    const bot = settingsOf(
      slack,
      { address: 'https://slack.com/api/chat.postMessage' },
      { token: 'xoxb-1' },
    )
    const [request] = slack.requests(notificationOf('kustomization-finished'), bot)
    expect(request?.headers).toEqual({
      'content-type': 'application/json',
      authorization: 'Bearer xoxb-1',
    })
  })

  it('makes the same bytes of the same input', () => {
    const notification = notificationOf('helmrelease-upgrade-failed')
    expect(slack.requests(notification, settings)).toEqual(slack.requests(notification, settings))
  })
})

describe('slack limit of 40,000 characters', () => {
  interface Attachment {
    readonly fallback: string
    readonly text: string
    readonly fields: ReadonlyArray<{ readonly title: string; readonly value: string }>
  }

  function attachmentOf(changes: Record<string, unknown>): Attachment {
    const notification = notificationOf('kustomization-applied', changes)
    const { body } = withJsonBody(requestsOf(slack, notification, settings)[0])
    const [attachment] = (body as { readonly attachments: readonly Attachment[] }).attachments
    if (!attachment) throw new Error('no attachment')
    return attachment
  }

  const metadata = { 'kustomize.toolkit.fluxcd.io/diff': 'd'.repeat(5_000) }

  it.each(['x', '🚀'])('cuts a long message of %s beside long metadata', (character) => {
    const attachment = attachmentOf({ message: character.repeat(39_000), metadata })
    const length = attachment.text.length + 'diff'.length + 5_000
    expect(length + 'kustomization/podinfo.flux-system'.length).toBeLessThanOrEqual(40_000)
    expect(attachment.text.length).toBeGreaterThan(34_950)
    expect(attachment.text.endsWith(`${character}…`)).toBe(true)
    expect(attachment.text.isWellFormed()).toBe(true)
    expect(attachment.fields).toMatchObject([{ title: 'diff', value: 'd'.repeat(5_000) }])
  })

  it('leaves a long message that fits, and cuts its fallback to 4,000', () => {
    const attachment = attachmentOf({ message: 'x'.repeat(39_000) })
    expect(attachment.text).toHaveLength(39_000)
    expect(attachment.fallback).toHaveLength(4_000)
    expect(attachment.fallback.endsWith('x…')).toBe(true)
  })

  it('shortens values that leave no room for the message', () => {
    const long = { 'kustomize.toolkit.fluxcd.io/diff': 'd'.repeat(50_000) }
    const attachment = attachmentOf({ message: 'failed', metadata: long })
    expect(attachment.text).toBe('failed')
    expect(attachment.fields).toMatchObject([{ value: `${'d'.repeat(255)}…` }])
  })
})

describe('a long message', () => {
  const again = (address: string, message: string) => {
    const own = settingsOf(slack, {}, { address })
    const answer = response(400, '{"id":"web.incoming_webhook.attachment.app_error"}')
    return slack.fallback?.(answer, notificationOf('kustomization-applied', { message }), own)
  }

  it('goes again, shorter, to another server that refuses it', () => {
    const sent = again('https://chat.example.com/hooks/x', 'x'.repeat(10_000))
    expect(withJsonBody(sent?.requests[0])).toMatchObject({
      url: 'https://chat.example.com/hooks/x',
      body: { attachments: [{ text: `${'x'.repeat(999)}…`, fields: [{ title: 'revision' }] }] },
    })
    expect(sent?.note).toContain('sent again shorter: message (1000 of 10000 characters are sent)')
  })

  it.each([
    ['Slack itself', ADDRESS, 10_000],
    ['a message that is short', 'https://chat.example.com/hooks/x', 100],
  ])('does not go again to %s', (_, address, length) => {
    expect(again(address, 'x'.repeat(length))).toBeUndefined()
  })
})

describe('slack settings', () => {
  it.each([
    ['no address', {}, {}, /address: set spec\.address/],
    [
      'a blank Secret address',
      { address: ADDRESS },
      { address: ' ' },
      /address: set spec\.address/,
    ],
    ['an address that is no URL', { address: 'general' }, {}, /address: set spec\.address/],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(slack, spec, secret)).toThrow(message)
  })
})

describe('slack answers', () => {
  it('are tried after the wait that they ask for, be their status 200', () => {
    const body = '{"ok":false,"error":"ratelimited"}'
    const verdict = slack.classify?.(response(200, body, { 'retry-after': '120' }))
    expect(verdict).toMatchObject({ kind: 'retry', retryAfterMs: 120_000 })
  })

  it.each([
    [200, 'ok', { kind: 'delivered' }],
    [200, '{"ok":true}', { kind: 'delivered' }],
    [200, '{"ok":false,"error":"ratelimited"}', { kind: 'retry', applied: 'no' }],
    [200, '{"ok":false,"error":"external_channel_migrating"}', { kind: 'retry', applied: 'no' }],
    [200, '{"ok":false,"error":"org_login_required"}', { kind: 'retry', applied: 'no' }],
    [200, '{"ok":false,"error":"team_added_to_org"}', { kind: 'retry', applied: 'no' }],
    [200, '{"ok":false,"error":"invalid_auth"}', { kind: 'unauthorized' }],
    [200, '{"ok":false,"error":"token_revoked"}', { kind: 'unauthorized' }],
    [200, '{"ok":false,"error":"account_inactive"}', { kind: 'unauthorized' }],
    [200, '{"ok":false,"error":"channel_not_found"}', { kind: 'rejected' }],
    [200, '{"ok":false,"error":"not_in_channel"}', { kind: 'rejected' }],
    [200, '{"ok":false', { kind: 'delivered' }],
    [429, '', { kind: 'retry' }],
    [500, '', { kind: 'retry' }],
    [403, 'invalid_token', { kind: 'unauthorized' }],
    [404, 'no_service', { kind: 'rejected', reason: 'HTTP 404: no_service' }],
    [
      410,
      'channel_is_archived',
      { kind: 'rejected', reason: 'HTTP 410: the address is gone: channel_is_archived' },
    ],
    [400, '<p>no words of Slack</p>', { kind: 'rejected', reason: 'HTTP 400' }],
    [429, '{"ok":false,"error":"ratelimited"}', { kind: 'retry', reason: 'HTTP 429: ratelimited' }],
    [200, 'message_sent', { kind: 'delivered' }],
    [400, 'invalid_payload\n', { kind: 'rejected', reason: 'HTTP 400: invalid_payload' }],
    [400, 'no_text', { kind: 'rejected', reason: 'HTTP 400: no_text' }],
    [404, 'No such hook.', { kind: 'rejected', reason: 'HTTP 404: No such hook.' }],
    [500, 'rollup_error', { kind: 'retry', reason: 'HTTP 500: rollup_error' }],
    [
      200,
      '{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"identify"}',
      { kind: 'rejected', reason: 'Slack answered missing_scope: it needs chat:write' },
    ],
    [
      200,
      '{"ok":false,"error":"invalid_arguments","response_metadata":{"messages":["[ERROR] no\\nchannel"]}}',
      { kind: 'rejected', reason: 'Slack answered invalid_arguments: [ERROR] no channel' },
    ],
  ])('judges %i %s', (status, body, verdict) => {
    expect(slack.classify?.(response(status, body))).toMatchObject(verdict)
  })
})
