import { describe, expect, it } from 'vitest'
import type { CloudBindings } from '../../../relay/model/cloud-bindings.ts'
import { InvalidSecret } from '../../../relay/ports/secret-store.ts'
import { azureEventHub } from '../../../relay/providers/azureeventhub.ts'
import type { HttpProvider, TryPorts } from '../../../relay/providers/contract.ts'
import { googlePubSub } from '../../../relay/providers/googlepubsub.ts'
import { AZURE, BINDINGS, GOOGLE_ACCOUNT, GOOGLE_AUDIENCE } from '../../support/cloud-bindings.ts'
import { START } from '../../support/manual-clock.ts'
import { notificationOf, requestsOf, response, settingsOf } from '../../support/notifications.ts'
import { createFakeTryPorts, type FakeTryPortsOptions } from '../../support/try-ports.ts'

const JWT = 'eyJ.of-the-relay.c2ln'
const PRINCIPAL = 'ya29.principal'
const ACCESS = 'access.t0ken'

const pubSub = settingsOf(googlePubSub, { address: 'fleet-42', channel: 'flux-events' })
const eventHub = settingsOf(azureEventHub, { address: 'flux-hub', channel: 'fleet-ns' })

const authorizePubSub = (tryPorts: TryPorts) => googlePubSub.authorize?.(pubSub, tryPorts)
const authorizeEventHub = (tryPorts: TryPorts) => azureEventHub.authorize?.(eventHub, tryPorts)

/** The ports of one try of a cluster with these bindings, which records whom the relay proved itself to. */
function openTryPorts(
  bindings: CloudBindings | undefined,
  answers: FakeTryPortsOptions['answers'],
  changes: Partial<FakeTryPortsOptions> = {},
) {
  const audiences: string[] = []
  const tryPorts = createFakeTryPorts({
    ...(answers && { answers }),
    identities: {
      bindings: async () => bindings,
      async token(audience) {
        audiences.push(audience)
        return { kind: 'token', token: JWT }
      },
      ...changes.identities,
    },
    hasOwnRoots: changes.hasOwnRoots ?? false,
  })
  return { tryPorts, audiences }
}

const granted = (token: string) =>
  response(200, JSON.stringify({ access_token: token, expires_in: 3_600, token_type: 'Bearer' }))

const generated = response(
  200,
  JSON.stringify({ accessToken: ACCESS, expireTime: new Date(START + 3_600_000).toISOString() }),
)

const AUTHORIZED = {
  kind: 'authorized',
  headers: { authorization: `Bearer ${ACCESS}` },
  secrets: [ACCESS],
}

const FORM = {
  'content-type': 'application/x-www-form-urlencoded',
  accept: 'application/json',
}

const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  audience: GOOGLE_AUDIENCE,
  requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  subject_token: JWT,
}

const formOf = (body: unknown) => Object.fromEntries(new URLSearchParams(String(body)))

