import { describe, expect, it } from 'vitest'
import { azureDevOps } from '../../../relay/providers/azuredevops.ts'
import { NotificationError } from '../../../relay/providers/contract.ts'
import { notificationOf, response, settingsOf, withJsonBody } from '../../support/notifications.ts'

const ADDRESS = 'https://dev.azure.com/example/Platform/_git/fleet-infra'
const SHA = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const STATUS_URL = `https://dev.azure.com/example/Platform/_apis/git/repositories/fleet-infra/commits/${SHA}/statuses`
const settings = settingsOf(azureDevOps, { address: ADDRESS }, { token: 'azure-pat-1' })

function withSummary(summary: string) {
  const applied = notificationOf('kustomization-applied')
  const metadata = { ...applied.event.metadata, summary }
  return { ...applied, event: { ...applied.event, metadata } }
}

describe('azuredevops requests', () => {
  it('reports success for an info event', () => {
    const notification = notificationOf('kustomization-applied')
    const [request, ...others] = azureDevOps.requests(notification, settings)
    expect(others).toEqual([])
    expect(withJsonBody(request)).toEqual({
      method: 'POST',
      url: STATUS_URL,
      headers: {
        'content-type': 'application/json;charset=utf-8',
        accept: 'application/json;api-version=6.0',
        'x-tfs-fedauthredirect': 'Suppress',
        // Base64 of `:azure-pat-1`.
        authorization: 'Basic OmF6dXJlLXBhdC0x',
      },
      body: {
        state: 'succeeded',
        description: 'reconciliation succeeded',
        context: { genre: 'fluxcd', name: 'kustomization/podinfo/0c9c2e41' },
      },
    })
  })

  it('reports an error event', () => {
    const notification = notificationOf('kustomization-health-check-failed')
    expect(withJsonBody(azureDevOps.requests(notification, settings)[0])).toMatchObject({
      url: STATUS_URL,
      body: {
        state: 'error',
        description: 'health check failed',
        context: { genre: 'fluxcd', name: 'kustomization/podinfo/0c9c2e41' },
      },
    })
  })

  it('reads the old revision form, main/<hash>', () => {
    const [request] = azureDevOps.requests(notificationOf('kustomization-finished'), settings)
    expect(request?.url).toBe(STATUS_URL)
  })

  it('takes the commit of a preview over its chart version', () => {
    const notification = notificationOf('helmrelease-change-request')
    expect(withJsonBody(azureDevOps.requests(notification, settings)[0])).toMatchObject({
      url: STATUS_URL,
      body: {
        state: 'succeeded',
        description: 'install succeeded',
        context: { genre: 'fluxcd', name: 'helmrelease/webapp-pr-42/0c9c2e41' },
      },
    })
  })

  it.each([
    ['prod-eu', 'fluxcd:prod-eu'],
    ['', 'fluxcd'],
  ])('puts the summary %j into the genre', (summary, genre) => {
    const [request] = azureDevOps.requests(withSummary(summary), settings)
    expect(withJsonBody(request).body).toMatchObject({ context: { genre } })
  })

  it.each([
    ['no metadata', notificationOf('kustomization-finished', { metadata: null })],
    ['a chart version', notificationOf('helmrelease-upgrade-failed')],
  ])('cannot report on %s', (_, notification) => {
    expect(() => azureDevOps.requests(notification, settings)).toThrow(NotificationError)
  })

  it.each([
    ['a long word', 'A'.repeat(39_000), `${'a'.repeat(254)}…`],
    ['surrogate pairs', '🚀'.repeat(200), `${'🚀'.repeat(127)}…`],
  ])('cuts a reason of %s', (_, reason, description) => {
    const notification = notificationOf('kustomization-finished', { reason })
    expect(withJsonBody(azureDevOps.requests(notification, settings)[0]).body).toMatchObject({
      description,
    })
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
      `${projectUrl}/_apis/git/repositories/${repository}/commits/${SHA}/statuses`,
    )
  })

  it('makes the same bytes of the same input', () => {
    const notification = notificationOf('kustomization-applied')
    expect(azureDevOps.requests(notification, settings)).toEqual(
      azureDevOps.requests(notification, settings),
    )
  })
})

