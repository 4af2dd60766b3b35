import { describe, expect, it } from 'vitest'
import { NotificationError } from '../../../relay/providers/contract.ts'
import { gitlab } from '../../../relay/providers/gitlab.ts'
import { notificationOf, response, settingsOf, withJsonBody } from '../../support/notifications.ts'

const ADDRESS = 'https://gitlab.com/example/platform/fleet-infra'
const SHA = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const STATUS_URL = `https://gitlab.com/api/v4/projects/example%2Fplatform%2Ffleet-infra/statuses/${SHA}`
const settings = settingsOf(gitlab, { address: ADDRESS }, { token: 'glpat-1' })

describe('gitlab requests', () => {
  it('reports success for an info event', () => {
    const [request, ...others] = gitlab.requests(notificationOf('kustomization-applied'), settings)
    expect(others).toEqual([])
    expect(withJsonBody(request)).toEqual({
      method: 'POST',
      url: STATUS_URL,
      headers: { 'content-type': 'application/json', 'private-token': 'glpat-1' },
      body: {
        state: 'success',
        name: 'kustomization/podinfo/0c9c2e41',
        description: 'reconciliation succeeded',
      },
    })
  })

  it('reports failure for an error event', () => {
    const notification = notificationOf('kustomization-health-check-failed')
    expect(withJsonBody(gitlab.requests(notification, settings)[0])).toMatchObject({
      url: STATUS_URL,
      body: {
        state: 'failed',
        name: 'kustomization/podinfo/0c9c2e41',
        description: 'health check failed',
      },
    })
  })

  it('reads the old revision form, main/<hash>', () => {
    const [request] = gitlab.requests(notificationOf('kustomization-finished'), settings)
    expect(request?.url).toBe(STATUS_URL)
  })

  it('takes the commit of a preview over its chart version', () => {
    const notification = notificationOf('helmrelease-change-request')
    expect(withJsonBody(gitlab.requests(notification, settings)[0])).toMatchObject({
      url: STATUS_URL,
      body: {
        state: 'success',
        name: 'helmrelease/webapp-pr-42/0c9c2e41',
        description: 'install succeeded',
      },
    })
  })

  it('takes a SHA-256 commit, which GitLab has', () => {
    const hash = 'ab'.repeat(32)
    const notification = notificationOf('kustomization-finished', {
      metadata: { 'kustomize.toolkit.fluxcd.io/originRevision': `main@sha256:${hash}` },
    })
    expect(gitlab.requests(notification, settings)[0]?.url).toMatch(new RegExp(`/${hash}$`))
  })

  it.each([
    ['no metadata', notificationOf('kustomization-finished', { metadata: null })],
    ['a chart version', notificationOf('helmrelease-upgrade-failed')],
  ])('cannot report on %s', (_, notification) => {
    expect(() => gitlab.requests(notification, settings)).toThrow(NotificationError)
  })

  it.each([
    ['a long word', 'A'.repeat(39_000), `${'a'.repeat(254)}…`],
    ['255 characters', 'A'.repeat(255), 'a'.repeat(255)],
    ['surrogate pairs', '🚀'.repeat(200), `${'🚀'.repeat(127)}…`],
  ])('cuts a reason of %s', (_, reason, description) => {
    const notification = notificationOf('kustomization-finished', { reason })
    expect(withJsonBody(gitlab.requests(notification, settings)[0]).body).toMatchObject({
      description,
    })
  })

  it('cuts the name at 255 characters', () => {
    const notification = {
      ...notificationOf('kustomization-finished'),
      commitStatusContext: 'c'.repeat(256),
    }
    expect(withJsonBody(gitlab.requests(notification, settings)[0]).body).toMatchObject({
      name: `${'c'.repeat(254)}…`,
    })
  })

  it.each([
    ['https://gitlab.com/o/r', 'https://gitlab.com/api/v4/projects/o%2Fr'],
    ['git@gitlab.com:g/sub/r.git', 'https://gitlab.com/api/v4/projects/g%2Fsub%2Fr'],
    ['ssh://git@gitlab.corp:2222/g/r', 'https://gitlab.corp/api/v4/projects/g%2Fr'],
    ['http://gitlab.corp:8080/g/r', 'http://gitlab.corp:8080/api/v4/projects/g%2Fr'],
    ['https://gitlab.com/g.io/r.js.git', 'https://gitlab.com/api/v4/projects/g%2Eio%2Fr%2Ejs'],
    ['https://gitlab.com/12345678', 'https://gitlab.com/api/v4/projects/12345678'],
  ])('finds the API of %s', (address, projectUrl) => {
    const other = settingsOf(gitlab, { address }, { token: 't' })
    const [request] = gitlab.requests(notificationOf('kustomization-finished'), other)
    expect(request?.url).toBe(`${projectUrl}/statuses/${SHA}`)
    // Whoever sends the request parses the URL first, which must not undo an escape.
    expect(new URL(request?.url ?? '').href).toBe(request?.url)
  })

  it('sends the password where there is no token', () => {
    const other = settingsOf(gitlab, { address: ADDRESS }, { username: 'u', password: 'pw' })
    const [request] = gitlab.requests(notificationOf('kustomization-finished'), other)
    expect(request?.headers['private-token']).toBe('pw')
  })

  it('makes the same bytes of the same input', () => {
    const notification = notificationOf('kustomization-applied')
    expect(gitlab.requests(notification, settings)).toEqual(gitlab.requests(notification, settings))
  })
})

