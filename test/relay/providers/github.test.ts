import { describe, expect, it } from 'vitest'
import { NotificationError } from '../../../relay/providers/contract.ts'
import { github } from '../../../relay/providers/github.ts'
import { notificationOf, response, settingsOf, withJsonBody } from '../../support/notifications.ts'

const ADDRESS = 'https://github.com/example/fleet-infra'
const SHA = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const settings = settingsOf(github, { address: ADDRESS }, { token: 'ghp_1' })

describe('github requests', () => {
  it('reports success for an info event', () => {
    const [request, ...others] = github.requests(notificationOf('kustomization-applied'), settings)
    expect(others).toEqual([])
    expect(withJsonBody(request)).toEqual({
      method: 'POST',
      url: `https://api.github.com/repos/example/fleet-infra/statuses/${SHA}`,
      headers: {
        'content-type': 'application/json',
        accept: 'application/vnd.github.v3+json',
        'x-github-api-version': '2022-11-28',
        authorization: 'Bearer ghp_1',
      },
      body: {
        state: 'success',
        context: 'kustomization/podinfo/0c9c2e41',
        description: 'reconciliation succeeded',
      },
    })
  })

  it('reports failure for an error event', () => {
    const notification = notificationOf('kustomization-health-check-failed')
    expect(withJsonBody(github.requests(notification, settings)[0])).toMatchObject({
      url: `https://api.github.com/repos/example/fleet-infra/statuses/${SHA}`,
      body: {
        state: 'failure',
        context: 'kustomization/podinfo/0c9c2e41',
        description: 'health check failed',
      },
    })
  })

  it('reads the old revision form, main/<hash>', () => {
    const [request] = github.requests(notificationOf('kustomization-finished'), settings)
    expect(request?.url).toBe(`https://api.github.com/repos/example/fleet-infra/statuses/${SHA}`)
  })

  it('takes the commit of a preview over its chart version', () => {
    const notification = notificationOf('helmrelease-change-request')
    expect(withJsonBody(github.requests(notification, settings)[0])).toMatchObject({
      url: `https://api.github.com/repos/example/fleet-infra/statuses/${SHA}`,
      body: {
        state: 'success',
        context: 'helmrelease/webapp-pr-42/0c9c2e41',
        description: 'install succeeded',
      },
    })
  })

  it.each([
    ['no metadata', notificationOf('kustomization-finished', { metadata: null })],
    ['a chart version', notificationOf('helmrelease-upgrade-failed')],
  ])('cannot report on %s', (_, notification) => {
    expect(() => github.requests(notification, settings)).toThrow(NotificationError)
  })

  it.each([
    ['a long word', 'A'.repeat(39_000), `${'a'.repeat(139)}…`],
    ['140 characters', 'A'.repeat(140), 'a'.repeat(140)],
    ['surrogate pairs', '🚀'.repeat(100), `${'🚀'.repeat(69)}…`],
    ['another script', 'ÄnderungÜbernommen', 'änderung übernommen'],
    ['nothing', '', ''],
  ])('cuts a reason of %s', (_, reason, description) => {
    const notification = notificationOf('kustomization-finished', { reason })
    expect(withJsonBody(github.requests(notification, settings)[0]).body).toMatchObject({
      description,
    })
  })

  it('cuts the context at 255 characters', () => {
    const notification = {
      ...notificationOf('kustomization-finished'),
      commitStatusContext: 'c'.repeat(256),
    }
    expect(withJsonBody(github.requests(notification, settings)[0]).body).toMatchObject({
      context: `${'c'.repeat(254)}…`,
    })
  })

  it.each([
    ['git@github.com:o/r.git', 'https://api.github.com/repos/o/r'],
    ['ssh://git@github.com/o/r', 'https://api.github.com/repos/o/r'],
    ['http://GitHub.com/o/r.git', 'https://api.github.com/repos/o/r'],
    ['https://github.corp/o/r', 'https://github.corp/api/v3/repos/o/r'],
    ['http://github.corp:8080/o/r', 'http://github.corp:8080/api/v3/repos/o/r'],
    ['https://github.com:8443/o/r', 'https://github.com:8443/api/v3/repos/o/r'],
    ['ssh://git@github.corp:2222/o/r.git', 'https://github.corp/api/v3/repos/o/r'],
    ['https://api.corp.ghe.com/o/r', 'https://api.corp.ghe.com/repos/o/r'],
    ['https://github.api.corp/o/r', 'https://github.api.corp/repos/o/r'],
    ['https://octocorp.ghe.com/o/r', 'https://api.octocorp.ghe.com/repos/o/r'],
    ['git@octocorp.ghe.com:o/r.git', 'https://api.octocorp.ghe.com/repos/o/r'],
    ['https://a.b.ghe.com/o/r', 'https://a.b.ghe.com/api/v3/repos/o/r'],
    ['https://ghe.com/o/r', 'https://ghe.com/api/v3/repos/o/r'],
    ['ssh://git@ssh.github.com:443/o/r.git', 'https://api.github.com/repos/o/r'],
    ['git@ssh.github.com:o/r.git', 'https://api.github.com/repos/o/r'],
    ['https://www.github.com/o/r', 'https://api.github.com/repos/o/r'],
    ['https://user:ghp_abc@github.com/o/r', 'https://api.github.com/repos/o/r'],
    ['https://github.com/o/r#readme', 'https://api.github.com/repos/o/r'],
    ['github.com:o/r', 'https://api.github.com/repos/o/r'],
    ['https://github.corp/o/a%3Fb', 'https://github.corp/api/v3/repos/o/a%3Fb'],
  ])('finds the API of %s', (address, repositoryUrl) => {
    const other = settingsOf(github, { address }, { token: 't' })
    const [request] = github.requests(notificationOf('kustomization-finished'), other)
    expect(request?.url).toBe(`${repositoryUrl}/statuses/${SHA}`)
  })

  it.each([
    ['the password where there is no token', { username: 'u', password: 'pw' }, 'Bearer pw'],
    ['the token over the password', { token: 't', username: 'u', password: 'pw' }, 'Bearer t'],
    ['the token over App keys', { token: 't', githubAppID: '1' }, 'Bearer t'],
    ['the token without what surrounds it', { token: ' t\n' }, 'Bearer t'],
  ])('sends %s', (_, secret, authorization) => {
    const other = settingsOf(github, { address: ADDRESS }, secret)
    const [request] = github.requests(notificationOf('kustomization-finished'), other)
    expect(request?.headers.authorization).toBe(authorization)
  })

  it('takes the name for a password from the spec', () => {
    const spec = { address: ADDRESS, username: 'u' }
    expect(settingsOf(github, spec, { password: 'pw' }).credential).toEqual({
      kind: 'token',
      token: 'pw',
    })
  })

  it('makes the same bytes of the same input', () => {
    const notification = notificationOf('kustomization-applied')
    expect(github.requests(notification, settings)).toEqual(github.requests(notification, settings))
  })
})

