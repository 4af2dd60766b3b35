import { spawnSync } from 'node:child_process'
import { describe, expect, inject, it } from 'vitest'
import { createNatsPublisher } from '../../adapters/nats/publisher.ts'
import type { TlsOptions } from '../../relay/ports/http.ts'
import type { NatsCredentials, NatsMessage } from '../../relay/ports/nats.ts'
import { createAuthority } from '../support/certificates.ts'
import { failure, PATIENT } from '../support/http-client.ts'
import { createHierarchy, natsUser } from '../support/nats-credentials.ts'
import {
  createStream,
  type NatsProcess,
  startNatsProcess,
  subscribe,
} from '../support/nats-process.ts'
import { waitFor } from '../support/wait-for.ts'

const publisher = createNatsPublisher({ allowPrivate: true })
const PUBLISHED = { kind: 'published' }
const ONLY_FLUX = 'permissions: { publish: ["flux.>"] }'

interface Publishing extends Pick<Partial<NatsMessage>, 'storeOnceAs' | 'tlsFirst'> {
  readonly credentials?: NatsCredentials
  readonly tls?: TlsOptions
  readonly scheme?: 'nats' | 'tls'
  readonly subject?: string
  readonly body?: string
}

function publish({ port }: NatsProcess, publishing: Publishing = {}) {
  const { credentials = {}, tls, scheme = 'nats', ...changes } = publishing
  const message: NatsMessage = {
    server: `${scheme}://127.0.0.1:${port}`,
    subject: 'flux.events',
    body: '{"message":"déployé 🚀"}',
    credentials,
    ...changes,
  }
  return publisher.publish(message, { ...PATIENT, ...(tls && { tls }) })
}

/** Of nats-server 2.x. */
function minorVersion(): number {
  const { stdout } = spawnSync(inject('natsServer'), ['--version'], { encoding: 'utf8' })
  return Number(/v2\.(\d+)/.exec(stdout)?.[1])
}

/** The right credentials are taken, the wrong ones are refused, and permissions are kept. */
async function expectGuarded(server: NatsProcess, right: NatsCredentials, wrong: NatsCredentials) {
  expect(await publish(server, { credentials: right })).toEqual(PUBLISHED)
  expect(await server.messages()).toBe(1)
  for (const credentials of [wrong, {}]) {
    expect(await publish(server, { credentials })).toEqual({
      kind: 'refused',
      cause: 'credentials',
      detail: 'the server answered: Authorization Violation',
    })
  }
  expect(await publish(server, { credentials: right, subject: 'other.events' })).toEqual({
    kind: 'refused',
    cause: 'permission',
    detail: 'the server answered: Permissions Violation for Publish to "other.events"',
  })
}

