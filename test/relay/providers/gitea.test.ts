import { describe, expect, it } from 'vitest'
import { NotificationError } from '../../../relay/providers/contract.ts'
import { gitea } from '../../../relay/providers/gitea.ts'
import {
  notificationOf,
  requestsOf,
  response,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const ADDRESS = 'https://gitea.test:3000/example/fleet-infra.git'
const SHA = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const STATUSES = `https://gitea.test:3000/api/v1/repos/example/fleet-infra/statuses/${SHA}`
const settings = settingsOf(gitea, { address: ADDRESS }, { token: 'secret-1' })

const bodyOf = (notification: ReturnType<typeof notificationOf>) =>
  withJsonBody(requestsOf(gitea, notification, settings)[0]).body

describe('gitea requests', () => {
  it.each([
    ['kustomization-applied', 'success', 'reconciliation succeeded'],
    ['kustomization-health-check-failed', 'failure', 'health check failed'],
    ['kustomization-configured', 'pending', 'progressing'],
  ] as const)('reports %s as %s', (name, state, description) => {
    const metadata = { 'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${SHA}` }
    expect(requestsOf(gitea, notificationOf(name, { metadata }), settings)).toEqual([
      {
        method: 'POST',
        url: STATUSES,
        headers: { 'content-type': 'application/json', authorization: 'token secret-1' },
        body: JSON.stringify({
          state,
          target_url: '',
          description,
          context: 'kustomization/podinfo/0c9c2e41',
        }),
      },
    ])
  })

  it('skips nothing that is meant for commits', () => {
    expect(gitea.skips?.(notificationOf('kustomization-configured').event)).toBeUndefined()
  })

  it.each([
    ['no metadata', notificationOf('kustomization-finished', { metadata: null })],
    ['a chart version', notificationOf('helmrelease-upgrade-failed')],
  ])('cannot report on %s', (_, notification) => {
    expect(() => requestsOf(gitea, notification, settings)).toThrow(NotificationError)
  })

  it('takes SHA-256 commits', () => {
    const originRevision = `main@sha256:${'ab'.repeat(32)}`
    const metadata = { 'kustomize.toolkit.fluxcd.io/originRevision': originRevision }
    const [request] = requestsOf(gitea, notificationOf('kustomization-applied', { metadata }), {
      ...settings,
    })
    expect(request?.url).toBe(STATUSES.replace(SHA, 'ab'.repeat(32)))
  })

  it.each([
    ['a long word', 'A'.repeat(1_000), `${'a'.repeat(254)}…`],
    ['markup', '<b>Ä"\\</b>', '< b > ä "\\</ b >'],
    ['nothing', '', ''],
  ])('writes a reason of %s', (_, reason, description) => {
    expect(bodyOf(notificationOf('kustomization-finished', { reason }))).toMatchObject({
      description,
    })
  })

  it('cuts the context', () => {
    const notification = notificationOf('kustomization-finished')
    expect(bodyOf({ ...notification, commitStatusContext: 'c'.repeat(300) })).toMatchObject({
      context: `${'c'.repeat(254)}…`,
    })
  })

  it.each([
    ['git@gitea.test:o/r.git', 'https://gitea.test/api/v1/repos/o/r'],
    ['http://gitea.test:3000/o/r', 'http://gitea.test:3000/api/v1/repos/o/r'],
    ['ssh://git@gitea.test:2222/o/a%3Fb', 'https://gitea.test/api/v1/repos/o/a%3Fb'],
  ])('finds the API of %s', (address, repositoryUrl) => {
    expect(settingsOf(gitea, { address }, { token: 't' })).toMatchObject({ repositoryUrl })
  })

  it('sends the password where there is no token', () => {
    const other = settingsOf(gitea, { address: ADDRESS, username: 'u' }, { password: 'pw' })
    const [request] = requestsOf(gitea, notificationOf('kustomization-applied'), other)
    expect(request?.headers.authorization).toBe('token pw')
  })
})

describe('gitea subject', () => {
  it('is one for a commit and a context, and tells what is shown', () => {
    const subjects = (['kustomization-applied', 'kustomization-configured'] as const).map((name) =>
      gitea.subject?.(
        notificationOf(name, {
          metadata: { 'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${SHA}` },
        }),
        settings,
      ),
    )
    expect(new Set(subjects.map((subject) => subject?.key)).size).toBe(1)
    expect(subjects.map((subject) => subject?.shows)).toEqual([
      'success: reconciliation succeeded',
      'pending: progressing',
    ])
  })
})

describe('gitea settings', () => {
  it.each([
    ['no address', {}, { token: 't' }, /^address: set spec\.address/],
    ['an owner alone', { address: 'https://g.test/o' }, { token: 't' }, /^address: .*owner\/repo/],
    ['a trailing /', { address: 'https://g.test/o/r/' }, { token: 't' }, /^address: .*end in/],
    ['no Secret', { address: ADDRESS }, {}, /^token: .*needs the key token or password/],
    ['a password alone', { address: ADDRESS }, { password: 'p' }, /^username: .*no username/],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(gitea, spec, secret)).toThrow(message)
  })
})

describe('gitea answers', () => {
  it.each([
    [201, '{"status":"success"}', { kind: 'delivered' }],
    [401, '{"message":"token is required"}', { kind: 'unauthorized' }],
    [
      404,
      '{"message":"sha not found"}',
      { kind: 'rejected', reason: expect.stringMatching(/sha not.*commit is not/) },
    ],
    [502, '', { kind: 'retry', applied: 'unknown' }],
  ])('judges %i %s', (status, body, verdict) => {
    expect(gitea.classify?.(response(status, body))).toMatchObject(verdict)
  })
})