describe('github skips', () => {
  it('what is under way, and nothing else', () => {
    expect(github.skips?.(notificationOf('kustomization-configured').event)).toMatch(/Progressing/)
    expect(github.skips?.(notificationOf('kustomization-applied').event)).toBeUndefined()
  })
})

describe('github subject', () => {
  const applied = notificationOf('kustomization-applied')
  const subject = github.subject?.(applied, settings)

  it('is one for a commit and a context, whatever happened', () => {
    const failed = github.subject?.(notificationOf('kustomization-health-check-failed'), settings)
    expect(failed?.key).toBe(subject?.key)
    expect(subject?.shows).toBe('success: reconciliation succeeded')
    expect(failed?.shows).toBe('failure: health check failed')
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
      settingsOf(github, { address: 'https://github.com/example/other' }, { token: 't' }),
    ],
    [
      'forge',
      applied,
      settingsOf(github, { address: 'https://github.corp/example/fleet-infra' }, { token: 't' }),
    ],
  ])('is another for another %s', (_, notification, others) => {
    expect(github.subject?.(notification, others).key).not.toBe(subject?.key)
  })

  it('is none for an event without a commit', () => {
    const notification = notificationOf('kustomization-finished', { metadata: null })
    expect(() => github.subject?.(notification, settings)).toThrow(NotificationError)
  })
})

