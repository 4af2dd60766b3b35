import { describe, expect, it } from 'vitest'
import { discord } from '../../../relay/providers/discord.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  notificationOf,
  requestsOf,
  response,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const ADDRESS = 'https://discord.com/api/webhooks/123456789/a-Token'
const settings = settingsOf(discord, { channel: 'general' }, { address: ADDRESS })

describe('discord requests', () => {
  it('posts an info event to the Slack-compatible address, without channel and fallback', () => {
    expect(requestsOf(discord, notificationOf('kustomization-finished'), settings)).toEqual([
      {
        method: 'POST',
        url: 'https://discord.com/api/webhooks/123456789/a-Token/slack',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          channel: '',
          username: 'kustomize-controller',
          icon_url: '',
          icon_emoji: '',
          attachments: [
            {
              fallback: '',
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
        }),
      },
    ])
  })

  it('posts an error in danger color, under the name of the spec', () => {
    const named = settingsOf(discord, { address: ADDRESS, username: 'flux' })
    const [request] = requestsOf(discord, notificationOf('helmrelease-upgrade-failed'), named)
    expect(withJsonBody(request).body).toEqual({
      channel: '',
      username: 'flux',
      icon_url: '',
      icon_emoji: '',
      attachments: [
        {
          fallback: '',
          color: 'danger',
          author_name: 'helmrelease/webapp.apps',
          text: 'Helm upgrade failed for release apps/webapp with chart webapp@1.4.2: context deadline exceeded',
          mrkdwn_in: ['text'],
          fields: [
            { title: 'app-version', value: '2.0.1', short: false },
            { title: 'deploymentID', value: 'e076e315-5a48-41c3-81c8-8d8bdee7d74d', short: false },
            { title: 'revision', value: '1.4.2', short: false },
          ],
        },
      ],
    })
  })

  it('posts the lines of a progress event, and no fields without metadata', () => {
    const [request] = requestsOf(
      discord,
      notificationOf('kustomization-configured', { metadata: null }),
      settings,
    )
    expect(withJsonBody(request).body).toMatchObject({
      attachments: [
        {
          color: 'good',
          text: 'Deployment/podinfo/podinfo configured\nService/podinfo/podinfo unchanged',
          fields: [],
        },
      ],
    })
  })

  it('shows markup of others as they wrote it', () => {
    const [request] = requestsOf(
      discord,
      notificationOf('kustomization-applied', {
        message: 'déployé 🚀 <b>"x"</b> *y* & `z`',
        metadata: { 'kustomize.toolkit.fluxcd.io/team': 'Ünïts & <co> 🦊' },
      }),
      settings,
    )
    expect(withJsonBody(request).body).toMatchObject({
      attachments: [
        {
          text: 'déployé 🚀 \\<b>"x"\\</b> \\*y\\* & \\`z\\`',
          fields: [{ title: 'team', value: 'Ünïts & \\<co> 🦊', short: false }],
        },
      ],
    })
  })

  it.each([
    ['https://discord.com/api/webhooks/1/t/slack', 'https://discord.com/api/webhooks/1/t/slack'],
    ['https://discord.com/api/webhooks/1/t/', 'https://discord.com/api/webhooks/1/t/slack'],
    [
      'https://discord.com/api/webhooks/1/t?thread_id=9',
      'https://discord.com/api/webhooks/1/t/slack?thread_id=9',
    ],
  ])('posts for %s to %s', (address, url) => {
    const [request] = requestsOf(
      discord,
      notificationOf('kustomization-finished'),
      settingsOf(discord, { address }),
    )
    expect(request?.url).toBe(url)
  })

  it('makes the same bytes of the same input', () => {
    const notification = notificationOf('helmrelease-upgrade-failed')
    expect(requestsOf(discord, notification, settings)).toEqual(
      requestsOf(discord, notification, settings),
    )
  })
})

