import { describe, expect, it } from 'vitest'
import type { CloudBindings } from '../../../relay/model/cloud-bindings.ts'
import { InvalidSecret } from '../../../relay/ports/secret-store.ts'
import { azureEventHub } from '../../../relay/providers/azureeventhub.ts'
import type { Exchange, HttpProvider } from '../../../relay/providers/contract.ts'
import { googlePubSub } from '../../../relay/providers/googlepubsub.ts'
import { AZURE, BINDINGS, GOOGLE_ACCOUNT, GOOGLE_AUDIENCE } from '../../support/cloud-bindings.ts'
import { createFakeExchange, type FakeExchangeOptions } from '../../support/exchange.ts'
import { START } from '../../support/manual-clock.ts'
import { notificationOf, requestsOf, response, settingsOf } from '../../support/notifications.ts'

const JWT = 'eyJ.of-the-relay.c2ln'
const PRINCIPAL = 'ya29.principal'
const ACCESS = 'access.t0ken'

const pubSub = settingsOf(googlePubSub, { address: 'fleet-42', channel: 'flux-events' })
const eventHub = settingsOf(azureEventHub, { address: 'flux-hub', channel: 'fleet-ns' })

const authorizePubSub = (exchange: Exchange) => googlePubSub.authorize?.(pubSub, exchange)
const authorizeEventHub = (exchange: Exchange) => azureEventHub.authorize?.(eventHub, exchange)

/** An exchange of a cluster with these bindings, which records whom the relay proved itself to. */
function openExchange(
  bindings: CloudBindings | undefined,
  answers: FakeExchangeOptions['answers'],
  changes: Partial<FakeExchangeOptions> = {},
) {
  const audiences: string[] = []
  const exchange = createFakeExchange({
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
  return { exchange, audiences }
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
    const { exchange, audiences } = openExchange(BINDINGS, [granted(PRINCIPAL), generated])
    expect(await authorizePubSub(exchange)).toEqual(AUTHORIZED)
    expect(audiences).toEqual([GOOGLE_AUDIENCE])
    const [first, second] = exchange.requests
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
    expect(exchange.requests).toHaveLength(2)
  })

  it('is the principal of the pool itself when no service account is bound', async () => {
    const bindings = { google: { audience: GOOGLE_AUDIENCE } }
    const { exchange } = openExchange(bindings, [granted(ACCESS)])
    expect(await authorizePubSub(exchange)).toEqual(AUTHORIZED)
    expect(exchange.requests.map(({ body }) => formOf(body))).toEqual([
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
    const { exchange } = openExchange(BINDINGS, answers)
    expect(await authorizePubSub(exchange)).toEqual({
      ...expected,
      reason: `no access token from ${expected.reason}`,
    })
  })
})

describe('azureeventhub without a credential', () => {
  it('shows a proof in place of a client secret', async () => {
    const { exchange, audiences } = openExchange(BINDINGS, [granted(ACCESS)])
    expect(await authorizeEventHub(exchange)).toEqual(AUTHORIZED)
    expect(audiences).toEqual(['api://AzureADTokenExchange'])
    expect(
      exchange.requests.map((request) => ({ ...request, body: formOf(request.body) })),
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
    const { exchange } = openExchange(BINDINGS, [response(401, body)])
    expect(await authorizeEventHub(exchange)).toEqual({
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
  (exchange: Exchange) => ReturnType<NonNullable<HttpProvider['authorize']>> | undefined,
  keyof CloudBindings,
])[] = [
  ['Google', authorizePubSub, 'google'],
  ['Azure', authorizeEventHub, 'azure'],
]

describe.each(TYPES)('the identity at %s', (name, authorize, cloud) => {
  const answers: FakeExchangeOptions['answers'] = ({ url }) =>
    url.includes(':generateAccessToken') ? generated : granted(ACCESS)
  const others = { google: { azure: AZURE }, azure: { google: { audience: GOOGLE_AUDIENCE } } }

  it.each([
    ['nothing', undefined],
    ['the other cloud alone', others[cloud]],
  ])('is missing when the cluster is bound to %s', async (_, bindings) => {
    const { exchange, audiences } = openExchange(bindings, [])
    expect(await authorize(exchange)).toEqual({
      kind: 'rejected',
      reason: expect.stringMatching(
        `this deployment binds no ${name} identity to cluster local: add the key token.*, or bind one as docs/aws\\.md says`,
      ),
    })
    expect([audiences, exchange.requests]).toEqual([[], []])
  })

  it('is remembered for its cluster until a minute before it expires', async () => {
    const { exchange, audiences } = openExchange(BINDINGS, answers)
    await Promise.all([authorize(exchange), authorize(exchange)])
    exchange.clock.advance(3_500_000)
    await authorize(exchange)
    expect(audiences).toHaveLength(1)
    const elsewhere = { ...exchange, identities: { ...exchange.identities, cluster: 'staging' } }
    await authorize(elsewhere)
    expect(audiences).toHaveLength(2)
    exchange.clock.advance(60_000)
    await authorize(exchange)
    expect(audiences).toHaveLength(3)
  })

  it('is not proved where the Provider says whom to trust', async () => {
    const { exchange, audiences } = openExchange(BINDINGS, answers)
    await authorize(exchange)
    const { exchange: watched, audiences: proved } = openExchange(BINDINGS, answers, {
      hasOwnRoots: true,
    })
    const reason = expect.stringContaining('remove it from the Secret named by spec.certSecretRef')
    // Not by a token that is remembered either.
    expect(await authorize({ ...watched, tokens: exchange.tokens })).toEqual({
      kind: 'rejected',
      reason,
    })
    expect([audiences.length, proved, watched.requests]).toEqual([1, [], []])
  })

  it('waits for a person when AWS does not prove it', async () => {
    const { exchange } = openExchange(BINDINGS, answers, {
      identities: { token: async () => ({ kind: 'refused', reason: 'AccessDenied; allow it' }) },
    })
    expect(await authorize(exchange)).toEqual({
      kind: 'retry',
      reason: 'no proof of who the relay is: AccessDenied; allow it',
      applied: 'no',
    })
    expect(exchange.requests).toEqual([])
  })

  it('is rejected with a binding of another form', async () => {
    const { exchange } = openExchange(BINDINGS, answers, {
      identities: { bindings: () => Promise.reject(new InvalidSecret('id binds no identity')) },
    })
    expect(await authorize(exchange)).toEqual({ kind: 'rejected', reason: 'id binds no identity' })
  })

  it.each(['bindings', 'token'] as const)('puts the work back when %s fails', async (part) => {
    const { exchange } = openExchange(BINDINGS, answers, {
      identities: { [part]: () => Promise.reject(new Error('throttled')) },
    })
    await expect(authorize(exchange)).rejects.toThrow('throttled')
  })
})
