import { describe, expect, it } from 'vitest'
import { github } from '../../../relay/providers/github.ts'
import { COMMIT, describeCommitStatus } from '../../contract/commit-status-contract.ts'
import { notificationOf, response, settingsOf, withJsonBody } from '../../support/notifications.ts'

const ADDRESS = 'https://github.com/example/fleet-infra'
const STATUSES = `https://api.github.com/repos/example/fleet-infra/statuses/${COMMIT}`

describeCommitStatus(github, {
  address: ADDRESS,
  secret: { token: 'ghp_1' },
  url: STATUSES,
  headers: {
    'content-type': 'application/json',
    accept: 'application/vnd.github.v3+json',
    'x-github-api-version': '2022-11-28',
    authorization: 'Bearer ghp_1',
  },
  success: {
    state: 'success',
    context: 'kustomization/podinfo/0c9c2e41',
    description: 'reconciliation succeeded',
  },
  failure: {
    state: 'failure',
    context: 'kustomization/podinfo/0c9c2e41',
    description: 'health check failed',
  },
  preview: {
    state: 'success',
    context: 'helmrelease/webapp-pr-42/0c9c2e41',
    description: 'install succeeded',
  },
  longContext: { context: `${'c'.repeat(254)}…` },
  cuts: [
    ['a long word', 'A'.repeat(39_000), `${'a'.repeat(139)}…`],
    ['140 characters', 'A'.repeat(140), 'a'.repeat(140)],
    ['surrogate pairs', '🚀'.repeat(100), `${'🚀'.repeat(69)}…`],
  ],
  subject: {
    key: JSON.stringify([STATUSES, 'kustomization/podinfo/0c9c2e41']),
    success: 'success: reconciliation succeeded',
    failure: 'failure: health check failed',
  },
  others: [
    ['repository', 'https://github.com/example/other'],
    ['forge', 'https://github.corp/example/fleet-infra'],
  ],
})

describe('github requests', () => {
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
    expect(request?.url).toBe(`${repositoryUrl}/statuses/${COMMIT}`)
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
})

describe('github settings', () => {
  it.each([
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

describe('a description with emoji', () => {
  const text = "stored artifact for commit '🐛 fix 👨\u200d👩\u200d👧 ✓ é'"
  const notification = { ...notificationOf('kustomization-applied'), text }
  const settings = settingsOf(github, { address: ADDRESS }, { token: 'ghp_1' })
  const again = (status: number, message: string) => {
    const error = { resource: 'Status', code: 'custom', field: 'description', message }
    const body = JSON.stringify({ message: 'Validation Failed', errors: [error] })
    return github.fallback?.(response(status, body), notification, settings)
  }

  it.each([
    "description doesn't accept 4-byte Unicode",
    'description contains unicode characters above 0xffff',
  ])('goes again without them to a GitHub that says: %s', (message) => {
    const [first] = github.requests(notification, settings)
    const sent = again(422, message)
    expect(withJsonBody(first).body).toMatchObject({ description: text })
    expect(sent?.requests.map(withJsonBody)).toEqual([
      {
        ...withJsonBody(first),
        body: {
          ...Object(withJsonBody(first).body),
          description: "stored artifact for commit '� fix � ✓ é'",
        },
      },
    ])
    expect(sent?.note).toContain('HTTP 422, and sent again with � for emoji')
  })

  it('does not go again after another refusal', () => {
    expect(again(422, 'description is too long (maximum is 140 characters)')).toBeUndefined()
    expect(again(400, "description doesn't accept 4-byte Unicode")).toBeUndefined()
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
    [429, SECONDARY, { 'retry-after': '60' }, { kind: 'retry', retryAfterMs: 60_000 }],
  ])('judges %i %s', (status, body, headers, verdict) => {
    expect(github.classify?.(response(status, body, headers))).toMatchObject(verdict)
  })
})
