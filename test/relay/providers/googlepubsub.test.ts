import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { googlePubSub } from '../../../relay/providers/googlepubsub.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  notificationOf,
  requestsOf,
  response,
  secretsOf,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'
import { accountKeys, serviceAccountKey } from '../../support/service-account.ts'
import { createFakeTryPorts, transportFailure } from '../../support/try-ports.ts'

const SPEC = { address: 'fleet-42', channel: 'flux-events' }
const TOKEN_URL = 'https://oauth2.googleapis.com/token'
const secretWith = (changes: Record<string, unknown> = {}) => ({
  token: serviceAccountKey(changes),
})
const settings = settingsOf(googlePubSub, SPEC, secretWith())

function publishedEvent(body: unknown) {
  const { messages } = body as { messages: readonly [{ data: string }] }
  return JSON.parse(Buffer.from(messages[0].data, 'base64').toString())
}

describe('googlepubsub requests', () => {
  it('publishes the event to the topic of the project', () => {
    const [request] = requestsOf(
      googlePubSub,
      notificationOf('helmrelease-upgrade-failed'),
      settings,
    )
    const { body, ...rest } = withJsonBody(request)
    expect(rest).toEqual({
      method: 'POST',
      url: 'https://pubsub.googleapis.com/v1/projects/fleet-42/topics/flux-events:publish',
      headers: { 'content-type': 'application/json' },
    })
    expect(body).toEqual({ messages: [{ data: expect.any(String) }] })
    expect(publishedEvent(body)).toEqual({
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
    })
  })

  it.each([
    ['a progress event', {}, { reason: 'Progressing' }],
    ['unicode and markup', { message: 'déployé 🚀 <b>' }, { message: 'déployé 🚀 <b>' }],
    ['a very long message', { message: 'é'.repeat(38_000) }, { message: 'é'.repeat(38_000) }],
  ])('publishes %s whole', (_, changes, expected) => {
    const notification = notificationOf('kustomization-configured', changes)
    const [request] = requestsOf(googlePubSub, notification, settings)
    expect(publishedEvent(withJsonBody(request).body)).toMatchObject(expected)
  })

  it('publishes an event without metadata', () => {
    const notification = notificationOf('kustomization-configured', { metadata: null })
    const [request] = requestsOf(googlePubSub, notification, settings)
    expect(publishedEvent(withJsonBody(request).body)).not.toHaveProperty('metadata')
  })

  it('cuts an event to the 10 MB that a request has at most', () => {
    const notification = notificationOf('kustomization-configured')
    const event = { ...notification.event, message: '🚀'.repeat(1_900_000) }
    const [request] = requestsOf(googlePubSub, { ...notification, event }, settings)
    expect(Buffer.byteLength(String(request?.body))).toBeLessThanOrEqual(10_000_000)
    expect(publishedEvent(withJsonBody(request).body).message).toMatch(/^(🚀)+…$/u)
  })

  it('takes the headers of the Secret as attributes', () => {
    const withHeaders = settingsOf(googlePubSub, SPEC, {
      ...secretWith(),
      headers: 'Team: web\nhost: a\n',
    })
    const [request] = requestsOf(googlePubSub, notificationOf('kustomization-applied'), withHeaders)
    expect(withJsonBody(request).body).toMatchObject({
      messages: [{ attributes: { Team: 'web', host: 'a' } }],
    })
    expect(request?.headers).toEqual({ 'content-type': 'application/json' })
  })

  it('percent-encodes a topic', () => {
    const odd = settingsOf(googlePubSub, { ...SPEC, channel: 'a+b%2F~c.d' }, secretWith())
    const [request] = requestsOf(googlePubSub, notificationOf('kustomization-applied'), odd)
    expect(request?.url).toContain('/topics/a%2Bb%252F~c.d:publish')
  })
})

const granted = response(
  200,
  '{"access_token":"ya29.t0ken","expires_in":3599,"token_type":"Bearer"}',
)

