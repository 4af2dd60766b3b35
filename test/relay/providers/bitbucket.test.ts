import { describe, expect, it } from 'vitest'
import { bitbucket } from '../../../relay/providers/bitbucket.ts'
import { NotificationError } from '../../../relay/providers/contract.ts'
import { notificationOf, response, settingsOf, withJsonBody } from '../../support/notifications.ts'

const ADDRESS = 'https://bitbucket.org/example/fleet-infra'
const SHA = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const STATUS_URL = `https://api.bitbucket.org/2.0/repositories/example/fleet-infra/commit/${SHA}/statuses/build`
/** SHA-1 of `kustomization/podinfo/0c9c2e41`. */
const PODINFO_KEY = 'dfbdde19098ffc25b398f33cc01d36690866ac7b'
const settings = settingsOf(bitbucket, { address: ADDRESS }, { token: 'flux:app-password' })

describe('bitbucket requests', () => {
  it('reports success for an info event', () => {
    const notification = notificationOf('kustomization-applied')
    const [request, ...others] = bitbucket.requests(notification, settings)
    expect(others).toEqual([])
    expect(withJsonBody(request)).toEqual({
      method: 'POST',
      url: STATUS_URL,
      headers: {
        'content-type': 'application/json',
        authorization: 'Basic Zmx1eDphcHAtcGFzc3dvcmQ=',
      },
      body: {
        state: 'SUCCESSFUL',
        key: PODINFO_KEY,
        name: 'kustomization/podinfo',
        description: 'reconciliation succeeded',
        url: 'https://bitbucket.org',
      },
    })
  })

  it('reports failure for an error event', () => {
    const notification = notificationOf('kustomization-health-check-failed')
    expect(withJsonBody(bitbucket.requests(notification, settings)[0])).toMatchObject({
      url: STATUS_URL,
      body: {
        state: 'FAILED',
        key: PODINFO_KEY,
        name: 'kustomization/podinfo',
        description: 'health check failed',
      },
    })
  })

  it('reads the old revision form, main/<hash>', () => {
    const [request] = bitbucket.requests(notificationOf('kustomization-finished'), settings)
    expect(request?.url).toBe(STATUS_URL)
  })

  it('takes the commit of a preview over its chart version', () => {
    const notification = notificationOf('helmrelease-change-request')
    expect(withJsonBody(bitbucket.requests(notification, settings)[0])).toMatchObject({
      url: STATUS_URL,
      body: {
        state: 'SUCCESSFUL',
        // SHA-1 of `helmrelease/webapp-pr-42/0c9c2e41`.
        key: 'b00c9f08b25b7f459bcbd4c728de2ed2705c1f53',
        name: 'helmrelease/webapp-pr-42',
        description: 'install succeeded',
      },
    })
  })

  it.each([
    ['no metadata', notificationOf('kustomization-finished', { metadata: null })],
    ['a chart version', notificationOf('helmrelease-upgrade-failed')],
  ])('cannot report on %s', (_, notification) => {
    expect(() => bitbucket.requests(notification, settings)).toThrow(NotificationError)
  })

  it.each([
    ['a long word', 'A'.repeat(39_000), `${'a'.repeat(254)}…`],
    ['surrogate pairs', '🚀'.repeat(200), `${'🚀'.repeat(127)}…`],
  ])('cuts a reason of %s', (_, reason, description) => {
    const notification = notificationOf('kustomization-finished', { reason })
    expect(withJsonBody(bitbucket.requests(notification, settings)[0]).body).toMatchObject({
      description,
    })
  })

  it('has a key of 40 characters for any context', () => {
    const notification = {
      ...notificationOf('kustomization-finished'),
      commitStatusContext: 'ü'.repeat(5_000),
    }
    expect(withJsonBody(bitbucket.requests(notification, settings)[0]).body).toMatchObject({
      key: expect.stringMatching(/^[\da-f]{40}$/),
    })
  })

  it.each([
    ['git@bitbucket.org:w/r.git', 'https://api.bitbucket.org/2.0/repositories/w/r'],
    ['ssh://git@bitbucket.org/w/r', 'https://api.bitbucket.org/2.0/repositories/w/r'],
    [
      'ssh://git@altssh.bitbucket.org:443/w/r.git',
      'https://api.bitbucket.org/2.0/repositories/w/r',
    ],
    ['git@altssh.bitbucket.org:w/r.git', 'https://api.bitbucket.org/2.0/repositories/w/r'],
    ['http://bitbucket.org/w/r', 'https://api.bitbucket.org/2.0/repositories/w/r'],
    ['http://127.0.0.1:9000/w/r', 'http://127.0.0.1:9000/2.0/repositories/w/r'],
    ['https://bitbucket.corp/w/r.git', 'https://bitbucket.corp/2.0/repositories/w/r'],
    ['https://bitbucket.org/{1-2}/r', 'https://api.bitbucket.org/2.0/repositories/%7B1-2%7D/r'],
  ])('finds the API of %s', (address, repositoryUrl) => {
    const other = settingsOf(bitbucket, { address }, { token: 'u:p' })
    const [request] = bitbucket.requests(notificationOf('kustomization-finished'), other)
    expect(request?.url).toBe(`${repositoryUrl}/commit/${SHA}/statuses/build`)
  })

  it('makes the same bytes of the same input', () => {
    const notification = notificationOf('kustomization-applied')
    expect(bitbucket.requests(notification, settings)).toEqual(
      bitbucket.requests(notification, settings),
    )
  })
})

describe('bitbucket skips', () => {
  it('what is under way, and nothing else', () => {
    const progressing = notificationOf('kustomization-configured').event
    expect(bitbucket.skips?.(progressing)).toMatch(/Progressing/)
    expect(bitbucket.skips?.(notificationOf('kustomization-applied').event)).toBeUndefined()
  })
})

