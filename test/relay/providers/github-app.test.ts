import { createVerify, generateKeyPairSync } from 'node:crypto'
import { jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import type { SecretData } from '../../../relay/model/secret.ts'
import { reconcile } from '../../../relay/pipeline/reconcile.ts'
import type { OutboundRequest } from '../../../relay/ports/http.ts'
import { github } from '../../../relay/providers/github.ts'
import { createCanaries } from '../../support/canaries.ts'
import { createCanaryRelay, expectNoLeaks } from '../../support/canary-relay.ts'
import { startForge } from '../../support/forge-double.ts'
import {
  APP_ID,
  APP_KEY_PKCS1,
  APP_KEY_PKCS8,
  appKeys,
  appSecret,
  INSTALLATION_ID,
} from '../../support/github-app.ts'
import { testClient } from '../../support/http-client.ts'
import { START } from '../../support/manual-clock.ts'
import { response, settingsOf } from '../../support/notifications.ts'
import { alert, CLUSTER, createHarness, provider } from '../../support/relay-harness.ts'
import { secretsFound } from '../../support/secret-store.ts'
import { startHttpServer } from '../../support/servers.ts'
import { createFakeTryPorts, transportFailure } from '../../support/try-ports.ts'

const ADDRESS = 'https://github.com/example/fleet-infra'
const TOKEN_URL = `https://api.github.com/app/installations/${INSTALLATION_ID}/access_tokens`
const HOUR_MS = 3_600_000
const STATUSES =
  '/api/v3/repos/example/fleet-infra/statuses/9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'

const iso = (ms: number) =>
  Number.isNaN(ms) ? 'soon' : new Date(ms).toISOString().replace('.000', '')
const made = (token: string, expiresAt = START + HOUR_MS) =>
  response(201, JSON.stringify({ token, expires_at: iso(expiresAt) }))

function appSettings(changes: SecretData = {}) {
  return settingsOf(github, { address: ADDRESS }, appSecret(changes))
}

function withoutInstallation(changes: SecretData): SecretData {
  const { githubAppInstallationID: _, ...secret } = appSecret(changes)
  return secret
}

const authorize = (tryPorts: ReturnType<typeof createFakeTryPorts>, settings = appSettings()) =>
  github.authorize?.(settings, tryPorts)

function jwtOf(request: OutboundRequest | undefined): string {
  return (request?.headers.authorization ?? '').replace('Bearer ', '')
}

/** The token that requests are authorized by. */
async function authorizedBy(tryPorts: ReturnType<typeof createFakeTryPorts>) {
  const result = await authorize(tryPorts)
  return result?.kind === 'authorized' ? result.secrets[0] : result
}

describe('GitHub App settings', () => {
  it('give way to a token, and to a password', () => {
    const app = appSecret()
    const token = settingsOf(github, { address: ADDRESS }, { ...app, token: 't' })
    expect(token.credential).toEqual({ kind: 'token', token: 't' })
    const basic = { ...app, username: 'u', password: 'p' }
    const password = settingsOf(github, { address: ADDRESS }, basic)
    expect(password.credential).toEqual({ kind: 'token', token: 'p' })
  })

  it('take values with a line break behind them', () => {
    const credential = appSettings({
      githubAppID: `${APP_ID}\n`,
      githubAppInstallationID: `${INSTALLATION_ID}\n`,
    }).credential
    expect(credential).toMatchObject({ id: APP_ID, installation: { id: INSTALLATION_ID } })
  })

  const small = generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2_048 }).privateKey
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const pem = (key: typeof small) => key.export({ type: 'pkcs8', format: 'pem' }).toString()
  const locked = appKeys.privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  })
  const publicKey = appKeys.publicKey.export({ type: 'spki', format: 'pem' })

  it.each([
    ['no id', { githubAppID: '' }, /githubAppID: .*needs this key/],
    ['an id with spaces', { githubAppID: 'a b' }, /githubAppID: .*needs this key/],
    ['no key', { githubAppPrivateKey: ' ' }, /githubAppPrivateKey: .*needs this key/],
    [
      'a cut key',
      { githubAppPrivateKey: APP_KEY_PKCS1.slice(0, 400) },
      /PrivateKey: expected an RSA/,
    ],
    ['a key with a passphrase', { githubAppPrivateKey: String(locked) }, /PrivateKey: expected an/],
    ['a public key', { githubAppPrivateKey: String(publicKey) }, /PrivateKey: expected an RSA/],
    ['a short key', { githubAppPrivateKey: pem(small) }, /PrivateKey: .*at least 2048 bits/],
    ['a key for RSA-PSS only', { githubAppPrivateKey: pem(pss) }, /PrivateKey: expected an RSA/],
    ['a key of a curve', { githubAppPrivateKey: pem(curve) }, /PrivateKey: expected an RSA/],
    [
      'no installation',
      { githubAppInstallationID: '' },
      /InstallationID: .*githubAppInstallationOwner/,
    ],
    ['a name as number', { githubAppInstallationID: 'x' }, /InstallationID: .*with a number/],
    [
      'both installations',
      { githubAppInstallationOwner: 'example' },
      /githubAppInstallationID: .*githubAppInstallationOwner too; remove one/,
    ],
    ['no base URL', { githubAppBaseURL: 'api.github.com' }, /githubAppBaseURL: expected an http/],
    ['a base URL with a query', { githubAppBaseURL: 'https://x/?a' }, /BaseURL: .*without a query/],
  ])('are refused with %s', (_, changes, message) => {
    const read = () => settingsOf(github, { address: ADDRESS }, appSecret(changes))
    expect(read).toThrow(message)
    expect(read).not.toThrow(/BEGIN|MII/)
  })

  it('are refused with an owner that is none', () => {
    const secret = withoutInstallation({ githubAppInstallationOwner: 'a/b' })
    expect(() => settingsOf(github, { address: ADDRESS }, secret)).toThrow(
      /^githubAppInstallationOwner: expected the name/,
    )
  })

  it('make a Provider not ready, without a word of the key', async () => {
    const githubAppPrivateKey = APP_KEY_PKCS8.replace('MII', 'QQQ')
    const secrets = secretsFound(() => appSecret({ githubAppPrivateKey }))
    const spec = { type: 'github', address: ADDRESS, secretRef: { name: 's' } }
    const { objects } = await reconcile(CLUSTER, [provider('github', spec)], 0, secrets)
    expect(objects).toMatchObject([
      { ready: false, message: expect.stringMatching(/githubAppPrivateKey: expected an RSA/) },
    ])
    expect(JSON.stringify(objects)).not.toMatch(/BEGIN|QQQ/)
  })
})

