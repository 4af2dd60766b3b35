import { describe, expect, it } from 'vitest'
import { generic } from '../../../relay/providers/generic.ts'
import { sensitiveValues } from '../../../relay/providers/settings.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import { notificationOf, settingsOf, withJsonBody } from '../../support/notifications.ts'

const ADDRESS = 'https://events.example.com/hook'
const DELIVERY_ID = 'd'.repeat(64)
const settings = settingsOf(generic, { address: ADDRESS })

function headersWith(headers: string, changes: Record<string, unknown> = {}) {
  const [request] = generic.requests(
    notificationOf('kustomization-finished', changes),
    settingsOf(generic, { address: ADDRESS }, { headers }),
  )
  return request?.headers
}

describe('generic requests', () => {
  it('posts an info event as Flux writes it', () => {
    expect(generic.requests(notificationOf('kustomization-finished'), settings)).toEqual([
      {
        method: 'POST',
        url: ADDRESS,
        headers: {
          'content-type': 'application/json',
          'gotk-component': 'kustomize-controller',
          'webhook-id': DELIVERY_ID,
        },
        body:
          '{"involvedObject":{"kind":"Kustomization","namespace":"flux-system","name":"podinfo",' +
          '"uid":"7d0cdc51-ddcf-4743-b223-83ca5c699632",' +
          '"apiVersion":"kustomize.toolkit.fluxcd.io/v1beta1","resourceVersion":"1201"},' +
          '"severity":"info","timestamp":"2021-04-21T10:00:02Z",' +
          '"message":"Reconciliation finished in 2.084434647s, next run in 5m0s",' +
          '"reason":"ReconciliationSucceeded",' +
          '"metadata":{"revision":"main/9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d"},' +
          '"reportingController":"kustomize-controller",' +
          '"reportingInstance":"kustomize-controller-5b58f9f8f4-xk2xg"}',
      },
    ])
  })

  it('posts an error with its metadata sorted', () => {
    const [request] = generic.requests(notificationOf('helmrelease-upgrade-failed'), settings)
    expect(request?.headers['gotk-component']).toBe('helm-controller')
    expect(request?.body).toBe(
      '{"involvedObject":{"kind":"HelmRelease","namespace":"apps","name":"webapp",' +
        '"uid":"b1f6a0d8-40a3-4d30-9a55-2f6b7b8f7e20",' +
        '"apiVersion":"helm.toolkit.fluxcd.io/v2","resourceVersion":"90211"},' +
        '"severity":"error","timestamp":"2026-11-20T11:02:17Z",' +
        '"message":"Helm upgrade failed for release apps/webapp with chart webapp@1.4.2: context deadline exceeded",' +
        '"reason":"UpgradeFailed",' +
        '"metadata":{"app-version":"2.0.1","deploymentID":"e076e315-5a48-41c3-81c8-8d8bdee7d74d",' +
        '"revision":"1.4.2"},' +
        '"reportingController":"helm-controller",' +
        '"reportingInstance":"helm-controller-76dff45854-5bnfp"}',
    )
  })

  it('omits what is empty, and keeps message and reason', () => {
    const bare = {
      involvedObject: { kind: 'Kustomization', namespace: 'flux-system', name: 'podinfo' },
      message: '',
      reason: '',
      metadata: null,
      reportingController: '',
      reportingInstance: '',
    }
    const [request] = generic.requests(notificationOf('kustomization-configured', bare), settings)
    expect(request?.body).toBe(
      '{"involvedObject":{"kind":"Kustomization","namespace":"flux-system","name":"podinfo"},' +
        '"severity":"info","timestamp":"2026-11-20T09:14:01Z","message":"","reason":"",' +
        '"reportingController":""}',
    )
  })

  it('posts a progress event, with a field path and the time in whole seconds', () => {
    const [request] = generic.requests(
      notificationOf('kustomization-configured', {
        involvedObject: {
          kind: 'Kustomization',
          namespace: 'flux-system',
          name: 'podinfo',
          fieldPath: 'spec.path',
        },
        timestamp: '2026-11-20T10:14:01.987+01:00',
      }),
      settings,
    )
    expect(withJsonBody(request).body).toMatchObject({
      involvedObject: { fieldPath: 'spec.path' },
      timestamp: '2026-11-20T09:14:01Z',
      message: 'Deployment/podinfo/podinfo configured\nService/podinfo/podinfo unchanged',
      reason: 'Progressing',
    })
  })

  it('leaves unicode and markup as they are, and long messages whole', () => {
    const message = `déployé 🚀 <b>"x"</b> & \`z\` ${'x'.repeat(38_000)}`
    const [request] = generic.requests(
      notificationOf('kustomization-applied', {
        message,
        metadata: { 'kustomize.toolkit.fluxcd.io/team': 'Ünïts & <co> 🦊' },
      }),
      settings,
    )
    expect(withJsonBody(request).body).toMatchObject({
      message,
      metadata: { team: 'Ünïts & <co> 🦊' },
    })
  })

  it('takes events that are meant for commits', () => {
    expect(generic.takesCommitStatusUpdates).toBe(true)
  })

  it('makes the same bytes of the same input', () => {
    const notification = notificationOf('helmrelease-upgrade-failed')
    expect(generic.requests(notification, settings)).toEqual(
      generic.requests(notification, settings),
    )
  })
})

