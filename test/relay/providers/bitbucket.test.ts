import { describe, expect, it } from 'vitest'
import { bitbucket } from '../../../relay/providers/bitbucket.ts'
import { COMMIT, describeCommitStatus } from '../../contract/commit-status-contract.ts'
import { notificationOf, response, settingsOf, withJsonBody } from '../../support/notifications.ts'

const ADDRESS = 'https://bitbucket.org/example/fleet-infra'
const STATUS_URL = `https://api.bitbucket.org/2.0/repositories/example/fleet-infra/commit/${COMMIT}/statuses/build`
/** SHA-1 of `kustomization/podinfo/0c9c2e41`. */
const PODINFO_KEY = 'dfbdde19098ffc25b398f33cc01d36690866ac7b'
const settings = settingsOf(bitbucket, { address: ADDRESS }, { token: 'flux:app-password' })

describeCommitStatus(bitbucket, {
  address: ADDRESS,
  secret: { token: 'flux:app-password' },
  url: STATUS_URL,
  headers: {
    'content-type': 'application/json',
    authorization: 'Basic Zmx1eDphcHAtcGFzc3dvcmQ=',
  },
  success: {
    state: 'SUCCESSFUL',
    key: PODINFO_KEY,
    name: 'kustomization/podinfo',
    description: 'reconciliation succeeded',
    url: 'https://bitbucket.org',
  },
  failure: {
    state: 'FAILED',
    key: PODINFO_KEY,
    name: 'kustomization/podinfo',
    description: 'health check failed',
    url: 'https://bitbucket.org',
  },
  preview: {
    state: 'SUCCESSFUL',
    // SHA-1 of `helmrelease/webapp-pr-42/0c9c2e41`.
    key: 'b00c9f08b25b7f459bcbd4c728de2ed2705c1f53',
    name: 'helmrelease/webapp-pr-42',
    description: 'install succeeded',
    url: 'https://bitbucket.org',
  },
  // SHA-1 of 256 times the letter c.
  longContext: { key: 'ff3785f53b503b7adb7e7a3b9eeef255eac0e276' },
  cuts: [
    ['a long word', 'A'.repeat(39_000), `${'a'.repeat(254)}…`],
    ['255 characters', 'A'.repeat(255), 'a'.repeat(255)],
    ['surrogate pairs', '🚀'.repeat(200), `${'🚀'.repeat(127)}…`],
  ],
  subject: {
    key: JSON.stringify([STATUS_URL, PODINFO_KEY]),
    success: JSON.stringify(['SUCCESSFUL: reconciliation succeeded', 'kustomization/podinfo']),
    failure: JSON.stringify(['FAILED: health check failed', 'kustomization/podinfo']),
  },
  others: [
    ['repository', 'https://bitbucket.org/example/other'],
    ['workspace', 'https://bitbucket.org/other/fleet-infra'],
  ],
})

describe('bitbucket requests', () => {
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
    expect(request?.url).toBe(`${repositoryUrl}/commit/${COMMIT}/statuses/build`)
  })
})

describe('bitbucket subject', () => {
  const applied = notificationOf('kustomization-applied')
  const subject = bitbucket.subject?.(applied, settings)

  it('shows the name, which a context of its own does not fix', () => {
    const other = {
      ...notificationOf('helmrelease-change-request', { reason: 'ReconciliationSucceeded' }),
      commitStatusContext: applied.commitStatusContext,
    }
    const otherSubject = bitbucket.subject?.(other, settings)
    expect(otherSubject?.key).toBe(subject?.key)
    expect(otherSubject?.shows).not.toBe(subject?.shows)
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
    [
      'a workspace alone',
      { address: 'https://bitbucket.org/w' },
      { token: 'u:p' },
      /^address: .*w/,
    ],
    ['a deep path', { address: `${ADDRESS}/src` }, { token: 'u:p' }, /^address: .*workspace\/repo/],
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
    [
      400,
      '{"type":"error","error":{"message":"key: Ensure this value has at most 40 characters","fields":{}}}',
      {},
      { kind: 'rejected', reason: expect.stringMatching(/^HTTP 400: key: Ensure this value/) },
    ],
    [
      403,
      '{"type":"error","error":{"message":"Your credentials lack one or more required privilege scopes."}}',
      {},
      { kind: 'unauthorized', reason: expect.stringMatching(/privilege scopes/) },
    ],
  ])('judges %i %s', (status, body, headers, verdict) => {
    expect(bitbucket.classify?.(response(status, body, headers))).toMatchObject(verdict)
  })
})
