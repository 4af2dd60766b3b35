import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { azureEventHub } from '../../../relay/providers/azureeventhub.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  notificationOf,
  requestsOf,
  response,
  secretsOf,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'
import { createFakeTryPorts, transportFailure } from '../../support/try-ports.ts'

const KEY = 'c2lnbmVk/a2V5+b2Y=='
const CONNECTION =
  'Endpoint=sb://Fleet-NS.servicebus.windows.net/;SharedAccessKeyName=send only;' +
  `SharedAccessKey=${KEY};EntityPath=flux-hub`
const HUB = { address: 'flux-hub', channel: 'fleet-ns' }
const JWT = 'eyJhbGciOi.eyJhdWQi.c2ln'
const ENTRA = { tenantID: '7a1c-tenant', clientID: 'client-7', clientSecret: 's3cret~of.client' }

const signed = settingsOf(azureEventHub, { address: CONNECTION })
const withToken = settingsOf(azureEventHub, HUB, { token: JWT })
const withClient = settingsOf(azureEventHub, HUB, ENTRA)

function requestOf(settings: typeof signed, ...args: Parameters<typeof notificationOf>) {
  const [request] = requestsOf(azureEventHub, notificationOf(...args), settings)
  return withJsonBody(request)
}

describe('azureeventhub requests', () => {
  it.each([
    ['a connection string', signed],
    ['a token', withToken],
    ['an application', withClient],
  ])('posts the event to the hub, with %s', (_, settings) => {
    expect(requestOf(settings, 'helmrelease-upgrade-failed')).toEqual({
      method: 'POST',
      url: 'https://fleet-ns.servicebus.windows.net/flux-hub/messages?api-version=2014-01',
      headers: { 'content-type': 'application/atom+xml;type=entry;charset=utf-8' },
      body: {
        involvedObject: {
          kind: 'HelmRelease',
          namespace: 'apps',
          name: 'webapp',
          uid: 'b1f6a0d8-40a3-4d30-9a55-2f6b7b8f7e20',
          apiVersion: 'helm.toolkit.fluxcd.io/v2',
          resourceVersion: '90211',
        },
        severity: 'error',
        timestamp: '2026-11-20T11:02:17Z',
        message:
          'Helm upgrade failed for release apps/webapp with chart webapp@1.4.2: context deadline exceeded',
        reason: 'UpgradeFailed',
        metadata: {
          'app-version': '2.0.1',
          deploymentID: 'e076e315-5a48-41c3-81c8-8d8bdee7d74d',
          revision: '1.4.2',
        },
        reportingController: 'helm-controller',
        reportingInstance: 'helm-controller-76dff45854-5bnfp',
      },
    })
  })

  it.each([
    ['a progress event', {}, { reason: 'Progressing' }],
    ['unicode and markup', { message: 'déployé 🚀 <b>' }, { message: 'déployé 🚀 <b>' }],
    ['a very long message', { message: 'é'.repeat(38_000) }, { message: 'é'.repeat(38_000) }],
  ])('posts %s whole', (_, changes, expected) => {
    expect(requestOf(signed, 'kustomization-configured', changes).body).toMatchObject(expected)
  })

  it('posts an event without metadata', () => {
    const { body } = requestOf(signed, 'kustomization-configured', { metadata: null })
    expect(body).not.toHaveProperty('metadata')
  })

  it('cuts metadata that leaves no place for the message in 256 KB', () => {
    const metadata = { 'kustomize.toolkit.fluxcd.io/log': 'ü'.repeat(200_000) }
    const message = '🚀'.repeat(1_000)
    const request = requestOf(signed, 'kustomization-configured', { message, metadata })
    expect(Buffer.byteLength(JSON.stringify(request.body))).toBeLessThan(256_000)
    expect(request.body).toMatchObject({ message, metadata: { log: `${'ü'.repeat(255)}…` } })
  })

  it.each([
    ['fleet-ns.servicebus.windows.net', 'flux', 'https://fleet-ns.servicebus.windows.net/flux/'],
    ['ns.servicebus.chinacloudapi.cn', 'flux', 'https://ns.servicebus.chinacloudapi.cn/flux/'],
    ['fleet-ns', 'team/flux', 'https://fleet-ns.servicebus.windows.net/team/flux/'],
  ])('finds the hub of namespace %s', (channel, address, url) => {
    const settings = settingsOf(azureEventHub, { channel, address }, { token: JWT })
    expect(requestOf(settings, 'kustomization-applied').url).toBe(
      `${url}messages?api-version=2014-01`,
    )
  })
})

