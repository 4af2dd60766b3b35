import { describe, expect, it } from 'vitest'
import { gitea } from '../../../relay/providers/gitea.ts'
import { COMMIT, describeCommitStatus } from '../../contract/commit-status-contract.ts'
import { notificationOf, requestsOf, response, settingsOf } from '../../support/notifications.ts'

const ADDRESS = 'https://gitea.test:3000/example/fleet-infra.git'
const STATUSES = `https://gitea.test:3000/api/v1/repos/example/fleet-infra/statuses/${COMMIT}`
const settings = settingsOf(gitea, { address: ADDRESS }, { token: 'secret-1' })

describeCommitStatus(gitea, {
  address: ADDRESS,
  secret: { token: 'secret-1' },
  url: STATUSES,
  headers: { 'content-type': 'application/json', authorization: 'token secret-1' },
  success: {
    state: 'success',
    target_url: '',
    description: 'reconciliation succeeded',
    context: 'kustomization/podinfo/0c9c2e41',
  },
  failure: {
    state: 'failure',
    target_url: '',
    description: 'health check failed',
    context: 'kustomization/podinfo/0c9c2e41',
  },
  preview: {
    state: 'success',
    target_url: '',
    description: 'install succeeded',
    context: 'helmrelease/webapp-pr-42/0c9c2e41',
  },
  progress: {
    state: 'pending',
    target_url: '',
    description: 'progressing',
    context: 'kustomization/podinfo/0c9c2e41',
  },
  longContext: { context: `${'c'.repeat(254)}…` },
  cuts: [
    ['a long word', 'A'.repeat(39_000), `${'a'.repeat(254)}…`],
    ['255 characters', 'A'.repeat(255), 'a'.repeat(255)],
    ['surrogate pairs', '🚀'.repeat(200), `${'🚀'.repeat(127)}…`],
  ],
  subject: {
    key: JSON.stringify([STATUSES, 'kustomization/podinfo/0c9c2e41']),
    success: 'success: reconciliation succeeded',
    failure: 'failure: health check failed',
    progress: 'pending: progressing',
  },
  others: [
    ['repository', 'https://gitea.test:3000/example/other'],
    ['forge', 'https://gitea.test/example/fleet-infra'],
  ],
})

describe('gitea requests', () => {
  it('takes SHA-256 commits', () => {
    const originRevision = `main@sha256:${'ab'.repeat(32)}`
    const metadata = { 'kustomize.toolkit.fluxcd.io/originRevision': originRevision }
    const [request] = requestsOf(gitea, notificationOf('kustomization-applied', { metadata }), {
      ...settings,
    })
    expect(request?.url).toBe(STATUSES.replace(COMMIT, 'ab'.repeat(32)))
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

describe('gitea settings', () => {
  it.each([
    ['an owner alone', { address: 'https://g.test/o' }, { token: 't' }, /^address: .*owner\/repo/],
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
  ])('judges %i %s', (status, body, verdict) => {
    expect(gitea.classify?.(response(status, body))).toMatchObject(verdict)
  })
})