describe('a GitHub App', () => {
  it.each([
    ['PKCS#1', APP_KEY_PKCS1],
    ['PKCS#8', APP_KEY_PKCS8],
  ])('proves itself by a JWT of its key (%s)', async (_, githubAppPrivateKey) => {
    const tryPorts = createFakeTryPorts({ answers: [made('ghs_1')] })
    expect(await authorize(tryPorts, appSettings({ githubAppPrivateKey }))).toEqual({
      kind: 'authorized',
      headers: { authorization: 'Bearer ghs_1' },
      secrets: ['ghs_1'],
    })
    expect(tryPorts.requests).toEqual([
      {
        method: 'POST',
        url: TOKEN_URL,
        headers: {
          accept: 'application/vnd.github.v3+json',
          'x-github-api-version': '2022-11-28',
          authorization: expect.stringMatching(/^Bearer eyJ/),
        },
        body: '',
      },
    ])
    const jwt = jwtOf(tryPorts.requests[0])
    const { payload, protectedHeader } = await jwtVerify(jwt, appKeys.publicKey, {
      currentDate: new Date(START),
    })
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT' })
    expect(payload).toEqual({ iss: APP_ID, iat: START / 1_000 - 30, exp: START / 1_000 + 120 })
    const [head, claims, signature = ''] = jwt.split('.')
    const verify = createVerify('RSA-SHA256').update(`${head}.${claims}`)
    expect(verify.verify(appKeys.publicKey, signature, 'base64url')).toBe(true)
  })

  it.each([
    ['an organization', [response(200, '{"id":77}')], ['orgs/example']],
    ['a user', [response(404), response(200, '{"id":77}')], ['orgs/example', 'users/example']],
  ])('finds its installation for %s', async (_, found, owners) => {
    const tryPorts = createFakeTryPorts({ answers: [...found, made('ghs_1')] })
    const secret = withoutInstallation({
      githubAppInstallationOwner: 'example',
      githubAppBaseURL: 'https://github.corp/api/v3/',
    })
    const settings = settingsOf(github, { address: ADDRESS }, secret)
    expect(await authorize(tryPorts, settings)).toMatchObject({ kind: 'authorized' })
    expect(tryPorts.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      ...owners.map((owner) => `GET https://github.corp/api/v3/${owner}/installation`),
      'POST https://github.corp/api/v3/app/installations/77/access_tokens',
    ])
  })

  it('asks the API of its own server when no base URL is given', async () => {
    const tryPorts = createFakeTryPorts({ answers: [made('ghs_1')] })
    await authorize(tryPorts, settingsOf(github, { address: 'https://g.corp/o/r' }, appSecret()))
    expect(tryPorts.requests[0]?.url).toMatch(/^https:\/\/g\.corp\/api\/v3\/app\/installations/)
  })

  it('keeps a token until a minute before it expires', async () => {
    const answers = [made('ghs_1'), made('ghs_2', START + 2 * HOUR_MS)]
    const tryPorts = createFakeTryPorts({ answers })
    const tokens: unknown[] = []
    for (const at of [0, HOUR_MS - 60_001, HOUR_MS - 60_000, HOUR_MS]) {
      tryPorts.clock.set(START + at)
      tokens.push((await authorize(tryPorts)) as unknown)
    }
    const secrets = tokens.map((result) => (result as { secrets: string[] }).secrets[0])
    expect(secrets).toEqual(['ghs_1', 'ghs_1', 'ghs_2', 'ghs_2'])
    expect(tryPorts.requests).toHaveLength(2)
  })

  it.each([
    ['an hour behind', -HOUR_MS],
    ['five hours behind', -5 * HOUR_MS],
    ['an hour ahead', HOUR_MS],
    ['a day ahead', 24 * HOUR_MS],
  ])('keeps a token for its hour, with a clock that is %s of GitHub’s', async (_, aheadMs) => {
    const timed = (token: string, now: number) => {
      const answer = made(token, now + HOUR_MS)
      return { ...answer, headers: { ...answer.headers, date: new Date(now).toUTCString() } }
    }
    const answers = [timed('ghs_1', START), timed('ghs_2', START + HOUR_MS)]
    const tryPorts = createFakeTryPorts({ answers })
    tryPorts.clock.setBy(aheadMs)
    const secrets: unknown[] = []
    for (const passMs of [0, HOUR_MS - 60_001, 1]) {
      tryPorts.clock.advance(passMs)
      secrets.push(await authorizedBy(tryPorts))
    }
    expect(secrets).toEqual(['ghs_1', 'ghs_1', 'ghs_2'])
  })

  it('keeps a token for an hour at most, and uses it once if its end says nothing', async () => {
    const answers = [made('ghs_1', START + 9 * HOUR_MS), made('ghs_2', Number.NaN), made('ghs_3')]
    const tryPorts = createFakeTryPorts({ answers })
    const secrets: unknown[] = []
    for (const passMs of [0, HOUR_MS, 0]) {
      tryPorts.clock.advance(passMs)
      secrets.push(await authorizedBy(tryPorts))
    }
    expect(secrets).toEqual(['ghs_1', 'ghs_2', 'ghs_3'])
  })

  it('fetches one token for all that need it at once', async () => {
    const tryPorts = createFakeTryPorts({ answers: [made('ghs_1')] })
    const all = await Promise.all(Array.from({ length: 5 }, () => authorize(tryPorts)))
    expect(all).toEqual(Array(5).fill(expect.objectContaining({ secrets: ['ghs_1'] })))
    expect(tryPorts.requests).toHaveLength(1)
  })

  it('has another token for another installation, key or server', async () => {
    const tryPorts = createFakeTryPorts({ answers: () => made('ghs_1') })
    await authorize(tryPorts)
    await authorize(tryPorts, appSettings({ githubAppInstallationID: '8' }))
    await authorize(tryPorts, appSettings({ githubAppPrivateKey: APP_KEY_PKCS8 }))
    await authorize(tryPorts, appSettings({ githubAppBaseURL: 'https://g.corp/api/v3' }))
    expect(tryPorts.requests).toHaveLength(4)
  })

  const limited = '{"message":"You have exceeded a secondary rate limit"}'
  it.each([
    [
      response(401, '{"message":"A JWT could not be decoded"}'),
      'unauthorized',
      /^GitHub App: HTTP 401: A JWT .*: check that githubAppPrivateKey is a key of the App githubAppID/,
    ],
    [
      response(401, '{"message":"\'Expiration time\' claim (\'exp\') must be a numeric value"}', {
        date: 'Thu, 01 Jan 1970 00:05:00 GMT',
      }),
      'retry',
      /^GitHub App: HTTP 401: .*: the clock of this host is 300 s behind that of the service/,
    ],
    [
      response(403, '{"message":"suspended"}'),
      'unauthorized',
      /HTTP 403: suspended: .*may be susp/,
    ],
    [response(403, limited), 'retry', /HTTP 403: You have exceeded/],
    [response(403, '', { 'retry-after': '7' }), 'retry', /HTTP 403, rate limited/],
    [
      response(404, '{"message":"Not Found"}'),
      'unauthorized',
      /no installation githubAppInstallationID/,
    ],
    [response(422, '{"message":"Bad"}'), 'rejected', /HTTP 422: Bad/],
    [response(301), 'rejected', /HTTP 301: the destination redirects/],
    [response(503), 'retry', /HTTP 503/],
    [response(201, '{}'), 'retry', /HTTP 201 without an access token/],
    [response(201, 'made'), 'retry', /HTTP 201 without an access token/],
    [response(201, '<html>'), 'retry', /HTTP 201: the answer is a page/],
    [transportFailure('timeout', true), 'retry', /^timeout: /],
    [transportFailure('address-refused', false), 'rejected', /^address-refused: /],
  ])('says what is wrong: %o', async (answer, kind, reason) => {
    const tryPorts = createFakeTryPorts({ answers: [answer, made('ghs_1')] })
    const failed = await authorize(tryPorts)
    expect(failed).toMatchObject({ kind, reason: expect.stringMatching(reason) })
    if (kind === 'retry') expect(failed).toMatchObject({ applied: 'no' })
    expect(await authorize(tryPorts)).toMatchObject({ kind: 'authorized' })
  })

  it('says that it is not installed for an owner', async () => {
    const tryPorts = createFakeTryPorts({ answers: [response(404), response(404)] })
    const secret = withoutInstallation({ githubAppInstallationOwner: 'example' })
    expect(await authorize(tryPorts, settingsOf(github, { address: ADDRESS }, secret))).toEqual({
      kind: 'unauthorized',
      reason: 'GitHub App: HTTP 404: the App is not installed for githubAppInstallationOwner',
    })
  })

  it('shows no part of a JWT that comes back', async () => {
    const answers = (request: OutboundRequest) =>
      response(401, JSON.stringify({ message: `not ${request.headers.authorization}` }))
    const tryPorts = createFakeTryPorts({ answers })
    const failed = await authorize(tryPorts)
    expect(failed).toMatchObject({
      reason: expect.stringMatching(/^GitHub App: HTTP 401: not Bearer \*\*\*/),
    })
    expect(JSON.stringify(failed)).not.toContain('eyJ')
  })
})