describe('azureeventhub authorization', () => {
  it('signs with the key of the connection string', async () => {
    const tryPorts = createFakeTryPorts()
    const expiry = tryPorts.clock.now() / 1_000 + 600
    const resource = 'https%3A%2F%2Ffleet-ns.servicebus.windows.net%2Fflux-hub'
    const signature = createHmac('sha256', KEY).update(`${resource}\n${expiry}`).digest('base64')
    expect(await azureEventHub.authorize?.(signed, tryPorts)).toEqual({
      kind: 'authorized',
      headers: {
        authorization: `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=send%20only`,
      },
      secrets: [signature, KEY],
    })
    expect(tryPorts.requests).toEqual([])
  })

  it('shows a token as it is', async () => {
    expect(await azureEventHub.authorize?.(withToken, createFakeTryPorts())).toMatchObject({
      headers: { authorization: `Bearer ${JWT}` },
    })
  })

  it('asks Entra ID for the token of an application, once', async () => {
    const granted = response(200, '{"access_token":"eyJ.t0ken","expires_in":"3599"}')
    const tryPorts = createFakeTryPorts({ answers: [granted] })
    for (let time = 0; time < 2; time += 1) {
      expect(await azureEventHub.authorize?.(withClient, tryPorts)).toEqual({
        kind: 'authorized',
        headers: { authorization: 'Bearer eyJ.t0ken' },
        secrets: ['eyJ.t0ken'],
      })
    }
    expect(tryPorts.requests).toEqual([
      {
        method: 'POST',
        url: 'https://login.microsoftonline.com/7a1c-tenant/oauth2/v2.0/token',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
        },
        body: 'grant_type=client_credentials&client_id=client-7&client_secret=s3cret%7Eof.client&scope=https%3A%2F%2Feventhubs.azure.net%2F.default',
      },
    ])
  })

  it.each([
    [
      response(
        401,
        `{"error":"invalid_client","error_description":"AADSTS7000215: ${ENTRA.clientSecret}"}`,
      ),
      { kind: 'unauthorized', reason: 'HTTP 401: invalid_client: AADSTS7000215: ***' },
    ],
    [
      response(400, '{"error":"invalid_request","error_description":"AADSTS90002: no tenant"}'),
      { kind: 'rejected', reason: 'HTTP 400: invalid_request: AADSTS90002: no tenant' },
    ],
    [response(429), { kind: 'retry', reason: 'HTTP 429', applied: 'no' }],
    [transportFailure('reset', true), { kind: 'retry', reason: 'reset: test', applied: 'no' }],
  ])('comes to a failure: %o', async (answer, expected) => {
    const tryPorts = createFakeTryPorts({ answers: [answer] })
    expect(await azureEventHub.authorize?.(withClient, tryPorts)).toEqual({
      ...expected,
      reason: `no access token from login.microsoftonline.com: ${expected.reason}`,
    })
  })
})