describe('azuredevops skips', () => {
  it('what is under way, and nothing else', () => {
    const progressing = notificationOf('kustomization-configured').event
    expect(azureDevOps.skips?.(progressing)).toMatch(/Progressing/)
    expect(azureDevOps.skips?.(notificationOf('kustomization-applied').event)).toBeUndefined()
  })
})

describe('azuredevops subject', () => {
  const applied = notificationOf('kustomization-applied')
  const subject = azureDevOps.subject?.(applied, settings)

  it('is one for a commit and a context, whatever happened', () => {
    const notification = notificationOf('kustomization-health-check-failed')
    const failed = azureDevOps.subject?.(notification, settings)
    expect(failed?.key).toBe(subject?.key)
    expect(subject?.shows).toBe('succeeded: reconciliation succeeded')
    expect(failed?.shows).toBe('error: health check failed')
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
    ['genre', withSummary('prod-eu'), settings],
    [
      'repository',
      applied,
      settingsOf(
        azureDevOps,
        { address: 'https://dev.azure.com/example/Platform/_git/other' },
        { token: 't' },
      ),
    ],
  ])('is another for another %s', (_, notification, others) => {
    expect(azureDevOps.subject?.(notification, others).key).not.toBe(subject?.key)
  })
})

describe('azuredevops settings', () => {
  const SHAPE = /^address: the path must be organization\/project\/_git\/repository/
  it.each([
    ['no address', {}, { token: 't' }, /^address: set spec\.address/],
    ['two parts', { address: 'https://dev.azure.com/_git/r' }, { token: 't' }, SHAPE],
    ['five parts', { address: `${ADDRESS}/x` }, { token: 't' }, SHAPE],
    ['no _git', { address: 'https://dev.azure.com/o/p/x/r' }, { token: 't' }, SHAPE],
    ['a folder', { address: 'https://dev.azure.com/x/o/p/_git/r' }, { token: 't' }, SHAPE],
    ['a deep folder', { address: 'https://a.corp/x/y/c/p/_git/r' }, { token: 't' }, SHAPE],
    ['a short SSH form', { address: 'git@ssh.dev.azure.com:v3/o/r' }, { token: 't' }, SHAPE],
    ['another SSH form', { address: 'git@ssh.dev.azure.com:v4/o/p/r' }, { token: 't' }, SHAPE],
    ['a trailing /', { address: `${ADDRESS}/` }, { token: 't' }, /^address: must not end in \//],
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
    [302, '', {}, { kind: 'rejected', reason: expect.stringMatching(/redirects/) }],
    [
      400,
      '{"$id":"1","message":"TF401019: The Git repository does not exist"}',
      JSON_TYPE,
      { kind: 'rejected', reason: expect.stringMatching(/^HTTP 400: TF401019/) },
    ],
    [401, '', {}, { kind: 'unauthorized' }],
    [403, '{"message":"TF400813: not authorized"}', {}, { kind: 'unauthorized' }],
    [403, '', { 'retry-after': '30' }, { kind: 'retry', retryAfterMs: 30_000, applied: 'no' }],
    [403, '', { 'x-ratelimit-remaining': '0' }, { kind: 'retry', applied: 'no' }],
    [404, '', {}, { kind: 'rejected', reason: expect.stringMatching(/commit is not found/) }],
    [408, '', {}, { kind: 'retry', applied: 'no' }],
    [410, '', {}, { kind: 'rejected' }],
    [425, '', {}, { kind: 'retry' }],
    [429, '', { 'retry-after': '5' }, { kind: 'retry', retryAfterMs: 5_000 }],
    [500, '', {}, { kind: 'retry', applied: 'unknown' }],
    [503, '', {}, { kind: 'retry', applied: 'unknown' }],
  ])('judges %i %s %j', (status, body, headers, verdict) => {
    expect(azureDevOps.classify?.(response(status, body, headers))).toMatchObject(verdict)
  })
})
