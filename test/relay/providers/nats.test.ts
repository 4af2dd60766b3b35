import { describe, expect, it } from 'vitest'
import { Provider } from '../../../relay/model/provider.ts'
import { resolveProvider } from '../../../relay/pipeline/resolve-provider.ts'
import type { TransportFailure } from '../../../relay/ports/http.ts'
import type { NatsMessage } from '../../../relay/ports/nats.ts'
import { nats } from '../../../relay/providers/nats.ts'
import { createHierarchy, natsUser } from '../../support/nats-credentials.ts'
import { notificationOf, secretsOf, settingsOf } from '../../support/notifications.ts'
import { secretsFound } from '../../support/secret-store.ts'
import { createFakeTryPorts, type FakeTryPortsOptions } from '../../support/try-ports.ts'

const SPEC = { address: 'nats://nats.example.com', channel: 'flux.events' }
const { creds, userJwt, user } = createHierarchy()
const { seed } = natsUser()

function failing(cause: TransportFailure['cause'], mayHaveArrived: boolean): TransportFailure {
  return { kind: 'failure', cause, mayHaveArrived, detail: 'test' }
}

async function deliver(
  spec: Record<string, unknown> = {},
  published?: FakeTryPortsOptions['published'],
  ...notification: Partial<Parameters<typeof notificationOf>>
) {
  const [name = 'kustomization-configured', changes] = notification
  const tryPorts = createFakeTryPorts(published && { published })
  const settings = settingsOf(nats, { ...SPEC, ...spec })
  const { verdict } = await nats.deliver(notificationOf(name, changes), settings, tryPorts)
  return { verdict, messages: tryPorts.messages }
}

const BARE = { metadata: null }

describe('nats messages', () => {
  it('publishes the event as JSON', async () => {
    const { verdict, messages } = await deliver({}, undefined, 'helmrelease-upgrade-failed')
    expect(verdict).toEqual({ kind: 'delivered', reason: 'published to flux.events' })
    expect(messages).toEqual([
      {
        server: 'nats://nats.example.com:4222',
        subject: 'flux.events',
        credentials: {},
        body:
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
      },
    ])
  })

  it.each([
    ['a progress event', {}, { reason: 'Progressing', severity: 'info' }],
    ['an event without metadata', BARE, { message: expect.any(String) }],
    [
      'unicode and markup',
      { message: 'déployé 🚀 <b>"x"</b>' },
      { message: 'déployé 🚀 <b>"x"</b>' },
    ],
    ['a very long message', { message: 'x'.repeat(38_000) }, { message: 'x'.repeat(38_000) }],
  ])('publishes %s whole', async (_, changes, expected) => {
    const { messages } = await deliver({}, undefined, 'kustomization-configured', changes)
    expect(JSON.parse(messages[0]?.body ?? '')).toMatchObject(expected)
    expect(messages[0]?.body.includes('"metadata"')).toBe(changes !== BARE)
  })
})

describe('nats answers', () => {
  it.each([
    ['credentials', 'unauthorized'],
    ['permission', 'rejected'],
    ['message', 'rejected'],
  ] as const)('judges a refusal for %s', async (cause, kind) => {
    const { verdict } = await deliver({}, () => ({ kind: 'refused', cause, detail: 'no\n no' }))
    expect(verdict).toEqual({ kind, reason: 'no no' })
  })

  it.each([
    [failing('timeout', true), { kind: 'retry', reason: 'timeout: test', applied: 'in-flight' }],
    [failing('connect', false), { kind: 'retry', reason: 'connect: test', applied: 'no' }],
    [failing('address-refused', false), { kind: 'rejected', reason: 'address-refused: test' }],
  ])('judges %o', async (failure, expected) => {
    expect((await deliver({}, () => failure)).verdict).toEqual(expected)
  })
})

const NO_ENTRY = { kind: 'refused', cause: 'credentials', detail: 'no entry' } as const