describe('bitbucket subject', () => {
  const applied = notificationOf('kustomization-applied')
  const subject = bitbucket.subject?.(applied, settings)

  it('is one for a commit and a context, whatever happened', () => {
    const notification = notificationOf('kustomization-health-check-failed')
    const failed = bitbucket.subject?.(notification, settings)
    expect(failed?.key).toBe(subject?.key)
    expect(subject?.shows).toContain('SUCCESSFUL: reconciliation succeeded')
    expect(failed?.shows).toContain('FAILED: health check failed')
  })

  it('shows the name, which a context of its own does not fix', () => {
    const other = {
      ...notificationOf('helmrelease-change-request', { reason: 'ReconciliationSucceeded' }),
      commitStatusContext: applied.commitStatusContext,
    }
    const otherSubject = bitbucket.subject?.(other, settings)
    expect(otherSubject?.key).toBe(subject?.key)
    expect(otherSubject?.shows).not.toBe(subject?.shows)
  })

  it.each([
    [
      'commit',
      {
        ...applied,
        event: { ...applied.event, metadata: { revision: `main@sha1:${'0'.repeat(40)}` } },
      },
      settings,
    ],
    ['context', { ...applied, commitStatusContext: 'other' }, settings],
    [
      'repository',
      applied,
      settingsOf(bitbucket, { address: 'https://bitbucket.org/example/other' }, { token: 'u:p' }),
    ],
  ])('is another for another %s', (_, notification, others) => {
    expect(bitbucket.subject?.(notification, others).key).not.toBe(subject?.key)
  })
})

describe('bitbucket settings', () => {
  it.each([
    ['ana@example.com:ATATT3x', `Basic ${btoa('ana@example.com:ATATT3x')}`],
    ['ATCTT3xFfGN0-repository_token=1A2B', 'Bearer ATCTT3xFfGN0-repository_token=1A2B'],
    ['workspace-token', 'Bearer workspace-token'],
  ])('sends the token %s as %s', (token, sent) => {
    const own = settingsOf(bitbucket, { address: ADDRESS }, { token })
    const [request] = bitbucket.requests(notificationOf('kustomization-finished'), own)
    expect(request?.headers.authorization).toBe(sent)
  })

  it.each([
    ['no address', {}, { token: 'u:p' }, /^address: set spec\.address/],
    [
      'a workspace alone',
      { address: 'https://bitbucket.org/w' },
      { token: 'u:p' },
      /^address: .*w/,
    ],
    ['a deep path', { address: `${ADDRESS}/src` }, { token: 'u:p' }, /^address: .*workspace\/repo/],
    ['a trailing /', { address: `${ADDRESS}/` }, { token: 'u:p' }, /^address: must not end in \//],
    ['no Secret', { address: ADDRESS }, {}, /^token: .*email:api-token/],
    [
      'a password alone',
      { address: ADDRESS },
      { username: 'u', password: 'p' },
      /^token: .*email:api/,
    ],
    ['a token for no header', { address: ADDRESS }, { token: 'hunter2\nb' }, /^token: .*U\+000A/],
    ['two colons', { address: ADDRESS }, { token: 'hunter2:b:c' }, /^token: .*one colon/],
    ['an empty user', { address: ADDRESS }, { token: ':hunter2' }, /^token: .*one colon/],
    ['an empty password', { address: ADDRESS }, { token: 'hunter2:' }, /^token: .*one colon/],
    ['both wrong', {}, { token: ':hunter2' }, /^address: .*; token: /],
  ])('refuses %s, and does not say the token', (_, spec, secret, message) => {
    expect(() => settingsOf(bitbucket, spec, secret)).toThrow(message)
    expect(() => settingsOf(bitbucket, spec, secret)).not.toThrow(/hunter2/)
  })
})

describe('bitbucket answers', () => {
  it.each([
    [201, '{"state":"SUCCESSFUL"}', {}, { kind: 'delivered' }],
    [200, '{"state":"SUCCESSFUL"}', {}, { kind: 'delivered' }],
    [302, '', {}, { kind: 'rejected' }],
    [
      400,
      '{"type":"error","error":{"message":"key: Ensure this value has at most 40 characters","fields":{}}}',
      {},
      { kind: 'rejected', reason: expect.stringMatching(/^HTTP 400: key: Ensure this value/) },
    ],
    [401, '', {}, { kind: 'unauthorized' }],
    [
      403,
      '{"type":"error","error":{"message":"Your credentials lack one or more required privilege scopes."}}',
      {},
      { kind: 'unauthorized', reason: expect.stringMatching(/privilege scopes/) },
    ],
    [403, '', { 'retry-after': '30' }, { kind: 'retry', retryAfterMs: 30_000, applied: 'no' }],
    [403, '', { 'x-ratelimit-remaining': '0' }, { kind: 'retry', applied: 'no' }],
    [404, '', {}, { kind: 'rejected', reason: expect.stringMatching(/commit is not found/) }],
    [408, '', {}, { kind: 'retry', applied: 'no' }],
    [410, '', {}, { kind: 'rejected' }],
    [425, '', {}, { kind: 'retry' }],
    [429, '', {}, { kind: 'retry', applied: 'no' }],
    [500, '', {}, { kind: 'retry', applied: 'unknown' }],
    [503, '', { 'retry-after': '5' }, { kind: 'retry', retryAfterMs: 5_000 }],
  ])('judges %i %s', (status, body, headers, verdict) => {
    expect(bitbucket.classify?.(response(status, body, headers))).toMatchObject(verdict)
  })
})
