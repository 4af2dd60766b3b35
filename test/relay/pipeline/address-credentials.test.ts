import { describe, expect, it } from 'vitest'
import type { SecretData } from '../../../relay/model/secret.ts'
import type { ProviderType } from '../../../relay/providers/contract.ts'
import { providerTypes } from '../../../relay/providers/registry.ts'
import { testClient } from '../../support/http-client.ts'
import { plainProvider, takes } from '../../support/plain-provider.ts'
import { startSink } from '../../support/recording-sink.ts'
import { alert, answer, createHarness, provider } from '../../support/relay-harness.ts'

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`

/** What arrives of one delivery to a Provider of this spec and Secret. */
async function deliver(spec: Record<string, unknown>, secret: SecretData = {}) {
  const harness = createHarness()
  harness.secrets.set('local/flux-system/s', secret)
  harness.answerWith(() => answer(400, {}, 'no'))
  await harness.configure(
    provider('a', { ...spec, secretRef: { name: 's' } }),
    alert('all', 'a', { eventMetadata: { change_request: '7' } }),
  )
  const [reconciled] = (await readiness(harness)).filter(({ kind }) => kind === 'Provider')
  const metadata = {
    'kustomize.toolkit.fluxcd.io/commit_status': 'update',
    'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${'a'.repeat(40)}`,
    'event.toolkit.fluxcd.io/change_request': '7',
  }
  // The marker keeps an event from the types that are not for commits.
  const { 'kustomize.toolkit.fluxcd.io/commit_status': _, ...unmarked } = metadata
  await harness.send('kustomization-finished', { metadata })
  await harness.send('kustomization-applied', { metadata: unmarked, severity: 'error' })
  await harness.drain()
  return { ready: reconciled, requests: harness.requests, records: await harness.records() }
}

async function readiness(harness: ReturnType<typeof createHarness>) {
  const snapshot = await harness.ports.configs.read('local')
  return typeof snapshot === 'object' ? snapshot.objects : []
}

/** A Provider that the type takes, with and without user info in its address. */
function providers(type: ProviderType) {
  const { spec, secret } = plainProvider(type)
  const withUserInfo = {
    ...spec,
    address: spec.address.replace(/^https:\/\/(key@)?/, 'https://us%65r:p%40ss@'),
  }
  return { spec, withUserInfo, secret }
}

/** They read the user info themselves. */
const OWN = new Set(['sentry'])
/** They ignore it: their API wants a credential of its own. */
const FORGE = /^(git|bitbucket|azuredevops)/

const ADDRESSED = [...providerTypes.values()].filter((type) =>
  providers(type).withUserInfo.address.includes('@'),
)

