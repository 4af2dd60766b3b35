import { describe, expect, it } from 'vitest'
import { bitbucketServer } from '../../../relay/providers/bitbucketserver.ts'
import { COMMIT, describeCommitStatus } from '../../contract/commit-status-contract.ts'
import {
  notificationOf,
  requestsOf,
  response,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const ADDRESS = 'https://bitbucket.test:7990/git/scm/FLEET/infra.git'
const API = 'https://bitbucket.test:7990/git/rest/api/latest/projects/FLEET/repos/infra'
/** SHA-1 of `kustomization/podinfo/0c9c2e41`. */
const PODINFO_KEY = 'dfbdde19098ffc25b398f33cc01d36690866ac7b'
const settings = settingsOf(bitbucketServer, { address: ADDRESS }, { token: 'secret-1' })

describeCommitStatus(bitbucketServer, {
  address: ADDRESS,
  secret: { token: 'secret-1' },
  url: `${API}/commits/${COMMIT}/builds`,
  headers: {
    'content-type': 'application/json',
    'x-atlassian-token': 'no-check',
    'x-requested-with': 'XMLHttpRequest',
    authorization: 'Bearer secret-1',
  },
  success: {
    key: PODINFO_KEY,
    state: 'SUCCESSFUL',
    url: ADDRESS,
    name: 'kustomization/podinfo [reconciliation succeeded]',
    description: 'reconciliation succeeded',
  },
  failure: {
    key: PODINFO_KEY,
    state: 'FAILED',
    url: ADDRESS,
    name: 'kustomization/podinfo [health check failed]',
    description: 'health check failed',
  },
  preview: {
    // SHA-1 of `helmrelease/webapp-pr-42/0c9c2e41`.
    key: 'b00c9f08b25b7f459bcbd4c728de2ed2705c1f53',
    state: 'SUCCESSFUL',
    url: ADDRESS,
    name: 'helmrelease/webapp-pr-42 [install succeeded]',
    description: 'install succeeded',
  },
  // SHA-1 of 256 times the letter c.
  longContext: { key: 'ff3785f53b503b7adb7e7a3b9eeef255eac0e276' },
  cuts: [
    ['a long word', 'A'.repeat(39_000), `${'a'.repeat(254)}…`],
    ['255 characters', 'A'.repeat(255), 'a'.repeat(255)],
    ['surrogate pairs', '🚀'.repeat(200), `${'🚀'.repeat(127)}…`],
  ],
  subject: {
    key: JSON.stringify([`${API}/commits/${COMMIT}/builds`, PODINFO_KEY]),
    success: JSON.stringify([
      'SUCCESSFUL: reconciliation succeeded',
      'kustomization/podinfo [reconciliation succeeded]',
    ]),
    failure: JSON.stringify([
      'FAILED: health check failed',
      'kustomization/podinfo [health check failed]',
    ]),
  },
  others: [
    ['repository', 'https://bitbucket.test:7990/git/scm/FLEET/other.git'],
    ['project', 'https://bitbucket.test:7990/git/scm/OTHER/infra.git'],
  ],
})

const bodyOf = (notification: ReturnType<typeof notificationOf>) =>
  withJsonBody(requestsOf(bitbucketServer, notification, settings)[0]).body

describe('bitbucketserver requests', () => {
  it.each([
    ['the token over name and password', { token: 't', username: 'u', password: 'p' }, 'Bearer t'],
    [
      'name and password',
      { username: 'ü', password: 'p:w' },
      `Basic ${Buffer.from('ü:p:w').toString('base64')}`,
    ],
  ])('sends %s', (_, secret, authorization) => {
    const other = settingsOf(bitbucketServer, { address: ADDRESS }, secret)
    const [request] = requestsOf(bitbucketServer, notificationOf('kustomization-applied'), other)
    expect(request?.headers.authorization).toBe(authorization)
  })

  it.each([
    ['http://bb.test/scm/P/r', 'http://bb.test/rest/api/latest/projects/P/repos/r'],
    ['https://bb.test/scm/~ana/r.git', 'https://bb.test/rest/api/latest/projects/~ana/repos/r'],
    ['https://ana@bb.test/scm/P/r.git', 'https://bb.test/rest/api/latest/projects/P/repos/r'],
    ['https://bb.test/a/b/scm/P/r.git', 'https://bb.test/a/b/rest/api/latest/projects/P/repos/r'],
    ['https://bb.test/scm/scm/scm', 'https://bb.test/rest/api/latest/projects/scm/repos/scm'],
  ])('finds the API of %s', (address, repositoryUrl) => {
    expect(settingsOf(bitbucketServer, { address }, { token: 't' })).toMatchObject({
      repositoryUrl,
    })
  })

  it('cuts what is too long', () => {
    const notification = notificationOf('kustomization-finished', { reason: 'A'.repeat(1_000) })
    expect(bodyOf(notification)).toMatchObject({
      name: expect.stringMatching(/^kustomization\/podinfo \[a{231}…$/),
      description: `${'a'.repeat(254)}…`,
    })
  })

  it('writes markup and other scripts as they are', () => {
    expect(bodyOf(notificationOf('kustomization-finished', { reason: '<Ä>' }))).toMatchObject({
      name: 'kustomization/podinfo [< ä >]',
    })
  })
})

describe('bitbucketserver address', () => {
  it.each([
    'https://bot:hunter2@bb.test/scm/P/r.git',
    'https://bb.test/scm/P/r.git?at=main',
    'https://bot:h@nter2@bb.test/scm/P/r.git#readme',
  ])('shows in a status what everybody may see of it: %s', (address) => {
    const other = settingsOf(bitbucketServer, { address }, { token: 't' })
    const [request] = bitbucketServer.requests(notificationOf('kustomization-applied'), other)
    expect(withJsonBody(request)).toMatchObject({
      url: expect.stringContaining('https://bb.test/rest/api/latest/projects/P/repos/r/commits/'),
      body: { url: 'https://bb.test/scm/P/r.git' },
    })
  })
})

describe('bitbucketserver settings', () => {
  const token = { token: 't' }
  it.each([
    [
      'an SSH address',
      { address: 'ssh://git@bb.test/scm/P/r.git' },
      token,
      /^address: .*HTTP clone/,
    ],
    [
      'a short SSH address',
      { address: 'git@bb.test:scm/P/r.git' },
      token,
      /^address: .*HTTP clone/,
    ],
    ['a path without scm', { address: 'https://bb.test/P/r.git' }, token, /^address: .*scm\/PROJ/],
    ['a deep path', { address: 'https://bb.test/scm/P/r/x' }, token, /^address: .*scm\/PROJECT/],
    [
      'a long address',
      { address: `https://bb.test/${'x'.repeat(450)}/scm/P/r.git` },
      token,
      /^address: longer than the 450 characters/,
    ],
    ['no Secret', { address: ADDRESS }, {}, /^token: .*needs the key token or password/],
    ['a password alone', { address: ADDRESS }, { password: 'p' }, /^username: .*no username/],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(bitbucketServer, spec, secret)).toThrow(message)
  })
})

describe('bitbucketserver answers', () => {
  it.each([
    [204, '', { kind: 'delivered' }],
    [
      400,
      '{"errors":[{"context":"key","message":"too long","exceptionName":null}]}',
      { kind: 'rejected', reason: 'HTTP 400: too long' },
    ],
    [
      401,
      '{"errors":[{"message":"You are not permitted"}]}',
      { kind: 'unauthorized', reason: 'HTTP 401: You are not permitted' },
    ],
  ])('judges %i %s', (status, body, verdict) => {
    expect(bitbucketServer.classify?.(response(status, body))).toMatchObject(verdict)
  })
})
