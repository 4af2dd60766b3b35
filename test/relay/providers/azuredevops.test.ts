import { describe, expect, it } from 'vitest'
import { azureDevOps } from '../../../relay/providers/azuredevops.ts'
import { COMMIT, describeCommitStatus } from '../../contract/commit-status-contract.ts'
import { notificationOf, response, settingsOf, withJsonBody } from '../../support/notifications.ts'

const ADDRESS = 'https://dev.azure.com/example/Platform/_git/fleet-infra'
const STATUS_URL = `https://dev.azure.com/example/Platform/_apis/git/repositories/fleet-infra/commits/${COMMIT}/statuses`
const settings = settingsOf(azureDevOps, { address: ADDRESS }, { token: 'azure-pat-1' })

describeCommitStatus(azureDevOps, {
  address: ADDRESS,
  secret: { token: 'azure-pat-1' },
  url: STATUS_URL,
  headers: {
    'content-type': 'application/json;charset=utf-8',
    accept: 'application/json;api-version=6.0',
    'x-tfs-fedauthredirect': 'Suppress',
    // Base64 of `:azure-pat-1`.
    authorization: 'Basic OmF6dXJlLXBhdC0x',
  },
  success: {
    state: 'succeeded',
    description: 'reconciliation succeeded',
    context: { genre: 'fluxcd', name: 'kustomization/podinfo/0c9c2e41' },
  },
  failure: {
    state: 'error',
    description: 'health check failed',
    context: { genre: 'fluxcd', name: 'kustomization/podinfo/0c9c2e41' },
  },
  preview: {
    state: 'succeeded',
    description: 'install succeeded',
    context: { genre: 'fluxcd', name: 'helmrelease/webapp-pr-42/0c9c2e41' },
  },
  longContext: { context: { genre: 'fluxcd', name: 'c'.repeat(256) } },
  cuts: [
    ['a long word', 'A'.repeat(39_000), `${'a'.repeat(254)}…`],
    ['255 characters', 'A'.repeat(255), 'a'.repeat(255)],
    ['surrogate pairs', '🚀'.repeat(200), `${'🚀'.repeat(127)}…`],
  ],
  subject: {
    key: JSON.stringify([STATUS_URL, 'fluxcd', 'kustomization/podinfo/0c9c2e41']),
    success: 'succeeded: reconciliation succeeded',
    failure: 'error: health check failed',
  },
  others: [
    ['repository', 'https://dev.azure.com/example/Platform/_git/other'],
    ['project', 'https://dev.azure.com/example/Other/_git/fleet-infra'],
    ['organization', 'https://dev.azure.com/other/Platform/_git/fleet-infra'],
  ],
})

function withSummary(summary: string) {
  const applied = notificationOf('kustomization-applied')
  const metadata = { ...applied.event.metadata, summary }
  return { ...applied, event: { ...applied.event, metadata } }
}