describe('azureeventhub settings', () => {
  const without = (name: string) =>
    CONNECTION.split(';')
      .filter((part) => !part.startsWith(`${name}=`))
      .join(';')
  const { clientSecret: _, ...partOfEntra } = ENTRA

  it.each([
    ['a token beside it', {}, { token: JWT }, /token: .*remove the key token/],
    [
      'a service account beside it',
      { serviceAccountName: 'x' },
      {},
      /serviceAccountName: .*remove/,
    ],
    ['an application beside it', {}, ENTRA, /secret: .*remove the keys tenantID/],
    ['no hub', { address: without('EntityPath') }, {}, /address: .*needs EntityPath/],
    ['no endpoint', { address: without('Endpoint') }, {}, /address: .*needs Endpoint=sb/],
    ['no name', { address: without('SharedAccessKeyName') }, {}, /address: .*both/],
    ['no key', { address: without('SharedAccessKey') }, {}, /address: .*both/],
    [
      'another endpoint',
      { address: CONNECTION.replace('sb:', 'https:') },
      {},
      /address: .*needs Endpoint=sb/,
    ],
  ])('refuses a connection string with %s', (_, spec, secret, message) => {
    const read = () => settingsOf(azureEventHub, { address: CONNECTION, ...spec }, secret)
    expect(read).toThrow(message)
    expect(read).not.toThrow(/c2lnbmVk/)
  })

  it.each([
    ['no hub', { address: '' }, { token: JWT }, /address: set spec\.address to the name/],
    ['a URL', { address: 'https://a.test' }, { token: JWT }, /address: set spec\.address to/],
    ['no namespace', { channel: '' }, { token: JWT }, /channel: set spec\.channel to the namesp/],
    ['a path', { channel: 'ns.servicebus.x/y' }, { token: JWT }, /channel: set spec\.channel to/],
    [
      'an identity that the manifest names',
      { serviceAccountName: 'x' },
      {},
      /serviceAccountName: .*the deployment binds the identity.*remove it; or add the key token, or the keys/,
    ],
    [
      'no credential for another host',
      { channel: 'ns.servicebus.evil.test' },
      {},
      /channel: without a credential, set spec\.channel to .* servicebus\.windows\.net; or add/,
    ],
    [
      'no credential for a host that only begins as Azure’s',
      { channel: 'ns.servicebus.windows.net.evil.test' },
      {},
      /channel: without a credential, set spec\.channel to .* servicebus\.windows\.net; or add/,
    ],
    ['a part of an application', {}, partOfEntra, /secret: .*go together; add clientSecret/],
    ['two credentials', {}, { ...ENTRA, token: JWT }, /token: .*remove one of the two/],
    ['an odd tenant', {}, { ...ENTRA, tenantID: 'a/../b' }, /secret: the key tenantID/],
  ])('refuses %s', (_, spec, secret, message) => {
    const read = () => settingsOf(azureEventHub, { ...HUB, ...spec }, secret)
    expect(read).toThrow(message)
    expect(read).not.toThrow(/s3cret|eyJ/)
  })

  it('takes a connection string in any order, from the Secret', () => {
    const address = CONNECTION.split(';').reverse().join(' ; ')
    expect(settingsOf(azureEventHub, {}, { address })).toEqual(signed)
  })

  it('masks the connection string and the token', () => {
    expect(secretsOf(azureEventHub, { address: CONNECTION }, {})).toContain(CONNECTION)
    expect(secretsOf(azureEventHub, HUB, { token: JWT })).toContain(JWT)
  })
})

describe('azureeventhub answers', () => {
  it('repeats what Event Hubs says', () => {
    const body =
      '<Error><Code>401</Code><Detail>ExpiredToken: The token is expired.</Detail></Error>'
    expect(azureEventHub.classify?.(response(401, body))).toEqual({
      kind: 'unauthorized',
      reason: 'HTTP 401: ExpiredToken: The token is expired.',
    })
  })

  it('is tried again while the clocks differ', () => {
    const late = response(401, '', { date: 'Thu, 01 Jan 1970 00:15:00 GMT' })
    expect(azureEventHub.classify?.(late)).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('is 900 s behind that of the service'),
    })
  })
})

describeStatusClasses(azureEventHub)
