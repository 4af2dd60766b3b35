import { describe, expect, it } from 'vitest'
import { alertmanager } from '../../../relay/providers/alertmanager.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  notificationOf,
  requestsOf,
  response,
  secretsOf,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'
import { alert, answer, createHarness, provider } from '../../support/relay-harness.ts'

const ADDRESS = 'http://alertmanager.monitoring:9093/api/v2/alerts'
const settings = settingsOf(alertmanager, { address: ADDRESS })

function request(...args: Parameters<typeof notificationOf>) {
  const all = requestsOf(alertmanager, notificationOf(...args), settings)
  expect(all).toHaveLength(1)
  return withJsonBody(all[0])
}

const group = 'kustomize.toolkit.fluxcd.io'

describe('alertmanager requests', () => {
  it('posts an array of one alert', () => {
    expect(request('helmrelease-upgrade-failed')).toEqual({
      method: 'POST',
      url: ADDRESS,
      headers: { 'content-type': 'application/json' },
      body: [
        {
          status: 'firing',
          labels: {
            'app-version': '2.0.1',
            deploymentID: 'e076e315-5a48-41c3-81c8-8d8bdee7d74d',
            revision: '1.4.2',
            alertname: 'FluxHelmReleaseUpgradefailed',
            severity: 'error',
            reason: 'UpgradeFailed',
            kind: 'HelmRelease',
            name: 'webapp',
            namespace: 'apps',
            reportingcontroller: 'helm-controller',
          },
          annotations: {
            message:
              'Helm upgrade failed for release apps/webapp with chart webapp@1.4.2: context deadline exceeded',
          },
          startsAt: '2026-11-20T11:02:17Z',
          endsAt: '0001-01-01T00:00:00Z',
        },
      ],
    })
  })

  it('posts info and Progressing events as firing alerts too', () => {
    const labels = { alertname: 'FluxKustomizationProgressing', severity: 'info' }
    expect(request('kustomization-configured').body).toMatchObject([{ status: 'firing', labels }])
    expect(alertmanager.skips).toBeUndefined()
  })

  it('sends the summary as an annotation, not as a label', () => {
    const metadata = { [`${group}/summary`]: 'prod is down', [`${group}/team`]: 'Ünïts & <co> 🦊' }
    const [alert] = request('kustomization-applied', { metadata }).body as Record<string, unknown>[]
    expect(alert?.annotations).toMatchObject({ summary: 'prod is down' })
    expect(alert?.labels).toMatchObject({ team: 'Ünïts & <co> 🦊' })
    expect(alert?.labels).not.toHaveProperty('summary')
  })

  it.each([
    ['HealthCheckFailed', 'FluxKustomizationHealthcheckfailed'],
    ['artifact', 'FluxKustomizationArtifact'],
    ['éCHEC', 'FluxKustomizationÉchec'],
    // As golang.org/x/text/cases 0.21 writes them.
    ['health-check-failed', 'FluxKustomizationHealth-Check-Failed'],
    ['Quota Exceeded', 'FluxKustomizationQuota Exceeded'],
    ['policy_VIOLATION.by:now,3rd', 'FluxKustomizationPolicy_violation.by:now,3Rd'],
    ['', 'FluxKustomization'],
  ])('names the alert of the reason %j %s', (reason, alertname) => {
    const { body } = request('kustomization-applied', { reason })
    expect(body).toMatchObject([{ labels: { alertname, reason } }])
  })

  it('sends a message of any length, and its own labels whatever the metadata', () => {
    const message = `déployé 🚀 ${'配'.repeat(38_000)}`
    const metadata = { [`${group}/severity`]: 'fatal' }
    expect(request('kustomization-applied', { message, metadata }).body).toMatchObject([
      { annotations: { message }, labels: { severity: 'info' } },
    ])
  })

  const pair = { username: 'u', password: 'p' }
  it.each([
    ['nothing', {}, {}, undefined],
    ['a token', {}, { token: 't' }, 'Bearer t'],
    ['a pair', {}, pair, `Basic ${btoa('u:p')}`],
    ['a name of the spec', { username: 's' }, { password: 'p' }, `Basic ${btoa('s:p')}`],
    ['a pair rather than a token', {}, { ...pair, token: 't' }, `Basic ${btoa('u:p')}`],
  ])('sends %s', (_, spec, secret, value) => {
    const own = settingsOf(alertmanager, { address: ADDRESS, ...spec }, secret)
    const [made] = alertmanager.requests(notificationOf('kustomization-applied'), own)
    expect(made?.headers.authorization).toBe(value)
  })

  const subjectOf = (...args: Parameters<typeof notificationOf>) =>
    alertmanager.subject?.(notificationOf(...args), settings)

  it('has the labels as its subject: what Alertmanager knows an alert by', () => {
    const own = subjectOf('kustomization-configured')
    expect(subjectOf('kustomization-configured', { message: 'other' })).toEqual(own)
    expect(subjectOf('kustomization-configured', { reason: 'PruneFailed' })).not.toEqual(own)
    expect(subjectOf('kustomization-configured', { metadata: null })).not.toEqual(own)
    expect(own).not.toHaveProperty('shows')
  })

  it('has one subject for the failures of an object and what ends them', () => {
    const own = subjectOf('kustomization-health-check-failed')
    expect(subjectOf('kustomization-applied')).toEqual(own)
    expect(subjectOf('kustomization-finished')).toEqual(own)
    expect(subjectOf('kustomization-configured')).not.toEqual(own)
    expect(subjectOf('helmrelease-upgrade-failed')).not.toEqual(own)
  })
})