describe('user info in an address', () => {
  it('is looked at for all types but those whose address is no URL of HTTP', () => {
    const others = [...providerTypes.keys()].filter(
      (name) => !ADDRESSED.some(({ type }) => type === name),
    )
    expect(others).toEqual([
      'azureeventhub',
      'email',
      'eventbridge',
      'googlepubsub',
      'nats',
      'sns',
      'sqs',
    ])
  })

  it.each(ADDRESSED)(
    'leaves $type ready, and is sent unless the type has its own',
    async (type) => {
      const { spec, withUserInfo, secret } = providers(type)
      const plain = await deliver(spec, secret)
      const { ready, requests, records } = await deliver(withUserInfo, secret)
      expect(ready).toMatchObject({ ready: true, message: 'Initialized' })
      expect(requests.length).toBeGreaterThan(0)
      for (const [index, { url, headers }] of requests.entries()) {
        expect(url).not.toContain('@')
        const own = plain.requests[index]?.headers.authorization
        const isIgnored = OWN.has(type.type) || FORGE.test(type.type)
        expect(headers.authorization).toBe(own ?? (isIgnored ? undefined : basic('user:p@ss')))
      }
      expect(JSON.stringify(records)).not.toMatch(/p(@|%40)ss/)
    },
  )

  const hook = { type: 'generic', address: 'https://hook.test/x' }
  it.each([
    ['percent-encoded', 'a%20b:%C3%BC%2F', {}, basic('a b:ü/')],
    ['without a password', 'user@', {}, basic('user:')],
    ['with an empty password', 'user:@', {}, basic('user:')],
    ['without a user', ':p%3Ass@', {}, basic(':p:ss')],
    ['with a colon in the password', 'u:a:b@', {}, basic('u:a:b')],
    ['with an @ in the password', 'u:a@b@', {}, basic('u:a@b')],
    ['that is empty', ':@', {}, undefined],
    ['beside an Authorization of the Secret', 'u:p@', { headers: 'authorization: Key k' }, 'Key k'],
    ['beside another header of it', 'u:p@', { headers: 'X-Key: k' }, basic('u:p')],
  ])('%s', async (_, userInfo, secret, expected) => {
    const address = hook.address.replace('//', `//${userInfo.replace(/@?$/, '@')}`)
    for (const [spec, keys] of [
      [{ ...hook, address }, secret],
      [{ type: 'generic' }, { ...secret, address: `${address}\n` }],
    ] as const) {
      const { requests } = await deliver(spec, keys)
      expect(requests[0]?.url).toBe('https://hook.test/x')
      expect(requests[0]?.headers.authorization).toBe(expected)
    }
  })

  it.each([
    ['alertmanager', { username: 'u' }, { token: 't' }, 'Bearer t'],
    ['grafana', { username: 'u' }, { token: 't' }, 'Bearer t'],
    ['alertmanager', {}, { username: 'u', password: 'p', token: 't' }, basic('u:p')],
    ['grafana', {}, { username: 'u', password: 'p', token: 't' }, 'Bearer t'],
    ['slack', { username: 'u' }, { token: 't' }, 'Bearer t'],
    ['incident.io', { username: 'u' }, { token: 't' }, 'Bearer t'],
  ])('gives way to what %s makes of %o and %o', async (type, spec, secret, expected) => {
    const address = 'https://me:too@service.test/x'
    const { requests } = await deliver({ type, address, ...spec }, secret)
    expect(requests[0]?.headers.authorization).toBe(expected)
  })

  it('that cannot be decoded is found at readiness, unless it is ignored', async () => {
    const { ready } = await deliver({ type: 'generic', address: 'https://u:100%@hook.test/' })
    expect(ready).toMatchObject({
      ready: false,
      message: expect.stringMatching(/: address: a % in its user name or password must be/),
    })
    const git = { type: 'github', address: 'https://u:100%@github.com/o/r' }
    expect((await deliver(git, { token: 't' })).ready).toMatchObject({ ready: true })
  })

  it('arrives at a real server', async () => {
    const sink = await startSink({ 'POST /hook': { status: 200 } })
    const harness = createHarness({}, { http: testClient() })
    const address = `http://me:s%33cret@127.0.0.1:${sink.port}/hook`
    await harness.configure(provider('a', { type: 'generic', address }), alert('all', 'a'))
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(sink.requests.map(({ headers }) => headers.authorization)).toEqual([basic('me:s3cret')])
  })

  it('is known to the redactor, wherever the address stands', async () => {
    for (const [spec, secret] of [
      [{ address: 'https://robot:s3cr%25t@hook.test/x' }, {}],
      [{}, { address: 'https://robot:s3cr%25t@hook.test/x' }],
    ] as const) {
      const harness = createHarness()
      harness.secrets.set('local/flux-system/s', secret)
      const echo = ['s3cr%25t', 's3cr%t', basic('robot:s3cr%t'), 'robot'].join(' or ')
      harness.answerWith(() => answer(400, {}, JSON.stringify({ message: echo })))
      const secretRef = { name: 's' }
      await harness.configure(
        provider('a', { type: 'slack', ...spec, secretRef }),
        alert('all', 'a'),
      )
      await harness.send('kustomization-finished')
      await harness.drain()
      const text = JSON.stringify(await harness.records())
      expect(text).toContain('*** or ***')
      expect(text).not.toMatch(/s3cr|robot|cm9ib3Q/)
    }
  })
})

describe('the types', () => {
  it('take what the test gives them', () => {
    for (const type of ADDRESSED) {
      const { withUserInfo, secret } = providers(type)
      expect([type.type, takes(type, withUserInfo, secret)]).toEqual([type.type, true])
    }
  })
})