describe('several nats servers', () => {
  const address = 'nats://a.example.com, b.example.com:4333,tls://[2001:db8::1]:4444'
  const servers = (messages: readonly NatsMessage[]) => messages.map(({ server }) => server)

  it('are one destination', () => {
    const settings = settingsOf(nats, { ...SPEC, address })
    expect(nats.host(settings)).toBe('a.example.com:4222,b.example.com:4333,[2001:db8::1]:4444')
  })

  it('are tried in their order while none is reached', async () => {
    const { verdict, messages } = await deliver({ address }, ({ server }) =>
      server.startsWith('tls:') ? { kind: 'published' } : failing('connect', false),
    )
    expect(verdict.kind).toBe('delivered')
    expect(servers(messages)).toEqual([
      'nats://a.example.com:4222',
      'nats://b.example.com:4333',
      'tls://[2001:db8::1]:4444',
    ])
  })

  it.each([
    ['may have the message', () => failing('reset', true)],
    [
      'refuses the message',
      () => ({ kind: 'refused', cause: 'permission', detail: 'no' }) as const,
    ],
    ['has it', () => ({ kind: 'published' }) as const],
  ])('are left alone after one that %s', async (_, published) => {
    expect((await deliver({ address }, published)).messages).toHaveLength(1)
  })

  it.each([
    ['the second takes it', { kind: 'published' }, 'delivered', 2],
    ['the others let it in no more', NO_ENTRY, 'unauthorized', 3],
    ['the others cannot be reached', failing('connect', false), 'retry', 3],
    ['the others are not allowed', failing('address-refused', false), 'unauthorized', 3],
  ] as const)(
    'are tried after one that does not let the relay in: %s',
    async (_, others, kind, count) => {
      const { verdict, messages } = await deliver({ address }, ({ server }) =>
        server.includes('a.example') ? NO_ENTRY : others,
      )
      expect([verdict.kind, messages.length]).toEqual([kind, count])
      if (kind !== 'delivered') expect(verdict.reason).toMatch(/^no entry; /)
    },
  )

  it('are tried again later when any of them may come back', async () => {
    const { verdict } = await deliver({ address }, ({ server }) =>
      failing(server.includes('a.example') ? 'connect' : 'address-refused', false),
    )
    expect(verdict).toEqual({
      kind: 'retry',
      reason: 'connect: test; address-refused: test; address-refused: test',
      applied: 'no',
    })
  })
})

/** The seed with its first two random characters in the other order, or others. */
function misspelled(seed: string): string {
  const [a, b] = [seed[10], seed[11]]
  return `${seed.slice(0, 10)}${a === b ? 'AB' : `${b}${a}`}${seed.slice(12)}`
}