describe('googlepubsub without a credential', () => {
  it('acts as the service account that the cluster is bound to', async () => {
    const { tryPorts, audiences } = openTryPorts(BINDINGS, [granted(PRINCIPAL), generated])
    expect(await authorizePubSub(tryPorts)).toEqual(AUTHORIZED)
    expect(audiences).toEqual([GOOGLE_AUDIENCE])
    const [first, second] = tryPorts.requests
    expect({ ...first, body: formOf(first?.body) }).toEqual({
      method: 'POST',
      url: 'https://sts.googleapis.com/v1/token',
      headers: FORM,
      body: { ...EXCHANGE, scope: 'https://www.googleapis.com/auth/cloud-platform' },
    })
    expect(second).toEqual({
      method: 'POST',
      url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${encodeURIComponent(GOOGLE_ACCOUNT)}:generateAccessToken`,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${PRINCIPAL}` },
      body: '{"scope":["https://www.googleapis.com/auth/pubsub"]}',
    })
    expect(tryPorts.requests).toHaveLength(2)
  })

  it('is the principal of the pool itself when no service account is bound', async () => {
    const bindings = { google: { audience: GOOGLE_AUDIENCE } }
    const { tryPorts } = openTryPorts(bindings, [granted(ACCESS)])
    expect(await authorizePubSub(tryPorts)).toEqual(AUTHORIZED)
    expect(tryPorts.requests.map(({ body }) => formOf(body))).toEqual([
      { ...EXCHANGE, scope: 'https://www.googleapis.com/auth/pubsub' },
    ])
  })

  it.each([
    [
      'a refused proof',
      [response(400, `{"error":"invalid_grant","error_description":"bad ${JWT}"}`)],
      { kind: 'unauthorized', reason: 'sts.googleapis.com: HTTP 400: invalid_grant: bad ***' },
    ],
    [
      'an unknown provider',
      [response(400, '{"error":"invalid_target","error_description":"no such provider"}')],
      {
        kind: 'rejected',
        reason: 'sts.googleapis.com: HTTP 400: invalid_target: no such provider',
      },
    ],
    [
      'an account that it may not act as',
      [granted(PRINCIPAL), response(403, `{"error":{"message":"denied to ${PRINCIPAL}"}}`)],
      {
        kind: 'unauthorized',
        reason: 'iamcredentials.googleapis.com: HTTP 403: denied to ***',
      },
    ],
    [
      'an outage',
      [granted(PRINCIPAL), response(503, '', { 'retry-after': '7' })],
      {
        kind: 'retry',
        reason: 'iamcredentials.googleapis.com: HTTP 503',
        applied: 'no',
        retryAfterMs: 7_000,
      },
    ],
    [
      'an answer without a token',
      [granted(PRINCIPAL), response(200, '{"accessToken":"two words"}')],
      {
        kind: 'retry',
        reason: 'iamcredentials.googleapis.com: HTTP 200 without a token that can be read',
        applied: 'no',
      },
    ],
  ])('comes to a failure by %s, and shows no token', async (_, answers, expected) => {
    const { tryPorts } = openTryPorts(BINDINGS, answers)
    expect(await authorizePubSub(tryPorts)).toEqual({
      ...expected,
      reason: `no access token from ${expected.reason}`,
    })
  })
})

