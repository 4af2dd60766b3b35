import { describe, expect, it } from 'vitest'
import { gitlab } from '../../../relay/providers/gitlab.ts'
import { COMMIT, describeCommitStatus } from '../../contract/commit-status-contract.ts'
import { notificationOf, response, settingsOf } from '../../support/notifications.ts'

const ADDRESS = 'https://gitlab.com/example/platform/fleet-infra'
const STATUS_URL = `https://gitlab.com/api/v4/projects/example%2Fplatform%2Ffleet-infra/statuses/${COMMIT}`
const settings = settingsOf(gitlab, { address: ADDRESS }, { token: 'glpat-1' })

describeCommitStatus(gitlab, {
  address: ADDRESS,
  secret: { token: 'glpat-1' },
  url: STATUS_URL,
  headers: { 'content-type': 'application/json', 'private-token': 'glpat-1' },
  success: {
    state: 'success',
    name: 'kustomization/podinfo/0c9c2e41',
    description: 'reconciliation succeeded',
  },
  failure: {
    state: 'failed',
    name: 'kustomization/podinfo/0c9c2e41',
    description: 'health check failed',
  },
  preview: {
    state: 'success',
    name: 'helmrelease/webapp-pr-42/0c9c2e41',
    description: 'install succeeded',
  },
  longContext: { name: `${'c'.repeat(254)}…` },
  cuts: [
    ['a long word', 'A'.repeat(39_000), `${'a'.repeat(254)}…`],
    ['255 characters', 'A'.repeat(255), 'a'.repeat(255)],
    ['surrogate pairs', '🚀'.repeat(200), `${'🚀'.repeat(127)}…`],
  ],
  subject: {
    key: JSON.stringify([STATUS_URL, 'kustomization/podinfo/0c9c2e41']),
    success: 'success: reconciliation succeeded',
    failure: 'failed: health check failed',
  },
  others: [
    ['project', 'https://gitlab.com/example/other'],
    ['forge', 'https://gitlab.corp/example/platform/fleet-infra'],
  ],
})

describe('gitlab requests', () => {
  it('takes a SHA-256 commit, which GitLab has', () => {
    const hash = 'ab'.repeat(32)
    const notification = notificationOf('kustomization-finished', {
      metadata: { 'kustomize.toolkit.fluxcd.io/originRevision': `main@sha256:${hash}` },
    })
    expect(gitlab.requests(notification, settings)[0]?.url).toMatch(new RegExp(`/${hash}$`))
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
    expect(request?.url).toBe(`${projectUrl}/statuses/${COMMIT}`)
    // Whoever sends the request parses the URL first, which must not undo an escape.
    expect(new URL(request?.url ?? '').href).toBe(request?.url)
  })

  it('sends the password where there is no token', () => {
    const other = settingsOf(gitlab, { address: ADDRESS }, { username: 'u', password: 'pw' })
    const [request] = gitlab.requests(notificationOf('kustomization-finished'), other)
    expect(request?.headers['private-token']).toBe('pw')
  })
})

describe('gitlab settings', () => {
  it.each([
    [
      'a group alone',
      { address: 'https://gitlab.com/g' },
      { token: 't' },
      /^address: .*group\/proj/,
    ],
    ['half a number', { address: 'https://gitlab.com/12a' }, { token: 't' }, /^address: .*number/],
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
    [
      404,
      '{"message":"404 Commit Not Found"}',
      {},
      {
        kind: 'rejected',
        reason: expect.stringMatching(/404 Commit Not Found: .*lacks the right/),
      },
    ],
    [
      409,
      '{"message":"Another update to this commit status is in progress"}',
      {},
      { kind: 'retry', applied: 'no', reason: expect.stringMatching(/Another update/) },
    ],
    [422, '{"message":"The number of jobs has exceeded the limit"}', {}, { kind: 'rejected' }],
    [429, 'Retry later', { 'retry-after': '60' }, { kind: 'retry', retryAfterMs: 60_000 }],
  ])('judges %i %s', (status, body, headers, verdict) => {
    expect(gitlab.classify?.(response(status, body, headers))).toMatchObject(verdict)
  })
})