describe('nats settings', () => {
  it.each([
    ['a user and a password', 'nats://u:p4ss@a.test', [{ user: { name: 'u', password: 'p4ss' } }]],
    ['them encoded', 'u%40x:p%3A%2F@a.test', [{ user: { name: 'u@x', password: 'p:/' } }]],
    ['an empty password', 'tls://u:@a.test:1', [{ user: { name: 'u', password: '' } }]],
    ['a token', 'nats://t0ken@a.test', [{ token: 't0ken' }]],
    [
      'others for each server',
      'nats://u:p4ss@a.test, b.test,tls://t0ken@c.test',
      [{ user: { name: 'u', password: 'p4ss' } }, {}, { token: 't0ken' }],
    ],
  ])('sends from the address %s', async (_, address, expected) => {
    const { messages } = await deliver({ address }, () => failing('connect', false))
    expect(messages.map(({ credentials }) => credentials)).toEqual(expected)
    expect(JSON.stringify(messages.map(({ server }) => server))).not.toMatch(/@|p4ss|t0ken/)
    expect(nats.host(settingsOf(nats, { ...SPEC, address }))).not.toMatch(/@|p4ss|t0ken/)
  })

  it('has the credentials of the Secret before those of the address', () => {
    const spec = { ...SPEC, address: 'nats://u:p4ss@a.test' }
    const secret = { username: 'me', password: 'mine' }
    const { credentials } = settingsOf(nats, spec, secret)
    expect(credentials).toEqual({ user: { name: 'me', password: 'mine' } })
  })

  it.each([
    ['nats.example.com', 'nats://nats.example.com:4222'],
    ['nats://nats.example.com/', 'nats://nats.example.com:4222'],
    ['TLS://NATS.example.com:443', 'tls://nats.example.com:443'],
    ['nats://127.0.0.1:80', 'nats://127.0.0.1:80'],
    ['0x7f.1:4223', 'nats://127.0.0.1:4223'],
    ['[::1]', 'nats://[::1]:4222'],
  ])('reads the address %s', (address, server) => {
    expect(settingsOf(nats, { ...SPEC, address }).servers).toEqual([server])
  })

  it.each([
    ['creds first', { creds, nkey: seed, username: 'u', password: 'p' }, { creds: creds.trim() }],
    ['then the NKey', { nkey: `${seed}\n`, username: 'u', password: 'p' }, { nkeySeed: seed }],
    [
      'then user and password',
      { username: 'u', password: 'p' },
      { user: { name: 'u', password: 'p' } },
    ],
    ['none', {}, undefined],
  ])('takes %s', (_, secret, credentials) => {
    expect(settingsOf(nats, SPEC, secret).credentials).toEqual(credentials)
  })

  it.each([
    ['no address', { address: '' }, {}, /address: set spec\.address to the server/],
    ['an HTTP address', { address: 'https://a.test' }, {}, /address: expected nats:\/\//],
    ['a WebSocket', { address: 'wss://a.test' }, {}, /address: expected nats:\/\//],
    ['a path', { address: 'nats://a.test/x' }, {}, /address: expected nats:\/\//],
    ['port 0', { address: 'a.test:0' }, {}, /address: expected nats:\/\//],
    ['port 65536', { address: 'a.test:65536' }, {}, /address: expected nats:\/\//],
    ['an empty server of several', { address: 'a.test,' }, {}, /address: expected nats:\/\//],
    ['a bad escape in it', { address: 'nats://u:p4ss%@a.test' }, {}, /address: expected nats:\/\//],
    ['an empty name in it', { address: 'nats://:p4ss@a.test' }, {}, /address: expected nats:\/\//],
    ['no subject', { channel: '' }, {}, /channel: set spec\.channel to the subject/],
    ['a space', { channel: 'a b' }, {}, /channel: .*spaces or control/],
    ['a line break', { channel: 'a\r\nPUB b 0' }, {}, /channel: .*spaces or control/],
    ['a wildcard', { channel: 'flux.>' }, {}, /channel: .*wildcards/],
    ['the other wildcard', { channel: 'flux.*' }, {}, /channel: .*wildcards/],
    ['an empty part', { channel: 'flux..events' }, {}, /channel: .*empty parts/],
    ['a long subject', { channel: 'ü'.repeat(513) }, {}, /channel: .*1024 bytes/],
    ['creds that are none', {}, { creds: 'SUA' }, /secret: .*key creds is not the text/],
    ['an NKey that is none', {}, { nkey: 'SUA' }, /secret: .*key nkey is not the NKey seed/],
    ['an NKey of another checksum', {}, { nkey: misspelled(seed) }, /secret: .*key nkey is not/],
    [
      'creds of another checksum',
      {},
      { creds: creds.replace(user.seed, misspelled(user.seed)) },
      /secret: .*key creds is/,
    ],
    ['a public NKey', {}, { nkey: natsUser().publicKey }, /secret: .*key nkey is not/],
    ['a password alone', {}, { password: 'p4ss' }, /username: .*add it to the Secret/],
    ['a name alone', { username: 'u' }, {}, /password: spec\.username needs/],
  ])('refuses %s, and says no secret', (_, spec, secret, message) => {
    const read = () => settingsOf(nats, { ...SPEC, ...spec }, secret)
    expect(read).toThrow(message)
    expect(read).not.toThrow(/p4ss|SUA/)
  })

  it('masks the password, the seed and the JWT', async () => {
    const password = 'p4ssw0rd-of-nats'
    expect(secretsOf(nats, SPEC, { username: 'u', password })).toContain(password)
    const provider = Provider.parse({
      apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
      kind: 'Provider',
      metadata: { name: 'p', namespace: 'n' },
      spec: { ...SPEC, type: 'nats', secretRef: { name: 's' } },
    })
    const named = {
      ...provider,
      metadata: { ...provider.metadata, uid: 'u' },
      annotations: {},
      manifest: {},
    }
    const store = secretsFound(() => ({ creds, nkey: seed }))
    const resolved = await resolveProvider('local', named, nats, store)
    if (resolved.kind !== 'resolved') throw new Error(resolved.reason)
    expect(resolved.redact(`a ${userJwt} b ${user.seed} c ${seed} d`)).toBe('a *** b *** c *** d')
  })
})
