import { describe, expect, it } from 'vitest'
import { rocket } from '../../../relay/providers/rocket.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  notificationOf,
  requestsOf,
  response,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const ADDRESS = 'https://chat.example.com/hooks/65f1/Token'
const settings = settingsOf(rocket, { channel: '#general' }, { address: ADDRESS })

describe('rocket requests', () => {
  it('posts an info event in blue, without a user name of its own', () => {
    expect(rocket.requests(notificationOf('kustomization-finished'), settings)).toEqual([
      {
        method: 'POST',
        url: ADDRESS,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          channel: '#general',
          username: '',
          icon_url: '',
          icon_emoji: '',
          attachments: [
            {
              fallback: '',
              color: '#0076D7',
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

  it('posts an error in red, under the name of the spec', () => {
    const named = settingsOf(rocket, { address: ADDRESS, username: 'flux' })
    const [request] = rocket.requests(notificationOf('helmrelease-upgrade-failed'), named)
    expect(withJsonBody(request).body).toEqual({
      channel: '',
      username: 'flux',
      icon_url: '',
      icon_emoji: '',
      attachments: [
        {
          fallback: '',
          color: '#FF0000',
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
    const [request] = rocket.requests(
      notificationOf('kustomization-configured', { metadata: null }),
      settings,
    )
    expect(withJsonBody(request).body).toMatchObject({
      attachments: [
        {
          color: '#0076D7',
          text: 'Deployment/podinfo/podinfo configured\nService/podinfo/podinfo unchanged',
          fields: [],
        },
      ],
    })
  })

  it('shows markup of others as they wrote it', () => {
    const [request] = rocket.requests(
      notificationOf('kustomization-applied', {
        message: 'déployé 🚀 <b>"x"</b> *y* & `z`',
        metadata: { 'kustomize.toolkit.fluxcd.io/team': 'Ünïts & <co> 🦊' },
      }),
      settings,
    )
    expect(withJsonBody(request).body).toMatchObject({
      attachments: [
        {
          text: 'déployé 🚀 <b>"x"</b> \\*y\\* & \\`z\\`',
          fields: [{ title: 'team', value: 'Ünïts & <co> 🦊', short: false }],
        },
      ],
    })
  })

  it('sends a long message whole', () => {
    const message = '🚀'.repeat(19_500)
    const [request] = requestsOf(
      rocket,
      notificationOf('kustomization-applied', { message }),
      settings,
    )
    expect(withJsonBody(request).body).toMatchObject({ attachments: [{ text: message }] })
  })

  it('makes the same bytes of the same input', () => {
    const notification = notificationOf('helmrelease-upgrade-failed')
    expect(rocket.requests(notification, settings)).toEqual(rocket.requests(notification, settings))
  })
})

describe('rocket settings', () => {
  it.each([
    ['no address', {}, {}, /address: set spec\.address/],
    ['a blank Secret address', { address: ADDRESS }, { address: ' ' }, /address: set spec\./],
    ['an address that is no URL', { address: 'general' }, {}, /address: set spec\.address/],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(rocket, spec, secret)).toThrow(message)
  })
})

describe('rocket answers', () => {
  it('repeats what the service says', () => {
    const answer = response(400, '{"success":false,"error":"invalid-channel"}')
    const verdict = { kind: 'rejected', reason: 'HTTP 400: invalid-channel' }
    expect(rocket.classify?.(answer)).toEqual(verdict)
  })
})

describeStatusClasses(rocket)
