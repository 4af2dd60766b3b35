import { describe, expect, it } from 'vitest'
import { zoom } from '../../../relay/providers/zoom.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  notificationOf,
  requestsOf,
  response,
  secretsOf,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const ADDRESS = 'https://integrations.zoom.us/chat/webhooks/incomingwebhook/Hook-1'
const secret = { address: ADDRESS, token: 'verification' }
const settings = settingsOf(zoom, {}, secret)

function bodyOf(...args: Parameters<typeof notificationOf>): unknown {
  const [request] = requestsOf(zoom, notificationOf(...args), settings)
  return withJsonBody(request).body
}

describe('zoom requests', () => {
  it('posts an info event in the full format, with the bare token', () => {
    expect(requestsOf(zoom, notificationOf('kustomization-finished'), settings)).toEqual([
      {
        method: 'POST',
        url: `${ADDRESS}?format=full`,
        headers: { 'content-type': 'application/json', authorization: 'verification' },
        body: JSON.stringify({
          content: {
            head: { text: 'kustomization/podinfo.flux-system', sub_head: { text: 'info' } },
            body: [
              {
                type: 'message',
                text: 'Reconciliation finished in 2.084434647s, next run in 5m0s',
              },
              {
                type: 'fields',
                items: [
                  { key: 'revision', value: 'main/9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d' },
                ],
              },
            ],
          },
        }),
      },
    ])
  })

  it('posts an error with the metadata sorted', () => {
    expect(bodyOf('helmrelease-upgrade-failed')).toEqual({
      content: {
        head: { text: 'helmrelease/webapp.apps', sub_head: { text: 'error' } },
        body: [
          {
            type: 'message',
            text: 'Helm upgrade failed for release apps/webapp with chart webapp@1.4.2: context deadline exceeded',
          },
          {
            type: 'fields',
            items: [
              { key: 'app-version', value: '2.0.1' },
              { key: 'deploymentID', value: 'e076e315-5a48-41c3-81c8-8d8bdee7d74d' },
              { key: 'revision', value: '1.4.2' },
            ],
          },
        ],
      },
    })
  })

  it('posts a progress event without metadata, and no fields', () => {
    expect(bodyOf('kustomization-configured', { metadata: null })).toEqual({
      content: {
        head: { text: 'kustomization/podinfo.flux-system', sub_head: { text: 'info' } },
        body: [
          {
            type: 'message',
            text: 'Deployment/podinfo/podinfo configured\nService/podinfo/podinfo unchanged',
          },
        ],
      },
    })
  })

  it('leaves unicode and markup as they are', () => {
    const changes = {
      message: 'déployé 🚀 <b>"x"</b> *y* & `z`',
      metadata: { 'kustomize.toolkit.fluxcd.io/team': 'Ünïts & <co> 🦊' },
    }
    expect(bodyOf('kustomization-applied', changes)).toMatchObject({
      content: {
        body: [
          { text: 'déployé 🚀 <b>"x"</b> *y* & `z`' },
          { items: [{ key: 'team', value: 'Ünïts & <co> 🦊' }] },
        ],
      },
    })
  })

  it('sends a long message whole', () => {
    const body = bodyOf('kustomization-applied', { message: 'x'.repeat(39_000) })
    expect(body).toMatchObject({ content: { body: [{ text: 'x'.repeat(39_000) }, {}] } })
  })

  it.each([
    [`${ADDRESS}?format=message&a=1`, `${ADDRESS}?format=message&a=1`],
    [`${ADDRESS}?format=`, `${ADDRESS}?format=full`],
    [`${ADDRESS}?z=1&a=b%20c&a=%C3%A9`, `${ADDRESS}?a=b+c&a=%C3%A9&format=full&z=1`],
  ])('posts for %s to %s', (address, url) => {
    const own = settingsOf(zoom, {}, { ...secret, address })
    const [request] = requestsOf(zoom, notificationOf('kustomization-finished'), own)
    expect(request?.url).toBe(url)
  })
})

describe('zoom settings', () => {
  it.each([
    ['no address', {}, { token: 't' }, /^address: set spec\.address/],
    ['an address that is no URL', { address: 'x' }, { token: 't' }, /^address: set spec/],
    [
      'no token',
      { address: ADDRESS },
      {},
      /^token: the Secret named by spec\.secretRef needs the key/,
    ],
  ])('refuses %s', (_, spec, keys, message) => {
    expect(() => settingsOf(zoom, spec, keys)).toThrow(message)
  })

  it('masks the token and the hook', () => {
    expect(secretsOf(zoom, {}, secret)).toEqual(
      expect.arrayContaining(['verification', '/chat/webhooks/incomingwebhook/Hook-1']),
    )
  })
})

describe('zoom answers', () => {
  it('repeats what Zoom says', () => {
    const answer = response(400, '{"code":7004,"message":"Invalid content"}')
    const verdict = { kind: 'rejected', reason: 'HTTP 400: Invalid content' }
    expect(zoom.classify?.(answer)).toEqual(verdict)
  })
})

describeStatusClasses(zoom)
