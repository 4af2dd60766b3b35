import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { bitbucketServer } from '../../../relay/providers/bitbucketserver.ts'
import { NotificationError } from '../../../relay/providers/contract.ts'
import {
  notificationOf,
  requestsOf,
  response,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const ADDRESS = 'https://bitbucket.test:7990/git/scm/FLEET/infra.git'
const API = 'https://bitbucket.test:7990/git/rest/api/latest/projects/FLEET/repos/infra'
const SHA = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const CONTEXT = 'kustomization/podinfo/0c9c2e41'
const settings = settingsOf(bitbucketServer, { address: ADDRESS }, { token: 'secret-1' })

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}

const bodyOf = (notification: ReturnType<typeof notificationOf>) =>
  withJsonBody(requestsOf(bitbucketServer, notification, settings)[0]).body

describe('bitbucketserver requests', () => {
  it.each([
    ['kustomization-applied', 'SUCCESSFUL', 'reconciliation succeeded'],
    ['kustomization-health-check-failed', 'FAILED', 'health check failed'],
  ] as const)('reports %s as %s', (name, state, description) => {
    expect(requestsOf(bitbucketServer, notificationOf(name), settings)).toEqual([
      {
        method: 'POST',
        url: `${API}/commits/${SHA}/builds`,
        headers: {
          'content-type': 'application/json',
          'x-atlassian-token': 'no-check',
          'x-requested-with': 'XMLHttpRequest',
          authorization: 'Bearer secret-1',
        },
        body: JSON.stringify({
          key: sha1(CONTEXT),
          state,
          url: ADDRESS,
          name: `kustomization/podinfo [${description}]`,
          description,
        }),
      },
    ])
  })

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

  it.each([
    ['no metadata', notificationOf('kustomization-finished', { metadata: null })],
    ['a chart version', notificationOf('helmrelease-upgrade-failed')],
  ])('cannot report on %s', (_, notification) => {
    expect(() => requestsOf(bitbucketServer, notification, settings)).toThrow(NotificationError)
  })

  it('skips what is under way', () => {
    const { event } = notificationOf('kustomization-configured')
    expect(bitbucketServer.skips?.(event)).toMatch(/Progressing/)
  })
})

describe('bitbucketserver subject', () => {
  it('is one for a commit and a key', () => {
    const subject = bitbucketServer.subject?.(notificationOf('kustomization-applied'), settings)
    expect(subject).toEqual({
      key: JSON.stringify([`${API}/commits/${SHA}/builds`, sha1(CONTEXT)]),
      shows: JSON.stringify([
        'SUCCESSFUL: reconciliation succeeded',
        'kustomization/podinfo [reconciliation succeeded]',
      ]),
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
    ['no address', {}, token, /^address: set spec\.address/],
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
    ['a trailing /', { address: `${ADDRESS}/` }, token, /^address: must not end in \//],
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
    [302, '', { kind: 'rejected', reason: expect.stringMatching(/redirects/) }],
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
    [404, '', { kind: 'rejected', reason: expect.stringMatching(/not found, or the token/) }],
    [503, '', { kind: 'retry', applied: 'unknown' }],
  ])('judges %i %s', (status, body, verdict) => {
    expect(bitbucketServer.classify?.(response(status, body))).toMatchObject(verdict)
  })
})