describe('azureeventhub without a credential', () => {
  it('shows a proof in place of a client secret', async () => {
    const { tryPorts, audiences } = openTryPorts(BINDINGS, [granted(ACCESS)])
    expect(await authorizeEventHub(tryPorts)).toEqual(AUTHORIZED)
    expect(audiences).toEqual(['api://AzureADTokenExchange'])
    expect(
      tryPorts.requests.map((request) => ({ ...request, body: formOf(request.body) })),
    ).toEqual([
      {
        method: 'POST',
        url: `https://login.microsoftonline.com/${AZURE.tenantID}/oauth2/v2.0/token`,
        headers: FORM,
        body: {
          grant_type: 'client_credentials',
          client_id: AZURE.clientID,
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: JWT,
          scope: 'https://eventhubs.azure.net/.default',
        },
      },
    ])
  })

  it('comes to a failure when Entra ID trusts the role not, and shows no token', async () => {
    const body = `{"error":"invalid_client","error_description":"AADSTS70021: ${JWT}"}`
    const { tryPorts } = openTryPorts(BINDINGS, [response(401, body)])
    expect(await authorizeEventHub(tryPorts)).toEqual({
      kind: 'unauthorized',
      reason:
        'no access token from login.microsoftonline.com: HTTP 401: invalid_client: AADSTS70021: ***',
    })
  })

  it.each(['fleet-ns', 'Fleet-NS.servicebus.windows.net'])('sends to %s', (channel) => {
    const settings = settingsOf(azureEventHub, { address: 'hub', channel })
    const [request] = requestsOf(azureEventHub, notificationOf('kustomization-applied'), settings)
    expect(request?.url).toMatch(/^https:\/\/fleet-ns\.servicebus\.windows\.net\/hub\//)
  })
})

const TYPES: readonly (readonly [
  string,
  (tryPorts: TryPorts) => ReturnType<NonNullable<HttpProvider['authorize']>> | undefined,
  'google' | 'azure',
])[] = [
  ['Google', authorizePubSub, 'google'],
  ['Azure', authorizeEventHub, 'azure'],
]

describe.each(TYPES)('the identity at %s', (name, authorize, cloud) => {
  const answers: FakeTryPortsOptions['answers'] = ({ url }) =>
    url.includes(':generateAccessToken') ? generated : granted(ACCESS)
  const others = { google: { azure: AZURE }, azure: { google: { audience: GOOGLE_AUDIENCE } } }

  it.each([
    ['nothing', undefined],
    ['the other cloud alone', others[cloud]],
  ])('is missing when the cluster is bound to %s', async (_, bindings) => {
    const { tryPorts, audiences } = openTryPorts(bindings, [])
    expect(await authorize(tryPorts)).toEqual({
      kind: 'rejected',
      reason: expect.stringMatching(
        `this deployment binds no ${name} identity to cluster local: add the key token.*, or bind one as docs/aws\\.md says`,
      ),
    })
    expect([audiences, tryPorts.requests]).toEqual([[], []])
  })

  it('is remembered for its cluster until a minute before it expires', async () => {
    const { tryPorts, audiences } = openTryPorts(BINDINGS, answers)
    await Promise.all([authorize(tryPorts), authorize(tryPorts)])
    tryPorts.clock.advance(3_500_000)
    await authorize(tryPorts)
    expect(audiences).toHaveLength(1)
    const elsewhere = { ...tryPorts, identities: { ...tryPorts.identities, cluster: 'staging' } }
    await authorize(elsewhere)
    expect(audiences).toHaveLength(2)
    tryPorts.clock.advance(60_000)
    await authorize(tryPorts)
    expect(audiences).toHaveLength(3)
  })

  it('is not proved where the Provider says whom to trust', async () => {
    const { tryPorts, audiences } = openTryPorts(BINDINGS, answers)
    await authorize(tryPorts)
    const { tryPorts: watched, audiences: proved } = openTryPorts(BINDINGS, answers, {
      hasOwnRoots: true,
    })
    const reason = expect.stringContaining(
      'remove ca.crt from the Secret named by spec.certSecretRef',
    )
    // Not by a token that is remembered either.
    expect(await authorize({ ...watched, tokens: tryPorts.tokens })).toEqual({
      kind: 'rejected',
      reason,
    })
    expect([audiences.length, proved, watched.requests]).toEqual([1, [], []])
  })

  it('waits for a person when AWS does not prove it', async () => {
    const { tryPorts } = openTryPorts(BINDINGS, answers, {
      identities: { token: async () => ({ kind: 'refused', reason: 'AccessDenied; allow it' }) },
    })
    expect(await authorize(tryPorts)).toEqual({
      kind: 'retry',
      reason: 'the relay could not prove its identity: AccessDenied; allow it',
      applied: 'no',
    })
    expect(tryPorts.requests).toEqual([])
  })

  it('is rejected with a binding of another form', async () => {
    const { tryPorts } = openTryPorts(BINDINGS, answers, {
      identities: { bindings: () => Promise.reject(new InvalidSecret('id binds no identity')) },
    })
    expect(await authorize(tryPorts)).toEqual({ kind: 'rejected', reason: 'id binds no identity' })
  })

  it.each(['bindings', 'token'] as const)('puts the work back when %s fails', async (part) => {
    const { tryPorts } = openTryPorts(BINDINGS, answers, {
      identities: { [part]: () => Promise.reject(new Error('throttled')) },
    })
    await expect(authorize(tryPorts)).rejects.toThrow('throttled')
  })
})