describe('github settings', () => {
  it.each([
    ['no address', {}, { token: 't' }, /^address: set spec\.address/],
    ['a blank Secret address', { address: ADDRESS }, { token: 't', address: ' ' }, /^address: set/],
    [
      'an owner alone',
      { address: 'https://github.com/o' },
      { token: 't' },
      /^address: .*owner\/rep/,
    ],
    [
      'a deep path',
      { address: 'https://github.com/o/r/x' },
      { token: 't' },
      /^address: .*owner\/r/,
    ],
    ['a trailing /', { address: `${ADDRESS}/` }, { token: 't' }, /^address: must not end in \//],
    ['no Secret', { address: ADDRESS }, {}, /^token: .*needs the key token or password/],
    ['an empty token', { address: ADDRESS }, { token: '' }, /^token: .*needs the key token/],
    [
      'a password without a name',
      { address: ADDRESS },
      { password: 'p' },
      /^username: .*no username/,
    ],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(github, spec, secret)).toThrow(message)
  })
})

describe('github answers', () => {
  const SECONDARY =
    '{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}'
  it.each([
    [201, '{"state":"success"}', {}, { kind: 'delivered' }],
    [200, '', {}, { kind: 'delivered' }],
    [204, '', {}, { kind: 'delivered' }],
    [
      301,
      '{"message":"Moved Permanently"}',
      {},
      { kind: 'rejected', reason: expect.stringMatching(/redirects.*Moved/) },
    ],
    [
      400,
      '{"message":"Problems parsing JSON"}',
      {},
      { kind: 'rejected', reason: expect.stringMatching(/Problems/) },
    ],
    [
      401,
      '{"message":"Bad credentials"}',
      {},
      { kind: 'unauthorized', reason: expect.stringMatching(/Bad credentials/) },
    ],
    [
      403,
      '{"message":"Resource not accessible"}',
      {},
      { kind: 'unauthorized', reason: expect.stringMatching(/accessible/) },
    ],
    [403, '', { 'retry-after': '30' }, { kind: 'retry', retryAfterMs: 30_000, applied: 'no' }],
    [403, '', { 'x-ratelimit-remaining': '0' }, { kind: 'retry', applied: 'no' }],
    [403, '', { 'x-ratelimit-remaining': '7' }, { kind: 'unauthorized' }],
    [
      403,
      SECONDARY,
      {},
      { kind: 'retry', retryAfterMs: 60_000, reason: expect.stringMatching(/secondary/) },
    ],
    [403, SECONDARY, { 'retry-after': '90' }, { kind: 'retry', retryAfterMs: 90_000 }],
    [403, '{"message":"You have exceeded a secondary ra', {}, { kind: 'unauthorized' }],
    [
      404,
      '{"message":"Not Found"}',
      {},
      { kind: 'rejected', reason: expect.stringMatching(/not found, or the token/) },
    ],
    [408, '', {}, { kind: 'retry', applied: 'no' }],
    [410, '', {}, { kind: 'rejected', reason: expect.stringMatching(/gone/) }],
    [
      422,
      '{"message":"No commit found for SHA: x"}',
      {},
      { kind: 'rejected', reason: expect.stringMatching(/No commit/) },
    ],
    [
      422,
      '{"message":"Validation Failed","errors":[{"resource":"Status","code":"custom","message":"This SHA and context has reached the maximum number of statuses."}]}',
      {},
      {
        kind: 'rejected',
        reason: expect.stringMatching(/^HTTP 422: Validation Failed: This SHA .* maximum number/),
      },
    ],
    [425, '', {}, { kind: 'retry' }],
    [429, SECONDARY, { 'retry-after': '60' }, { kind: 'retry', retryAfterMs: 60_000 }],
    [500, '', {}, { kind: 'retry', applied: 'unknown' }],
    [503, '', { 'retry-after': '5' }, { kind: 'retry', retryAfterMs: 5_000 }],
  ])('judges %i %s', (status, body, headers, verdict) => {
    expect(github.classify?.(response(status, body, headers))).toMatchObject(verdict)
  })
})