describe('discord limits of an embed', () => {
  function attachment(changes: Record<string, unknown>) {
    const [request] = requestsOf(
      discord,
      notificationOf('kustomization-applied', changes),
      settings,
    )
    const body = withJsonBody(request).body as {
      readonly attachments: ReadonlyArray<{
        readonly text: string
        readonly fields: ReadonlyArray<{ readonly title: string; readonly value: string }>
      }>
    }
    const [only] = body.attachments
    if (!only) throw new Error('no attachment')
    return only
  }

  it('cuts a message to 4096 characters', () => {
    expect(attachment({ message: 'x'.repeat(39_000) }).text).toBe(`${'x'.repeat(4_095)}…`)
    expect(attachment({ message: 'x'.repeat(4_096) }).text).toBe('x'.repeat(4_096))
  })

  it('does not cut through a character', () => {
    const { text } = attachment({ message: `x${'🚀'.repeat(4_000)}` })
    expect(text).toBe(`x${'🚀'.repeat(2_047)}…`)
  })

  it('cuts a value to 1024 characters and keeps 25 fields', () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [`kustomize.toolkit.fluxcd.io/k${n + 10}`, 'v']),
    )
    metadata['kustomize.toolkit.fluxcd.io/a'] = 'v'.repeat(2_000)
    const { fields } = attachment({ metadata })
    expect(fields).toHaveLength(25)
    expect(fields[0]).toEqual({ title: 'a', value: `${'v'.repeat(1_023)}…`, short: false })
    expect(fields[24]?.title).toBe('k33')
  })

  it('shortens message and values to 6000 characters in all', () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 10 }, (_, n) => [`kustomize.toolkit.fluxcd.io/k${n}`, 'v'.repeat(900)]),
    )
    const { text, fields } = attachment({ message: 'x'.repeat(39_000), metadata })
    expect(fields.map(({ value }) => value)).toEqual(Array(10).fill(`${'v'.repeat(255)}…`))
    // 6000 - 33 of kustomization/podinfo.flux-system - 10 fields of 2 + 256
    expect(text).toBe(`${'x'.repeat(3_386)}…`)
  })

  it('cuts a user name to 80 characters', () => {
    const long = settingsOf(discord, { address: ADDRESS, username: 'u'.repeat(100) })
    const [request] = requestsOf(discord, notificationOf('kustomization-finished'), long)
    expect(withJsonBody(request).body).toMatchObject({ username: `${'u'.repeat(79)}…` })
  })

  it.each(['', ' '])('names no user for a controller without a name: %j', (reportingController) => {
    const notification = notificationOf('kustomization-applied', { reportingController })
    const plain = settingsOf(discord, { address: ADDRESS })
    const [request] = requestsOf(discord, notification, plain)
    expect(withJsonBody(request).body).not.toHaveProperty('username')
  })
})

describe('discord limit of an author', () => {
  it('cuts a long name of an object', () => {
    const name = 'n'.repeat(250)
    const involvedObject = { kind: 'Kustomization', namespace: 'flux-system', name }
    const [request] = requestsOf(
      discord,
      notificationOf('kustomization-applied', { involvedObject }),
      settings,
    )
    const author_name = `kustomization/${'n'.repeat(241)}…`
    expect(withJsonBody(request).body).toMatchObject({ attachments: [{ author_name }] })
  })
})

describe('discord settings', () => {
  it.each([
    ['no address', {}, {}, /address: set spec\.address/],
    ['a blank Secret address', { address: ADDRESS }, { address: ' ' }, /address: set spec\./],
    ['an address that is no URL', { address: 'general' }, {}, /address: set spec\.address/],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(discord, spec, secret)).toThrow(message)
  })
})

describe('discord answers', () => {
  it('repeats what the service says', () => {
    const answer = response(400, '{"message":"Invalid Webhook Token","code":50027}')
    const verdict = { kind: 'rejected', reason: 'HTTP 400: Invalid Webhook Token' }
    expect(discord.classify?.(answer)).toEqual(verdict)
  })
})

describeStatusClasses(discord)