describe('a GitHub App, end to end', () => {
  const token = (value: string) => ({
    line: `POST /api/v3/app/installations/${INSTALLATION_ID}/access_tokens`,
    status: 201,
    // By the double's clock, which its answers tell.
    json: { token: value, expires_at: iso(Date.now() + HOUR_MS) },
  })
  const status = (code: number) => ({ line: `POST ${STATUSES}`, status: code, json: {} })

  async function startRelay() {
    const forge = await startForge()
    const harness = createHarness({}, { http: testClient() })
    harness.secrets.set(`${CLUSTER}/flux-system/app`, appSecret())
    const address = `${forge.url}/example/fleet-infra`
    await harness.configure(
      provider('github', { type: 'github', address, secretRef: { name: 'app' } }),
      alert('podinfo', 'github'),
    )
    return { forge, harness }
  }

  it('sets the status of a commit, and of the next with the same token', async () => {
    const { forge, harness } = await startRelay()
    forge.expects(token('ghs_1'), status(201), status(201))
    await harness.send('kustomization-applied')
    await harness.drain()
    await harness.send('kustomization-health-check-failed')
    await harness.drain()
    expect((await harness.records()).map(({ outcome }) => outcome)).toEqual([
      'delivered',
      'delivered',
    ])
    const sent = forge.requests.slice(1).map(({ headers }) => headers.authorization)
    expect(sent).toEqual(['Bearer ghs_1', 'Bearer ghs_1'])
  })

  it('fetches another token in the same try when one was revoked', async () => {
    const { forge, harness } = await startRelay()
    forge.expects(token('ghs_1'), status(201))
    await harness.send('kustomization-applied')
    await harness.drain()
    forge.expects(status(401), token('ghs_2'), status(201))
    await harness.send('kustomization-health-check-failed')
    await harness.drain()
    expect(await harness.records()).toMatchObject([
      { outcome: 'delivered', attempt: 1 },
      { outcome: 'delivered', attempt: 1 },
    ])
    expect(forge.requests.at(-1)?.headers.authorization).toBe('Bearer ghs_2')
  })

  it('gives up, with the reason, when the App is wrong', async () => {
    const { forge, harness } = await startRelay()
    const wrong = { ...token(''), status: 401, json: { message: 'Integration not found' } }
    forge.expects(wrong, wrong)
    await harness.send('kustomization-applied')
    await harness.drain()
    expect(await harness.records()).toMatchObject([
      { outcome: 'dead', reason: expect.stringMatching(/^GitHub App: HTTP 401: Integration not/) },
    ])
  })

  it('shows neither key nor token in anything that the relay says or stores', async () => {
    const canaries = createCanaries()
    const jwts: string[] = []
    const { port } = await startHttpServer((request, reply) => {
      const { authorization = '' } = request.headers
      const isToken = request.url?.endsWith('/access_tokens')
      if (isToken) jwts.push(authorization)
      const isWrong = request.url?.includes('/installations/666/')
      const json = { token: canaries.plant('App token'), expires_at: iso(Date.now() + HOUR_MS) }
      const echo = JSON.stringify({ message: `no: ${authorization} ${request.rawHeaders}` })
      reply.writeHead(isToken && !isWrong ? 201 : isToken ? 401 : 422)
      reply.end(isToken && !isWrong ? JSON.stringify(json) : echo)
    })
    const relay = await createCanaryRelay(testClient())
    const origin = `http://127.0.0.1:${port}`
    const pair = (name: string, secret: SecretData) => ({
      manifests: [
        provider(name, {
          type: 'github',
          address: `${origin}/example/${name}`,
          secretRef: { name },
        }),
        alert(name, name),
      ],
      secrets: new Map([[name, secret]]),
    })
    await relay.deliverTo([
      pair('right', appSecret()),
      pair('wrong', appSecret({ githubAppInstallationID: '666' })),
      pair('unreadable', appSecret({ githubAppPrivateKey: APP_KEY_PKCS8.slice(0, 900) })),
    ])
    const records = await relay.harness.records()
    expect(records.map(({ reason }) => reason).sort()).toEqual([
      expect.stringMatching(/^GitHub App: HTTP 401: no: Bearer \*\*\*/),
      expect.stringMatching(/^HTTP 422: no: Bearer \*\*\*/),
      expect.stringMatching(/githubAppPrivateKey: expected an RSA/),
    ])
    const outputs = await relay.outputs()
    expectNoLeaks(canaries, outputs)
    const lines = [...APP_KEY_PKCS1.split('\n'), ...APP_KEY_PKCS8.split('\n')]
    const secrets = [...lines.filter((line) => line.length > 20 && !line.includes('---')), ...jwts]
    for (const text of Object.values(outputs)) {
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
      expect(text).not.toContain('eyJhbGciOiJSUzI1NiI')
    }
  })
})