describe('gitlab skips', () => {
  it('what is under way, and nothing else', () => {
    expect(gitlab.skips?.(notificationOf('kustomization-configured').event)).toMatch(/Progressing/)
    expect(gitlab.skips?.(notificationOf('kustomization-applied').event)).toBeUndefined()
  })
})

describe('gitlab subject', () => {
  const applied = notificationOf('kustomization-applied')
  const subject = gitlab.subject?.(applied, settings)

  it('is one for a commit and a name, whatever happened', () => {
    const failed = gitlab.subject?.(notificationOf('kustomization-health-check-failed'), settings)
    expect(failed?.key).toBe(subject?.key)
    expect(subject?.shows).toBe('success: reconciliation succeeded')
    expect(failed?.shows).toBe('failed: health check failed')
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
    ['name', { ...applied, commitStatusContext: 'other' }, settings],
    [
      'project',
      applied,
      settingsOf(gitlab, { address: 'https://gitlab.com/example/other' }, { token: 't' }),
    ],
  ])('is another for another %s', (_, notification, others) => {
    expect(gitlab.subject?.(notification, others).key).not.toBe(subject?.key)
  })
})

describe('gitlab settings', () => {
  it.each([
    ['no address', {}, { token: 't' }, /^address: set spec\.address/],
    [
      'a group alone',
      { address: 'https://gitlab.com/g' },
      { token: 't' },
      /^address: .*group\/proj/,
    ],
    ['half a number', { address: 'https://gitlab.com/12a' }, { token: 't' }, /^address: .*number/],
    ['a trailing /', { address: `${ADDRESS}/` }, { token: 't' }, /^address: must not end in \//],
    ['no Secret', { address: ADDRESS }, {}, /^token: .*needs the key token or password/],
    [
      'a password without a name',
      { address: ADDRESS },
      { password: 'p' },
      /^username: .*no username/,
    ],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(gitlab, spec, secret)).toThrow(message)
  })
})

describe('gitlab answers', () => {
  const transition = (event: string, from: string) =>
    `{"message":"Cannot transition status via :${event} from :${from} (Reason(s): Status cannot transition via \\"${event}\\")"}`
  it.each([
    [201, '{"status":"success"}', {}, { kind: 'delivered' }],
    [200, '', {}, { kind: 'delivered' }],
    [302, '', {}, { kind: 'rejected', reason: expect.stringMatching(/redirects/) }],
    [400, transition('success', 'success'), {}, { kind: 'delivered' }],
    [400, transition('drop', 'failed'), {}, { kind: 'delivered' }],
    [
      400,
      transition('success', 'failed'),
      {},
      { kind: 'rejected', reason: expect.stringMatching(/via :success from :failed/) },
    ],
    [400, transition('drop', 'success'), {}, { kind: 'rejected' }],
    [400, transition('run', 'success'), {}, { kind: 'rejected' }],
    [500, transition('success', 'success'), {}, { kind: 'retry', applied: 'unknown' }],
    [
      400,
      '{"error":"state does not have a valid value"}',
      {},
      { kind: 'rejected', reason: 'HTTP 400: state does not have a valid value' },
    ],
    [
      401,
      '{"message":"401 Unauthorized"}',
      {},
      { kind: 'unauthorized', reason: 'HTTP 401: 401 Unauthorized' },
    ],
    [403, '{"message":"403 Forbidden"}', {}, { kind: 'unauthorized' }],
    [403, '', { 'retry-after': '30' }, { kind: 'retry', retryAfterMs: 30_000, applied: 'no' }],
    [403, '', { 'x-ratelimit-remaining': '0' }, { kind: 'retry', applied: 'no' }],
    [
      404,
      '{"message":"404 Commit Not Found"}',
      {},
      {
        kind: 'rejected',
        reason: expect.stringMatching(/404 Commit Not Found: .*lacks the right/),
      },
    ],
    [408, '', {}, { kind: 'retry', applied: 'no' }],
    [
      409,
      '{"message":"Another update to this commit status is in progress"}',
      {},
      { kind: 'retry', applied: 'no', reason: expect.stringMatching(/Another update/) },
    ],
    [410, '', {}, { kind: 'rejected' }],
    [422, '{"message":"The number of jobs has exceeded the limit"}', {}, { kind: 'rejected' }],
    [425, '', {}, { kind: 'retry' }],
    [429, 'Retry later', { 'retry-after': '60' }, { kind: 'retry', retryAfterMs: 60_000 }],
    [500, '', {}, { kind: 'retry', applied: 'unknown' }],
    [503, '', {}, { kind: 'retry', applied: 'unknown' }],
  ])('judges %i %s', (status, body, headers, verdict) => {
    expect(gitlab.classify?.(response(status, body, headers))).toMatchObject(verdict)
  })
})