describe.skipIf(inject('natsServer') === '')('a real nats-server', () => {
  it('hands the message to its subscribers', async () => {
    const server = await startNatsProcess('')
    const received = await subscribe(server.port, 'flux.>')
    expect(await publish(server)).toEqual(PUBLISHED)
    await waitFor(() =>
      expect(received()).toContain('MSG flux.events 1 28\r\n{"message":"déployé 🚀"}\r\n'),
    )
  })

  it('takes a user name and a password', async () => {
    const server = await startNatsProcess(
      `authorization { users: [{ user: relay, password: "p4ss wörd", ${ONLY_FLUX} }] }`,
    )
    await expectGuarded(
      server,
      { user: { name: 'relay', password: 'p4ss wörd' } },
      { user: { name: 'relay', password: 'other' } },
    )
  })

  it('takes an NKey', async () => {
    const { publicKey, seed } = natsUser()
    const server = await startNatsProcess(
      `authorization { users: [{ nkey: ${publicKey}, ${ONLY_FLUX} }] }`,
    )
    await expectGuarded(server, { nkeySeed: seed }, { nkeySeed: natsUser().seed })
  })

  it('takes the JWT and the NKey of creds', async () => {
    const { operatorJwt, account, creds } = createHierarchy()
    const server = await startNatsProcess(
      `operator: ${operatorJwt}\nresolver: MEMORY\nresolver_preload: { ${account.publicKey}: ${account.jwt} }`,
    )
    await expectGuarded(server, { creds }, { creds: createHierarchy().creds })
  })

  it('takes no message over its limit, and those up to it', async () => {
    const server = await startNatsProcess('max_payload: 1000')
    expect(await publish(server, { body: 'x'.repeat(1_000) })).toEqual(PUBLISHED)
    const refused = await publish(server, { body: 'x'.repeat(1_001) })
    expect(refused).toMatchObject({ kind: 'refused', cause: 'size', maxBytes: 1_000 })
  })

  it('speaks TLS first where it is told to', async ({ skip }) => {
    skip(minorVersion() < 10, 'before 2.10 it knows no handshake_first')
    const { ca, issue } = await createAuthority()
    const { cert, key } = await issue()
    const server = await startNatsProcess(
      'tls { cert_file: cert.pem, key_file: key.pem, handshake_first: true }',
      { 'cert.pem': cert, 'key.pem': key },
    )
    expect(await publish(server, { tls: { ca }, tlsFirst: true })).toEqual(PUBLISHED)
    expect(await publish(server, { scheme: 'tls', tls: { ca } })).toEqual(PUBLISHED)
    expect(await publish(server, {})).toMatchObject(failure('reset', false))
    expect(await server.messages()).toBe(2)
  })

  it('stores a message once in a stream, and refuses what the stream has no place for', async () => {
    const server = await startNatsProcess('jetstream { store_dir: "js" }')
    const store = (storeOnceAs: string, subject = 'flux.events', body = '{}') =>
      publish(server, { storeOnceAs, subject, body })
    expect(await store('1')).toMatchObject({
      kind: 'refused',
      cause: 'unavailable',
      detail: 'no stream of JetStream takes the subject flux.events',
    })
    const limits = { max_msgs: 2, max_msg_size: 300, discard: 'new' }
    await createStream(server.port, { name: 'EVENTS', subjects: ['flux.>'], ...limits })
    const stored = { stream: 'EVENTS', sequence: 1, isDuplicate: false }
    expect(await store('1')).toEqual({ kind: 'published', stored })
    const again = { ...stored, isDuplicate: true }
    expect(await store('1')).toEqual({ kind: 'published', stored: again })
    expect(await store('2', 'flux.events', 'x'.repeat(301))).toEqual({
      kind: 'refused',
      cause: 'size',
      detail: 'the stream EVENTS answered: message size exceeds maximum allowed (10054)',
    })
    expect(await store('2')).toMatchObject({ stored: { sequence: 2 } })
    expect(await store('3')).toEqual({
      kind: 'refused',
      cause: 'unavailable',
      detail: 'the stream EVENTS answered: maximum messages exceeded (10077)',
    })
    // Core NATS never hears of it.
    expect(await publish(server)).toEqual(PUBLISHED)
  })

  it('is tried again later when it has no place', async () => {
    const server = await startNatsProcess('max_connections: 1')
    await subscribe(server.port, 'other')
    const result = await publish(server)
    // It closes while CONNECT is on its way, so that its words may be lost.
    expect(result).toMatchObject({ kind: 'failure', mayHaveArrived: false })
    expect('detail' in result && result.detail).toMatch(/maximum connections exceeded|closed/)
  })

  it.each(['nats', 'tls'] as const)('speaks TLS, from %s://', async (scheme) => {
    const { ca, issue } = await createAuthority()
    const { cert, key } = await issue()
    const server = await startNatsProcess('tls { cert_file: cert.pem, key_file: key.pem }', {
      'cert.pem': cert,
      'key.pem': key,
    })
    expect(await publish(server, { scheme, tls: { ca } })).toEqual(PUBLISHED)
    expect(await server.messages()).toBe(1)
    expect(await publish(server, { scheme })).toMatchObject(failure('tls', false))
  })

  it('takes a client certificate, and wants one', async () => {
    const { ca, issue } = await createAuthority()
    const { cert, key } = await issue()
    const server = await startNatsProcess(
      'tls { cert_file: cert.pem, key_file: key.pem, ca_file: ca.pem, verify: true }',
      { 'cert.pem': cert, 'key.pem': key, 'ca.pem': ca },
    )
    const client = await issue({ isClient: true })
    expect(await publish(server, { tls: { ca, ...client } })).toEqual(PUBLISHED)
    const without = await publish(server, { tls: { ca } })
    expect(without).toMatchObject({ kind: 'failure', mayHaveArrived: false })
    expect(await server.messages()).toBe(1)
  })

  it('without TLS gets nothing from who asks for it', async () => {
    const server = await startNatsProcess('')
    expect(await publish(server, { scheme: 'tls' })).toEqual({
      ...failure('tls', false),
      detail: 'the server offers no TLS',
    })
  })

  it('takes messages of many publishings at once', async () => {
    const server = await startNatsProcess('')
    const results = await Promise.all(Array.from({ length: 100 }, () => publish(server)))
    expect(results).toEqual(Array.from({ length: 100 }, () => PUBLISHED))
    expect(await server.messages()).toBe(100)
  })
})