describe('googlepubsub authorization', () => {
  it('asks Google for a token, with a JWT that the key signed', async () => {
    const tryPorts = createFakeTryPorts({ answers: [granted] })
    expect(await googlePubSub.authorize?.(settings, tryPorts)).toEqual({
      kind: 'authorized',
      headers: { authorization: 'Bearer ya29.t0ken' },
      secrets: ['ya29.t0ken'],
    })
    const [request] = tryPorts.requests
    expect(request).toMatchObject({
      method: 'POST',
      url: TOKEN_URL,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    const form = new URLSearchParams(String(request?.body))
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const [header = '', claims = '', signature = ''] = form.get('assertion')?.split('.') ?? []
    const decoded = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
    expect(decoded(header)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'k1' })
    const now = tryPorts.clock.now() / 1_000
    expect(decoded(claims)).toEqual({
      iss: 'relay@fleet-42.iam.gserviceaccount.com',
      scope: 'https://www.googleapis.com/auth/pubsub',
      aud: TOKEN_URL,
      iat: now,
      exp: now + 3_600,
    })
    const publicKey = createPublicKey(accountKeys.privateKey)
    const signed = Buffer.from(`${header}.${claims}`)
    expect(verify('sha256', signed, publicKey, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  it('remembers the token until a minute before it expires', async () => {
    const tryPorts = createFakeTryPorts({ answers: () => granted })
    const authorize = () => googlePubSub.authorize?.(settings, tryPorts)
    await Promise.all([authorize(), authorize()])
    tryPorts.clock.advance(3_500_000)
    await authorize()
    expect(tryPorts.requests).toHaveLength(1)
    tryPorts.clock.advance(60_000)
    await authorize()
    expect(tryPorts.requests).toHaveLength(2)
  })

  it.each([
    [
      response(400, '{"error":"invalid_grant","error_description":"Invalid JWT\\nSignature."}'),
      { kind: 'unauthorized', reason: 'HTTP 400: invalid_grant: Invalid JWT Signature.' },
    ],
    [
      response(400, '{"error":"invalid_grant"}', { date: 'Thu, 01 Jan 1970 02:00:00 GMT' }),
      {
        kind: 'retry',
        reason:
          'HTTP 400: invalid_grant: the clock of this host is 7200 s behind that of the service, which refuses signatures of another time; set it',
        applied: 'no',
      },
    ],
    [
      response(401, '{"error":"invalid_client"}'),
      { kind: 'unauthorized', reason: 'HTTP 401: invalid_client' },
    ],
    [
      response(400, '{"error":"invalid_scope","error_description":"no"}'),
      { kind: 'rejected', reason: 'HTTP 400: invalid_scope: no' },
    ],
    [
      response(400, '{"error":"temporarily_unavailable"}'),
      { kind: 'retry', reason: 'HTTP 400: temporarily_unavailable', applied: 'no' },
    ],
    [
      response(400, '{"error":"temporarily_unavailable"}', { 'retry-after': '7' }),
      {
        kind: 'retry',
        reason: 'HTTP 400: temporarily_unavailable',
        applied: 'no',
        retryAfterMs: 7_000,
      },
    ],
    [
      response(503, '', { 'retry-after': '7' }),
      { kind: 'retry', reason: 'HTTP 503', applied: 'no', retryAfterMs: 7_000 },
    ],
    [
      response(200, '<html>'),
      { kind: 'retry', reason: 'HTTP 200 without a token that can be read', applied: 'no' },
    ],
    [transportFailure('timeout', true), { kind: 'retry', reason: 'timeout: test', applied: 'no' }],
    [
      transportFailure('address-refused', false),
      { kind: 'rejected', reason: 'address-refused: test' },
    ],
  ])('comes to a failure: %o', async (answer, expected) => {
    const tryPorts = createFakeTryPorts({ answers: [answer] })
    expect(await googlePubSub.authorize?.(settings, tryPorts)).toEqual({
      ...expected,
      reason: `no access token from oauth2.googleapis.com: ${expected.reason}`,
    })
  })

  it('shows no assertion that an answer repeats', async () => {
    const tryPorts = createFakeTryPorts({
      answers: ({ body }) => {
        const assertion = new URLSearchParams(String(body)).get('assertion') ?? ''
        return response(
          400,
          JSON.stringify({ error: 'invalid_grant', error_description: assertion }),
        )
      },
    })
    expect(await googlePubSub.authorize?.(settings, tryPorts)).toMatchObject({
      reason: 'no access token from oauth2.googleapis.com: HTTP 400: invalid_grant: ***…',
    })
  })

  it('does not remember a failure', async () => {
    const tryPorts = createFakeTryPorts({ answers: [response(503), granted] })
    await googlePubSub.authorize?.(settings, tryPorts)
    expect(await googlePubSub.authorize?.(settings, tryPorts)).toMatchObject({ kind: 'authorized' })
  })
})

describe('googlepubsub settings', () => {
  const short = generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey
  const elliptic = generateKeyPairSync('ed25519').privateKey
  const pemOf = (key: typeof short) => key.export({ type: 'pkcs8', format: 'pem' }).toString()
  const many = Array.from({ length: 101 }, (_, at) => `k${at}: v`).join('\n')
  const NO_RSA = /token: the private_key .* not an RSA key/

  it.each([
    ['no project', { address: '' }, secretWith(), /address: set spec\.address to the id/],
    ['a URL', { address: 'https://a.test/x' }, secretWith(), /address: set spec\.address to/],
    ['no topic', { channel: '' }, secretWith(), /channel: set spec\.channel to the id/],
    ['a whole topic name', { channel: 'projects/a/topics/b' }, secretWith(), /channel: set spec/],
    ['a topic of Google', { channel: 'google-x' }, secretWith(), /channel: set spec/],
    [
      'an identity that the manifest names',
      { serviceAccountName: 'x' },
      {},
      /serviceAccountName: .*the deployment binds the identity.*remove it; or add the key token/,
    ],
    ['a token that is none', {}, { token: 'ya29.secret' }, /token: expected the JSON/],
    [
      'a credential of another kind',
      {},
      secretWith({
        type: 'external_account',
        credential_source: { url: 'http://169.254.169.254' },
      }),
      /token: .* must be service_account/,
    ],
    ['no kind', {}, secretWith({ type: undefined }), /token: .* must be service_account/],
    [
      'a token URL elsewhere',
      {},
      secretWith({ token_uri: 'https://evil.test/token' }),
      /token: the token_uri .* must be https:\/\/oauth2\.googleapis\.com\/token/,
    ],
    ['no client_email', {}, secretWith({ client_email: undefined }), /token: .*client_email/],
    ['no key', {}, secretWith({ private_key: undefined }), NO_RSA],
    ['a key that is none', {}, secretWith({ private_key: 'secret' }), NO_RSA],
    ['a key that is too short', {}, secretWith({ private_key: pemOf(short) }), NO_RSA],
    ['a key of another kind', {}, secretWith({ private_key: pemOf(elliptic) }), NO_RSA],
    ['too many attributes', {}, { ...secretWith(), headers: many }, /headers: .*at most 100/],
    [
      'a long attribute',
      {},
      { ...secretWith(), headers: `a: b\nc: ${'secret'.repeat(200)}` },
      /headers: entry 2 is not a valid attribute/,
    ],
    [
      'a reserved attribute',
      {},
      { ...secretWith(), headers: 'googclient: x' },
      /headers: entry 1 is not a valid attribute/,
    ],
  ])('refuses %s, and says no secret', (_, spec, secret, message) => {
    const read = () => settingsOf(googlePubSub, { ...SPEC, ...spec }, secret)
    expect(read).toThrow(message)
    expect(read).not.toThrow(/ya29|secretsecret|evil/)
  })

  it('takes a key without a token URL, and one of a domain-scoped project', () => {
    const secret = secretWith({ token_uri: undefined })
    const read = settingsOf(googlePubSub, { ...SPEC, address: 'example.com:fleet' }, secret)
    expect(read).toMatchObject({ project: 'example.com:fleet' })
  })

  it('masks the key and the attributes', () => {
    const secret = { ...secretWith(), headers: 'X-Key: k3y' }
    expect(secretsOf(googlePubSub, SPEC, secret)).toEqual(
      expect.arrayContaining([secret.token, 'k3y']),
    )
  })
})

describe('googlepubsub answers', () => {
  it('repeats what Pub/Sub says', () => {
    const body =
      '{"error":{"code":404,"message":"Resource not found (resource=flux).","status":"NOT_FOUND"}}'
    expect(googlePubSub.classify?.(response(404, body))).toEqual({
      kind: 'rejected',
      reason: 'HTTP 404: Resource not found (resource=flux).',
    })
  })

  it('tries again what was cancelled', () => {
    const body =
      '{"error":{"code":499,"message":"The operation was cancelled.","status":"CANCELLED"}}'
    expect(googlePubSub.classify?.(response(499, body))).toEqual({
      kind: 'retry',
      reason: 'HTTP 499: The operation was cancelled.',
      applied: 'unknown',
    })
  })
})

describeStatusClasses(googlePubSub)
