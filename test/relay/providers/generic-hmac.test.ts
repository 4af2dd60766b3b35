import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { generic } from '../../../relay/providers/generic.ts'
import { genericHmac } from '../../../relay/providers/generic-hmac.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import { notificationOf, settingsOf } from '../../support/notifications.ts'

const ADDRESS = 'https://events.example.com/hook'
const KEY = 'not-so-secret-key'
const settings = settingsOf(genericHmac, { address: ADDRESS }, { token: KEY })

/** What a receiver computes over the bytes that arrive. */
function signatureOf(body: string | Uint8Array, key = KEY): string {
  const bytes = Buffer.from(String(body), 'utf8')
  return `sha256=${createHmac('sha256', Buffer.from(key, 'utf8')).update(bytes).digest('hex')}`
}

function onlyRequest(...args: Parameters<typeof notificationOf>) {
  const [request] = genericHmac.requests(notificationOf(...args), settings)
  if (!request) throw new Error('no request was made')
  return request
}

describe('generic-hmac requests', () => {
  it('posts an info event as generic does, with the signature of the body', () => {
    const body =
      '{"involvedObject":{"kind":"Kustomization","namespace":"flux-system","name":"podinfo",' +
      '"uid":"7d0cdc51-ddcf-4743-b223-83ca5c699632",' +
      '"apiVersion":"kustomize.toolkit.fluxcd.io/v1beta1","resourceVersion":"1201"},' +
      '"severity":"info","timestamp":"2021-04-21T10:00:02Z",' +
      '"message":"Reconciliation finished in 2.084434647s, next run in 5m0s",' +
      '"reason":"ReconciliationSucceeded",' +
      '"metadata":{"revision":"main/9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d"},' +
      '"reportingController":"kustomize-controller",' +
      '"reportingInstance":"kustomize-controller-5b58f9f8f4-xk2xg"}'
    expect(onlyRequest('kustomization-finished')).toEqual({
      method: 'POST',
      url: ADDRESS,
      headers: {
        'content-type': 'application/json',
        'gotk-component': 'kustomize-controller',
        'webhook-id': 'd'.repeat(64),
        'x-signature': signatureOf(body),
      },
      body,
    })
  })

  it.each([
    ['an error', 'helmrelease-upgrade-failed', {}],
    ['a progress event', 'kustomization-configured', {}],
    ['no metadata', 'kustomization-configured', { metadata: null }],
    ['unicode and markup', 'kustomization-applied', { message: 'déployé 🚀 <b>"x"</b> & `z`' }],
    ['a long message', 'kustomization-applied', { message: '配'.repeat(39_000) }],
  ] as const)('signs the bytes that generic sends: %s', (_, fixture, changes) => {
    const request = onlyRequest(fixture, changes)
    const [unsigned] = generic.requests(
      notificationOf(fixture, changes),
      settingsOf(generic, { address: ADDRESS }),
    )
    expect(request.body).toBe(unsigned?.body)
    expect(request.headers).toEqual({
      ...unsigned?.headers,
      'x-signature': signatureOf(request.body),
    })
  })

  it('does not let the Secret override the signature, only other headers', () => {
    const headers = 'x-signature: sha256=0\nX-SIGNATURE: sha256=1\ncontent-type: text/json'
    const [request] = genericHmac.requests(
      notificationOf('kustomization-finished'),
      settingsOf(genericHmac, { address: ADDRESS }, { token: KEY, headers }),
    )
    expect(request?.headers).toEqual({
      'content-type': 'text/json',
      'gotk-component': 'kustomize-controller',
      'webhook-id': 'd'.repeat(64),
      'x-signature': signatureOf(request?.body ?? ''),
    })
  })

  it('takes events that are meant for commits', () => {
    expect(genericHmac.takesCommitStatusUpdates).toBe(true)
  })

  it('makes the same bytes of the same input', () => {
    expect(onlyRequest('helmrelease-upgrade-failed')).toEqual(
      onlyRequest('helmrelease-upgrade-failed'),
    )
  })
})

describe('generic-hmac settings', () => {
  it.each([
    ['no address', {}, { token: KEY }, /address: set spec\.address/],
    [
      'a blank Secret address',
      { address: ADDRESS },
      { token: KEY, address: ' ' },
      /address: set spec\.address/,
    ],
    ['no token', { address: ADDRESS }, {}, /token: the Secret named by spec\.secretRef/],
    [
      'an empty token beside a password',
      { address: ADDRESS, username: 'u' },
      { token: '', password: 'p' },
      /token: the Secret named by spec\.secretRef/,
    ],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(genericHmac, spec, secret)).toThrow(message)
  })
})

describeStatusClasses(genericHmac)
