import { createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fluxRelay } from '../support/flux-relay-command.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { startSink } from '../support/recording-sink.ts'
import { kustomizationEvent, manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const SHA = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const OPERATOR = 'operator-token'
const PROD = 'prod-token'
const STAGING = 'staging-token'

it('takes events of those who prove which cluster they are, and of no one else', async () => {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const relay = await startWithTokens(sink.url)

  for (const [index, send] of REFUSED.entries()) {
    const answer = await send(relay, event(`refused ${index}`))
    expect(answer.status, String(send)).toBe(401)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('www-authenticate')).toContain('Bearer')
    expect(await answer.text()).not.toMatch(/-token\b/)
  }
  for (const [index, send] of ACCEPTED.entries()) {
    const answer = await send(relay, event(`accepted ${index}`))
    expect(answer.status, await answer.text()).toBe(202)
  }

  await relay.logged({ msg: 'delivered', cluster: 'prod' }, ACCEPTED.length)
  const messages = (await listDeliveries(relay)).map(({ event: { message } }) => message)
  expect(messages.toSorted()).toEqual(ACCEPTED.map((_, index) => `accepted ${index}`))
  expect(sink.requests).toHaveLength(ACCEPTED.length)
  expect(relay.lines().join('\n') + relay.stderr()).not.toMatch(/-token\b/)
})

it('refuses a signed event that is older than a week', async () => {
  const relay = await startWithTokens('http://127.0.0.1:9')
  const old = new Date(Date.now() - 8 * 86_400_000).toISOString()
  const answer = await signed(PROD)(relay, { ...event('old'), timestamp: old })
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({
    detail: expect.stringContaining('older than 7 days'),
  })
})

it('shows deliveries, the console’s data and replays to operators only', async () => {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const relay = await startWithTokens(sink.url)
  await bearer(PROD)(relay, event('one'))
  await relay.logged({ msg: 'delivered' })

  const [delivery] = await listDeliveries(relay)
  const guarded = [
    ['GET', '/v1/deliveries', 200],
    ['GET', `/v1/deliveries/${delivery?.id}`, 200],
    ['POST', `/v1/deliveries/${delivery?.id}/replay`, 202],
    ['GET', '/echo', 200],
    ['GET', '/v1/clusters/prod/config', 200],
  ] as const
  for (const [method, path, status] of guarded) {
    const wrong = [undefined, STAGING, 'none', `${OPERATOR}x`]
    const statuses = wrong.map((token) => relay.fetch(path, withToken(method, token)))
    expect((await Promise.all(statuses)).map((answer) => answer.status)).toEqual(
      wrong.map(() => 401),
    )
    expect((await relay.fetch(path, withToken(method, OPERATOR))).status).toBe(status)
  }
  await relay.logged({ msg: 'delivered' }, 2)
  expect(sink.requests).toHaveLength(2)
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    expect((await relay.fetch(path)).status).toBe(200)
  }
})

function event(message: string) {
  return kustomizationEvent('podinfo', SHA, message)
}

/** The relay of the cluster prod, beside which it has tokens of staging. */
it('takes a token that was made for it while it runs', async () => {
  const tokens = join(temporaryDirectory(), 'tokens.yaml')
  const relay = await startWithTokens('http://127.0.0.1:9', tokens)
  const made = await fluxRelay(['cluster', 'rotate', 'prod', '--tokens', tokens])
  await relay.logged({ msg: 'tokens loaded' })
  const statusOf = async (token: string) => (await bearer(token)(relay, event('one'))).status
  expect(await statusOf(made.stdout.trim())).toBe(202)
  // The newest of those before is still valid, the others are not.
  expect([await statusOf(`old-${PROD}`), await statusOf(PROD)]).toEqual([202, 401])
  expect(relay.lines().join('\n')).not.toContain(made.stdout.trim())
})

function startWithTokens(
  sinkUrl: string,
  tokens = join(temporaryDirectory(), 'tokens.yaml'),
): Promise<RelayProcess> {
  const clusters = `clusters:\n  prod: [old-${PROD}, ${PROD}]\n  staging: [${STAGING}]\n`
  writeFileSync(tokens, `operators: [${OPERATOR}]\n${clusters}`)
  const spec = { type: 'generic', address: `${sinkUrl}/hook` }
  const manifests = manifestsFolder({
    'alert.yaml': alertYaml('all'),
    'provider.yaml': providerYaml('slack', spec),
  })
  return startRelay({ manifests, flags: ['--cluster', 'prod', '--tokens', tokens] })
}

type Send = (relay: RelayProcess, event: unknown) => Promise<Response>

const PROD_EVENTS = '/v1/clusters/prod/events'

function send(path: string, headers: Readonly<Record<string, string>>): Send {
  return (relay, value) =>
    relay.fetch(path, { method: 'POST', headers, body: JSON.stringify(value) })
}

function bearer(token: string, path = PROD_EVENTS): Send {
  return send(path, { Authorization: `Bearer ${token}` })
}

/** As Go's client does for the credentials in a URL. */
function basic(user: string, password: string): Send {
  const credentials = Buffer.from(`${user}:${password}`).toString('base64')
  return send('/', { Authorization: `Basic ${credentials}` })
}

/**
 * As Flux's `generic-hmac` does:
 * https://fluxcd.io/flux/components/notification/providers/#generic-webhook-with-hmac
 */
function signed(token: string, change: (body: string) => string = (body) => body): Send {
  return (relay, value) => {
    const body = JSON.stringify(value)
    const signature = createHmac('sha256', token).update(change(body)).digest('hex')
    return relay.fetch(PROD_EVENTS, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Gotk-Component': 'notification-controller',
        'X-Signature': `sha256=${signature}`,
      },
      body,
    })
  }
}

const ACCEPTED: readonly Send[] = [
  bearer(PROD),
  bearer(`old-${PROD}`),
  bearer(PROD, '/'),
  basic('prod', PROD),
  signed(PROD),
]

const REFUSED: readonly Send[] = [
  send(PROD_EVENTS, {}),
  send('/', {}),
  bearer('wrong'),
  bearer(STAGING),
  bearer(OPERATOR),
  bearer(OPERATOR, '/'),
  bearer(PROD, '/v1/clusters/unknown/events'),
  basic('prod', STAGING),
  basic('unknown', PROD),
  signed(STAGING),
  signed(PROD, (body) => `${body} `),
  send(PROD_EVENTS, { 'X-Signature': 'sha256=' }),
]

function withToken(method: string, token: string | undefined): RequestInit {
  return token === undefined
    ? { method }
    : { method, headers: { Authorization: `Bearer ${token}` } }
}

async function listDeliveries(relay: RelayProcess) {
  const answer = await relay.fetch('/v1/deliveries', withToken('GET', OPERATOR))
  const { deliveries } = (await answer.json()) as {
    deliveries: readonly { readonly id: string; readonly event: { readonly message: string } }[]
  }
  return deliveries
}