describe('generic headers', () => {
  it('lets the Secret add and override, whatever the case of the name', () => {
    expect(
      headersWith(
        'Authorization: Bearer abc\nCONTENT-TYPE: application/vnd.flux+json\nX-Team: web\n',
      ),
    ).toEqual({
      'content-type': 'application/vnd.flux+json',
      'gotk-component': 'kustomize-controller',
      'webhook-id': DELIVERY_ID,
      authorization: 'Bearer abc',
      'x-team': 'web',
    })
  })

  it('leaves the headers of the connection to the client', () => {
    expect(
      headersWith('Host: other\nContent-Length: "1"\nTransfer-Encoding: chunked\nExpect: x'),
    ).toEqual({
      'content-type': 'application/json',
      'gotk-component': 'kustomize-controller',
      'webhook-id': DELIVERY_ID,
    })
  })

  it.each([
    ['kustomize-controller\r\nX-Evil: 1', 'kustomize-controller%0D%0AX-Evil: 1'],
    ['contrôleur 🚀', 'contr%C3%B4leur %F0%9F%9A%80'],
    ['a\u0000\u007fb', 'ab'],
  ])('encodes what HTTP does not carry in %j', (reportingController, value) => {
    const headers = headersWith('', { reportingController })
    expect(headers?.['gotk-component']).toBe(value)
    expect(() => new Headers({ ...headers })).not.toThrow()
  })
})

describe('generic settings', () => {
  it.each([
    ['no address', {}, {}, /address: set spec\.address/],
    ['a blank Secret address', { address: ADDRESS }, { address: ' ' }, /address: set spec\./],
    ['an address that is no URL', { address: 'general' }, {}, /address: set spec\.address/],
    ['headers that are no map', { address: ADDRESS }, { headers: '- a' }, /headers is not a map/],
    ['headers that are no YAML', { address: ADDRESS }, { headers: 'a: [' }, /is not YAML/],
    [
      'a header of two lines',
      { address: ADDRESS },
      { headers: 'X-A: "1\\r\\nX-B: 2"' },
      /^headers: entry 1 holds the character U\+000D/,
    ],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(generic, spec, secret)).toThrow(message)
  })

  it('masks the values of the headers', () => {
    const input = {
      address: ADDRESS,
      addressWithUserInfo: ADDRESS,
      userInfo: undefined,
      channel: '',
      username: '',
      specUsername: '',
      password: '',
      token: '',
      headers: { Authorization: 'Bearer abc', 'X-Key': 'k1' },
      serviceAccountName: '',
      providerUid: '',
      annotations: {},
      secret: {},
    }
    expect(sensitiveValues(generic.settings, input)).toEqual(
      expect.arrayContaining(['/hook', 'Bearer abc', 'abc', 'k1']),
    )
  })
})

describeStatusClasses(generic)
