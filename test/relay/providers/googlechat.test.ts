import { describe, expect, it } from 'vitest'
import { googleChat } from '../../../relay/providers/googlechat.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  notificationOf,
  requestsOf,
  response,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const ADDRESS = 'https://chat.googleapis.com/v1/spaces/AAAA/messages?key=k-1&token=t-1'
const settings = settingsOf(googleChat, {}, { address: ADDRESS })

function keyValue(topLabel: string, content: string) {
  return {
    textParagraph: null,
    keyValue: { topLabel, content, contentMultiline: false, bottomLabel: null, icon: null },
  }
}

describe('googlechat requests', () => {
  it('posts an info event as a card', () => {
    expect(requestsOf(googleChat, notificationOf('kustomization-finished'), settings)).toEqual([
      {
        method: 'POST',
        url: ADDRESS,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          cards: [
            {
              header: {
                title: 'kustomization/podinfo.flux-system',
                subtitle: 'kustomize-controller',
                imageUrl: null,
                imageStyle: null,
              },
              sections: [
                {
                  header: '',
                  widgets: [
                    {
                      textParagraph: {
                        text: 'Reconciliation finished in 2.084434647s, next run in 5m0s',
                      },
                      keyValue: null,
                    },
                  ],
                },
                {
                  header: '',
                  widgets: [
                    {
                      textParagraph: null,
                      keyValue: {
                        topLabel: 'revision',
                        content: 'main/9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d',
                        contentMultiline: false,
                        bottomLabel: null,
                        icon: null,
                      },
                    },
                  ],
                },
              ],
            },
          ],
        }),
      },
    ])
  })

  it('posts an error in red, with the metadata sorted', () => {
    const [request] = requestsOf(googleChat, notificationOf('helmrelease-upgrade-failed'), settings)
    expect(withJsonBody(request).body).toEqual({
      cards: [
        {
          header: {
            title: 'helmrelease/webapp.apps',
            subtitle: 'helm-controller',
            imageUrl: null,
            imageStyle: null,
          },
          sections: [
            {
              header: '',
              widgets: [
                {
                  textParagraph: {
                    text: '<font color="#ff0000">Helm upgrade failed for release apps/webapp with chart webapp@1.4.2: context deadline exceeded</font>',
                  },
                  keyValue: null,
                },
              ],
            },
            {
              header: '',
              widgets: [
                keyValue('app-version', '2.0.1'),
                keyValue('deploymentID', 'e076e315-5a48-41c3-81c8-8d8bdee7d74d'),
                keyValue('revision', '1.4.2'),
              ],
            },
          ],
        },
      ],
    })
  })

  it('posts a progress event without metadata as one section', () => {
    const [request] = requestsOf(
      googleChat,
      notificationOf('kustomization-configured', { metadata: null }),
      settings,
    )
    expect(withJsonBody(request).body).toEqual({
      cards: [
        {
          header: {
            title: 'kustomization/podinfo.flux-system',
            subtitle: 'kustomize-controller',
            imageUrl: null,
            imageStyle: null,
          },
          sections: [
            {
              header: '',
              widgets: [
                {
                  textParagraph: {
                    text: 'Deployment/podinfo/podinfo configured\nService/podinfo/podinfo unchanged',
                  },
                  keyValue: null,
                },
              ],
            },
          ],
        },
      ],
    })
  })

  it('shows markup of others as they wrote it', () => {
    const [request] = requestsOf(
      googleChat,
      notificationOf('kustomization-applied', {
        message: 'déployé 🚀 <b>"x"</b> *y* & `z`',
        metadata: { 'kustomize.toolkit.fluxcd.io/team': 'Ünïts & <co> 🦊' },
      }),
      settings,
    )
    expect(withJsonBody(request).body).toMatchObject({
      cards: [
        {
          sections: [
            {
              widgets: [
                { textParagraph: { text: 'déployé 🚀 &lt;b&gt;"x"&lt;/b&gt; *y* &amp; `z`' } },
              ],
            },
            { widgets: [keyValue('team', 'Ünïts &amp; &lt;co&gt; 🦊')] },
          ],
        },
      ],
    })
  })

  it.each([
    ['info', 'x', 'x…"'],
    ['error', 'x', 'x…</font>"'],
    ['error', '配', '配…</font>"'],
  ])('cuts a long %s message of %s to a body of 32,000 bytes', (severity, character, end) => {
    const [request] = requestsOf(
      googleChat,
      notificationOf('kustomization-applied', { severity, message: character.repeat(39_000) }),
      settings,
    )
    const body = String(request?.body)
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(32_000)
    expect(Buffer.byteLength(body)).toBeGreaterThan(31_990)
    expect(body).toContain(end)
    expect(body).toContain('main@sha1:9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d')
  })

  it('makes the same bytes of the same input', () => {
    const notification = notificationOf('helmrelease-upgrade-failed')
    expect(requestsOf(googleChat, notification, settings)).toEqual(
      requestsOf(googleChat, notification, settings),
    )
  })
})

describe('googlechat settings', () => {
  it.each([
    ['no address', {}, {}, /address: set spec\.address/],
    ['a blank Secret address', { address: ADDRESS }, { address: ' ' }, /address: set spec\./],
    ['an address that is no URL', { address: 'general' }, {}, /address: set spec\.address/],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(googleChat, spec, secret)).toThrow(message)
  })
})

describe('googlechat answers', () => {
  it('repeats what the service says', () => {
    const answer = response(
      400,
      '{"error":{"code":400,"message":"Message cannot be empty.","status":"INVALID_ARGUMENT"}}',
    )
    const verdict = { kind: 'rejected', reason: 'HTTP 400: Message cannot be empty.' }
    expect(googleChat.classify?.(answer)).toEqual(verdict)
  })
})

describeStatusClasses(googleChat)