describe('alertmanager without names in UTF-8', () => {
  const ours = {
    alertname: 'FluxKustomizationReconciliationsucceeded',
    severity: 'info',
    reason: 'ReconciliationSucceeded',
    kind: 'Kustomization',
    name: 'podinfo',
    namespace: 'flux-system',
    reportingcontroller: 'kustomize-controller',
  }
  const again = (metadata: Record<string, string>, status = 400) => {
    const notification = notificationOf('kustomization-finished')
    const event = { ...notification.event, metadata }
    const answer = response(status, '"invalid label set"')
    return alertmanager.fallback?.(answer, { ...notification, event }, settings)
  }

  it.each<[Record<string, string>, Record<string, string>, string]>([
    [{ 'app-version': '2' }, { app_version: '2' }, 'app-version'],
    [{ 'a.b/c': '1' }, { a_b_c: '1' }, 'a.b/c'],
    [{ '1st': '1', é: '2' }, { _1st: '1', _: '2' }, '1st, é'],
    [{ 'a-b': '1', 'a.b': '2', a_b: '3' }, { a_b: '3', a_b_2: '1', a_b_3: '2' }, 'a-b, a.b'],
  ])('gets %j once more as %j', (metadata, labels, refused) => {
    const fallback = again(metadata)
    expect(withJsonBody(fallback?.requests[0])).toMatchObject({ method: 'POST', url: ADDRESS })
    const [sent] = withJsonBody(fallback?.requests[0]).body as { labels: object }[]
    expect(sent?.labels).toEqual({ ...ours, ...labels })
    expect(fallback?.note).toBe(
      `answered with HTTP 400, and sent again with _ in the names of labels: ${refused}`,
    )
  })

  it.each<[string, Record<string, string>, number]>([
    ['names that are classic', { team_1: 'web' }, 400],
    ['another answer', { 'app-version': '2' }, 401],
    ['a success', { 'app-version': '2' }, 200],
    ['an overload', { 'app-version': '2' }, 503],
  ])('gets no other form for %s', (_, metadata, status) => {
    expect(again(metadata, status)).toBeUndefined()
  })

  it('is told from one with it by its answer, in the same attempt', async () => {
    const harness = createHarness()
    await harness.configure(
      provider('am', { type: 'alertmanager', address: ADDRESS }),
      alert('one', 'am', { eventMetadata: { 'on-call': 'web' } }),
    )
    harness.answerWith(({ body }) => (String(body).includes('on-call') ? answer(400) : answer(200)))
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(harness.requests).toHaveLength(2)
    const [record] = await harness.records()
    expect(record).toMatchObject({ outcome: 'delivered' })
    expect(JSON.stringify(record)).toContain('with _ in the names of labels: on-call')
  })
})

describe('alertmanager settings', () => {
  it.each([
    ['no address', {}, {}, /address: set spec\.address/],
    ['an address that is no URL', { address: 'x' }, {}, /address: set spec\.address/],
    ['a password alone', { address: ADDRESS }, { password: 'p' }, /username: .* add the username/],
    [
      'a name alone',
      { address: ADDRESS, username: 'u' },
      {},
      /password: .* add the password .* or remove spec\.username/,
    ],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(alertmanager, spec, secret)).toThrow(message)
  })

  it('masks path, token and password', () => {
    const secret = { token: 't1', username: 'u', password: 'p1' }
    const values = secretsOf(alertmanager, { address: ADDRESS }, secret)
    expect(values).toEqual(expect.arrayContaining(['t1', 'p1', '/api/v2/alerts']))
  })
})

describeStatusClasses(alertmanager)

describe('alertmanager answers', () => {
  it.each([
    ['"invalid label set: \\"a-b\\"\\n"', 'HTTP 400: invalid label set: "a-b"'],
    ['{"code":602,"message":"body in body is required"}', 'HTTP 400: body in body is required'],
    ['"cut', 'HTTP 400'],
    ['""', 'HTTP 400'],
  ])('repeats what it says: %s', (body, reason) => {
    expect(alertmanager.classify?.(response(400, body))).toEqual({ kind: 'rejected', reason })
  })
})