describe('azuredevops requests', () => {
  it.each([
    ['prod-eu', 'fluxcd:prod-eu'],
    ['', 'fluxcd'],
  ])('puts the summary %j into the genre', (summary, genre) => {
    const [request] = azureDevOps.requests(withSummary(summary), settings)
    expect(withJsonBody(request).body).toMatchObject({ context: { genre } })
  })

  it.each([
    ['https://Dev.Azure.com/Org/Proj/_git/Repo', 'https://dev.azure.com/org/Proj', 'Repo'],
    ['https://dev.azure.com/o/My%20Proj/_git/a+b', 'https://dev.azure.com/o/My%20Proj', 'a%2Bb'],
    ['https://dev.azure.com/o/My Proj/_git/r', 'https://dev.azure.com/o/My%20Proj', 'r'],
    ['http://tfs.corp:8080/Coll/p/_git/r.git', 'http://tfs.corp:8080/coll/p', 'r'],
    ['https://o:pat@dev.azure.com/o/p/_git/r', 'https://dev.azure.com/o/p', 'r'],
    ['https://dev.azure.com/o/p/_git/r?version=GBmain', 'https://dev.azure.com/o/p', 'r'],
    ['https://dev.azure.com/Org/_git/Proj', 'https://dev.azure.com/org/Proj', 'Proj'],
    ['https://dev.azure.com/tfs/p/_git/r', 'https://dev.azure.com/tfs/p', 'r'],
    ['https://Org.visualstudio.com/p/_git/r', 'https://dev.azure.com/org/p', 'r'],
    ['https://org.visualstudio.com/DefaultCollection/p/_git/r', 'https://dev.azure.com/org/p', 'r'],
    ['https://org.visualstudio.com/_git/p', 'https://dev.azure.com/org/p', 'p'],
    ['https://org.visualstudio.com/DefaultCollection/_git/p', 'https://dev.azure.com/org/p', 'p'],
    ['git@ssh.dev.azure.com:v3/Org/p/r', 'https://dev.azure.com/org/p', 'r'],
    ['ssh://git@ssh.dev.azure.com/v3/org/My%20P/r', 'https://dev.azure.com/org/My%20P', 'r'],
    ['ssh://git@ssh.dev.azure.com:22/v3/org/p/r', 'https://dev.azure.com/org/p', 'r'],
    ['org@vs-ssh.visualstudio.com:v3/org/p/r', 'https://dev.azure.com/org/p', 'r'],
    ['https://azure.corp/tfs/Coll/p/_git/r', 'https://azure.corp/tfs/coll/p', 'r'],
    ['https://azure.corp/tfs/Coll/_git/p', 'https://azure.corp/tfs/coll/p', 'p'],
    ['https://azure.corp/Coll/_git/p', 'https://azure.corp/coll/p', 'p'],
    ['ssh://azure.corp:22/tfs/Coll/p/_git/r', 'https://azure.corp/tfs/coll/p', 'r'],
  ])('finds the API of %s', (address, projectUrl, repository) => {
    const other = settingsOf(azureDevOps, { address }, { token: 't' })
    const [request] = azureDevOps.requests(notificationOf('kustomization-finished'), other)
    expect(request?.url).toBe(
      `${projectUrl}/_apis/git/repositories/${repository}/commits/${COMMIT}/statuses`,
    )
  })

  it('has another subject for another genre', () => {
    const subject = azureDevOps.subject?.(notificationOf('kustomization-applied'), settings)
    expect(azureDevOps.subject?.(withSummary('prod-eu'), settings).key).not.toBe(subject?.key)
  })
})

describe('azuredevops settings', () => {
  const SHAPE = /^address: the path must be organization\/project\/_git\/repository/
  it.each([
    ['two parts', { address: 'https://dev.azure.com/_git/r' }, { token: 't' }, SHAPE],
    ['five parts', { address: `${ADDRESS}/x` }, { token: 't' }, SHAPE],
    ['no _git', { address: 'https://dev.azure.com/o/p/x/r' }, { token: 't' }, SHAPE],
    ['a folder', { address: 'https://dev.azure.com/x/o/p/_git/r' }, { token: 't' }, SHAPE],
    ['a deep folder', { address: 'https://a.corp/x/y/c/p/_git/r' }, { token: 't' }, SHAPE],
    ['a short SSH form', { address: 'git@ssh.dev.azure.com:v3/o/r' }, { token: 't' }, SHAPE],
    ['another SSH form', { address: 'git@ssh.dev.azure.com:v4/o/p/r' }, { token: 't' }, SHAPE],
    ['no Secret', { address: ADDRESS }, {}, /^token: .*needs the key token/],
    [
      'a password',
      { address: ADDRESS },
      { username: 'u', password: 'p' },
      /^token: .*needs the key/,
    ],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(azureDevOps, spec, secret)).toThrow(message)
  })
})

describe('azuredevops answers', () => {
  const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8; api-version=6.0' }
  const HTML_TYPE = { 'content-type': 'Text/HTML; charset=utf-8' }
  it.each([
    [201, '{"state":"succeeded"}', JSON_TYPE, { kind: 'delivered' }],
    [200, '{"state":"succeeded"', JSON_TYPE, { kind: 'delivered' }],
    [201, '\ufeff{"state":"succeeded"}', {}, { kind: 'delivered' }],
    [203, '<html>Sign In</html>', HTML_TYPE, { kind: 'unauthorized' }],
    [203, '{}', JSON_TYPE, { kind: 'unauthorized' }],
    [200, '<html>Sign In</html>', HTML_TYPE, { kind: 'unauthorized' }],
    [200, '<!DOCTYPE html>', {}, { kind: 'unauthorized' }],
    [200, '{"a":"page"}', HTML_TYPE, { kind: 'unauthorized' }],
    [200, '', {}, { kind: 'unauthorized' }],
    [
      400,
      '{"$id":"1","message":"TF401019: The Git repository does not exist"}',
      JSON_TYPE,
      { kind: 'rejected', reason: expect.stringMatching(/^HTTP 400: TF401019/) },
    ],
    [403, '{"message":"TF400813: not authorized"}', {}, { kind: 'unauthorized' }],
  ])('judges %i %s %j', (status, body, headers, verdict) => {
    expect(azureDevOps.classify?.(response(status, body, headers))).toMatchObject(verdict)
  })
})
