import { describe, expect, it, onTestFinished } from 'vitest'
import { createNatsPublisher } from '../../../adapters/nats/publisher.ts'
import type { NatsMessage } from '../../../relay/ports/nats.ts'
import { type Certificate, createAuthority } from '../../support/certificates.ts'
import { failure, PATIENT } from '../../support/http-client.ts'
import { createHierarchy, credsFile, natsUser } from '../../support/nats-credentials.ts'
import {
  type NatsServerOptions,
  NONCE,
  signedWith,
  startNatsServer,
} from '../../support/nats-server.ts'
import { startConnectProxy, startSocksProxy } from '../../support/proxies.ts'
import { closedPort, startServer, type TestServer } from '../../support/servers.ts'
import { waitFor } from '../../support/wait-for.ts'

const publisher = createNatsPublisher({ allowPrivate: true })
const BODY = '{"message":"déployé 🚀"}'

function message(server: string, changes: Partial<NatsMessage> = {}): NatsMessage {
  return { server, subject: 'flux.events', body: BODY, credentials: {}, ...changes }
}

/** Publishes one message to a server of these options. */
async function publishTo(options: NatsServerOptions, changes: Partial<NatsMessage> = {}) {
  const server = await startNatsServer(options)
  const result = await publisher.publish(message(server.url, changes), PATIENT)
  return { server, result }
}

const PUBLISHED = { kind: 'published' }

function expectClosed({ sockets }: TestServer): Promise<void> {
  return waitFor(() => expect(sockets.every(({ destroyed }) => destroyed)).toBe(true))
}

describe('a message', () => {
  it('is published once the server has it, and the connection is closed', async () => {
    const { server, result } = await publishTo({})
    expect(result).toEqual(PUBLISHED)
    expect(server.messages).toEqual([{ subject: 'flux.events', body: BODY }])
    expect(server.connects).toEqual([expect.objectContaining({ name: 'flux-relay' })])
    await expectClosed(server)
  })

  it('goes to its own server with its own credentials, whatever else is under way', async () => {
    const servers = await Promise.all([startNatsServer(), startNatsServer(), startNatsServer()])
    const publishings = Array.from({ length: 30 }, (_, number) => {
      const user = { name: `user-${number % 3}`, password: `password-${number % 3}` }
      const url = servers[number % 3]?.url ?? ''
      return publisher.publish(message(url, { body: `${number}`, credentials: { user } }), PATIENT)
    })
    expect(await Promise.all(publishings)).toEqual(Array.from({ length: 30 }, () => PUBLISHED))
    for (const [at, { messages, connects }] of servers.entries()) {
      expect(messages.every(({ body }) => Number(body) % 3 === at)).toBe(true)
      expect(messages).toHaveLength(10)
      expect(
        connects.every(({ user, pass }) => user === `user-${at}` && pass === `password-${at}`),
      ).toBe(true)
    }
  })

  it('may be as large as the server says, and no larger', async () => {
    const largest = 'x'.repeat(2_000)
    const info = { max_payload: 2_000 }
    expect((await publishTo({ info }, { body: largest })).result).toEqual(PUBLISHED)
    const { result, server } = await publishTo({ info }, { body: `${largest}y` })
    expect(result).toEqual({
      kind: 'refused',
      cause: 'size',
      detail: 'the event has 2001 bytes, and the server takes at most 2000',
      maxBytes: 2_000,
    })
    expect(server.messages).toEqual([])
    await expectClosed(server)
  })
})

describe('credentials', () => {
  it('are none by default', async () => {
    const { server } = await publishTo({})
    expect(Object.keys(server.connects[0] ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(user|pass|jwt|nkey|sig|auth_token)$/)]),
    )
  })

  it('are a user name and a password', async () => {
    const credentials = { user: { name: 'relay', password: 'p4ss "wörd"' } }
    const { server } = await publishTo({}, { credentials })
    expect(server.connects[0]).toMatchObject({ user: 'relay', pass: 'p4ss "wörd"' })
  })

  it('are an NKey, which signs the nonce', async () => {
    const { publicKey, seed } = natsUser()
    const { server } = await publishTo({}, { credentials: { nkeySeed: seed } })
    const [connect = {}] = server.connects
    expect(connect.nkey).toBe(publicKey)
    expect(signedWith(publicKey, connect, NONCE)).toBe(true)
    expect(signedWith(natsUser().publicKey, connect, NONCE)).toBe(false)
    expect(JSON.stringify(connect)).not.toContain(seed)
  })

  it.each([
    ['as a file', (creds: string) => creds],
    ['with the line ends of Windows', (creds: string) => creds.replaceAll('\n', '\r\n')],
    ['without its last line end', (creds: string) => creds.trimEnd()],
  ])('are a JWT and the NKey that it names, %s', async (_, written) => {
    const { creds, user, userJwt } = createHierarchy()
    const { server } = await publishTo({}, { credentials: { creds: written(creds) } })
    const [connect = {}] = server.connects
    expect(connect).toMatchObject({ jwt: userJwt })
    expect(signedWith(user.publicKey, connect, NONCE)).toBe(true)
  })

  it.each([
    ['an NKey', { nkeySeed: `SU${'A'.repeat(56)}` }],
    ['creds', { creds: credsFile('a.b.c', `SU${'A'.repeat(56)}`) }],
    ['creds without a JWT', { creds: 'SUAAA' }],
  ])('are refused before anything is sent when %s is none', async (_, credentials) => {
    const { server, result } = await publishTo({}, { credentials })
    expect(result).toMatchObject({ kind: 'refused', cause: 'credentials' })
    expect(server.sockets).toEqual([])
  })
})

describe('what the server refuses', () => {
  it.each([
    ['Authorization Violation', 'credentials'],
    ['User Authentication Expired', 'credentials'],
    ['User Authentication Revoked', 'credentials'],
    ['Account Authentication Expired', 'credentials'],
  ])('at the connection: %s', async (text, cause) => {
    const { result } = await publishTo({ judgeConnect: () => text })
    expect(result).toEqual({ kind: 'refused', cause, detail: `the server answered: ${text}` })
  })

  it.each([
    ['Permissions Violation for Publish to "flux.events"', 'permission'],
    ['Maximum Payload Violation', 'size'],
    ['Invalid Publish Subject', 'message'],
  ])('at the message: %s', async (text, cause) => {
    const { result } = await publishTo({ judgeMessage: () => text })
    expect(result).toEqual({ kind: 'refused', cause, detail: `the server answered: ${text}` })
  })

  it.each([
    ['maximum connections exceeded', { judgeConnect: () => 'maximum connections exceeded' }, false],
    ['Authentication Timeout', { judgeConnect: () => 'Authentication Timeout' }, false],
    ['Server Shutdown', { judgeMessage: () => 'Server Shutdown' }, true],
  ])('for now: %s', async (text, options: NatsServerOptions, mayHaveArrived) => {
    const { result } = await publishTo(options)
    expect(result).toEqual({
      ...failure('protocol', mayHaveArrived),
      detail: `the server answered: ${text}`,
    })
  })

  it('is repeated in one line, and not at any length', async () => {
    const { result } = await publishTo({ judgeConnect: () => `no\t\u001b[31m${'x'.repeat(9_000)}` })
    const detail = 'detail' in result ? result.detail : ''
    expect(detail.length).toBeLessThan(300)
    expect(detail).not.toMatch(/\p{Cc}/u)
  })

  it('comes before the INFO, when the server is full', async () => {
    const { port } = await startServer((socket) =>
      socket.end("-ERR 'maximum connections exceeded'\r\n"),
    )
    expect(await publisher.publish(message(`nats://127.0.0.1:${port}`), PATIENT)).toEqual({
      ...failure('protocol', false),
      detail: 'the server answered: maximum connections exceeded',
    })
  })
})

describe('TLS', () => {
  async function authority() {
    const { ca, issue } = await createAuthority()
    return { ca, issue, server: await issue() }
  }
  const asTls = (url: string) => url.replace('nats:', 'tls:')

  it.each(['nats:', 'tls:'])(
    'is spoken with a server that requires it, from %s',
    async (scheme) => {
      const { ca, server } = await authority()
      const { url, connects, messages } = await startNatsServer({ tls: server })
      const to = message(url.replace('nats:', scheme))
      expect(await publisher.publish(to, { ...PATIENT, tls: { ca } })).toEqual(PUBLISHED)
      expect(messages).toHaveLength(1)
      expect(connects).toHaveLength(1)
    },
  )

  it('shows the client certificate', async () => {
    const { ca, server, issue } = await authority()
    const client = await issue({ isClient: true })
    const { url } = await startNatsServer({ tls: { ...server, ca, requestCert: true } })
    const withCertificate = { ...PATIENT, tls: { ca, ...client } }
    expect(await publisher.publish(message(url), withCertificate)).toEqual(PUBLISHED)
    const without = await publisher.publish(message(url), { ...PATIENT, tls: { ca } })
    expect(without).toMatchObject({ kind: 'failure', mayHaveArrived: false })
  })

  it.each([
    ['of an unknown issuer', undefined, 'issuer of the certificate is unknown'],
    ['for another name', 'other.test', 'the certificate is for another name'],
  ])('fails with a certificate %s', async (_, dnsName, detail) => {
    const { ca, issue } = await createAuthority()
    const { url, connects } = await startNatsServer({
      tls: await issue(dnsName === undefined ? {} : { dnsName }),
    })
    const tls = dnsName === undefined ? {} : { tls: { ca } }
    expect(await publisher.publish(message(url), { ...PATIENT, ...tls })).toEqual({
      ...failure('tls', false),
      detail: expect.stringContaining(detail),
    })
    expect(connects).toEqual([])
  })

  it('that the server does not go on with is a timeout', async () => {
    const { port } = await startServer((socket) =>
      socket.write(`INFO ${JSON.stringify({ tls_required: true })}\r\n`),
    )
    const to = message(`nats://127.0.0.1:${port}`)
    expect(await publisher.publish(to, { timeoutMs: 500 })).toEqual({
      ...failure('timeout', false),
      detail: '127.0.0.1: the TLS handshake did not end in time',
    })
  })

  it.each([
    ['the address', (url: string) => asTls(url), {}],
    ['the certificates', (url: string) => url, { tls: { ca: '' } }],
  ])('is not given up when %s ask for it, and nothing is told in the clear', async (_, to, tls) => {
    const server = await startNatsServer()
    const credentials = { user: { name: 'relay', password: 'secret' } }
    const result = await publisher.publish(message(to(server.url), { credentials }), {
      ...PATIENT,
      ...tls,
    })
    expect(result).toEqual({ ...failure('tls', false), detail: 'the server offers no TLS' })
    expect(server.connects).toEqual([])
  })

  it('is used when the server only offers it and the address asks', async () => {
    const { ca, server } = await authority()
    const info = { tls_required: false, tls_available: true }
    const { url, messages } = await startNatsServer({ tls: server, info })
    const result = await publisher.publish(message(asTls(url)), { ...PATIENT, tls: { ca } })
    expect(result).toEqual(PUBLISHED)
    expect(messages).toHaveLength(1)
  })

  it.each([
    ['when the Provider says so', true, 300],
    ['after a second in which the server says nothing', false, 10_000],
  ])('comes before the INFO %s', async (_, tlsFirst, tlsFirstWithinMs) => {
    const { ca, server } = await authority()
    const { url, messages } = await startNatsServer({ tls: server, tlsFirstWithinMs })
    const to = message(tlsFirst ? url : asTls(url), { tlsFirst })
    expect(await publisher.publish(to, { ...PATIENT, tls: { ca } })).toEqual(PUBLISHED)
    expect(messages).toHaveLength(1)
  })

  it('that comes first is not given up for plain text', async () => {
    const server = await startNatsServer()
    const credentials = { user: { name: 'relay', password: 'secret' } }
    const to = message(server.url, { credentials, tlsFirst: true })
    expect(await publisher.publish(to, PATIENT)).toMatchObject(failure('tls', false))
    expect(server.connects).toEqual([])
  })

  it('is not tried where nobody asks for it: the server hangs up', async () => {
    const { server } = await authority()
    const { url, connects } = await startNatsServer({ tls: server, tlsFirstWithinMs: 50 })
    const result = await publisher.publish(message(url), PATIENT)
    expect(result).toEqual({
      ...failure('reset', false),
      detail:
        'the server closed the connection before it sent its INFO; if it expects TLS first, write its address with tls://',
    })
    expect(connects).toEqual([])
  })

  it('takes nothing for true that was said before it', async () => {
    const { port } = await startServer((socket) =>
      socket.write('INFO {"tls_required":true}\r\n-ERR \'Authorization Violation\'\r\n'),
    )
    expect(await publisher.publish(message(`nats://127.0.0.1:${port}`), PATIENT)).toEqual({
      ...failure('protocol', false),
      detail: 'the server sent data between its INFO and TLS',
    })
  })
})

describe('the way to the server', () => {
  it('is guarded: loopback is refused where private addresses are', async () => {
    const server = await startNatsServer()
    const guarded = createNatsPublisher({ allowPrivate: false })
    const result = await guarded.publish(message(server.url), PATIENT)
    expect(result).toMatchObject(failure('address-refused', false))
    expect(server.sockets).toEqual([])
  })

  it('is guarded: a name that leads to the metadata service', async () => {
    const guarded = createNatsPublisher({
      allowPrivate: true,
      resolve: async () => [{ address: '169.254.169.254', family: 4 }],
    })
    const result = await guarded.publish(message('nats://nats.test:4222'), PATIENT)
    expect(result).toMatchObject(failure('address-refused', false))
  })

  it.each([
    ['http', () => startConnectProxy()],
    ['https', (tls: Certificate) => startConnectProxy({ tls })],
    ['socks5', () => startSocksProxy()],
  ])('leads through a proxy of %s, with TLS to the server', async (scheme, start) => {
    const { ca, issue } = await createAuthority()
    const server = await startNatsServer({ tls: await issue({ dnsName: 'nats.test' }) })
    const proxy = await start(await issue())
    const result = await publisher.publish(message(`tls://nats.test:${server.port}`), {
      ...PATIENT,
      tls: { ca },
      proxyUrl: `${scheme}://127.0.0.1:${proxy.port}`,
    })
    expect(result).toEqual(PUBLISHED)
    expect(proxy.targets).toEqual([`nats.test:${server.port}`])
  })

  it('ends at a proxy that refuses', async () => {
    const proxy = await startConnectProxy({ refuseWith: '403 Forbidden' })
    const proxyUrl = `http://127.0.0.1:${proxy.port}`
    const result = await publisher.publish(message('nats://nats.test:4222'), {
      ...PATIENT,
      proxyUrl,
    })
    expect(result).toMatchObject(failure('proxy', false))
  })

  it('ends where nobody listens', async () => {
    const result = await publisher.publish(
      message(`nats://127.0.0.1:${await closedPort()}`),
      PATIENT,
    )
    expect(result).toMatchObject(failure('connect', false))
  })
})

describe('a server that', () => {
  it.each([
    ['says nothing', 'accept', false, 'the server did not send its INFO within 500 ms'],
    ['says nothing after its INFO', 'INFO', false, 'the server did not answer within 1500 ms'],
    ['says nothing after the message', 'PUB', true, 'the server did not answer within 1500 ms'],
  ] as const)('%s is given up in time', async (_, silentAfter, mayHaveArrived, detail) => {
    const impatient = createNatsPublisher({ allowPrivate: true, connectTimeoutMs: 500 })
    const server = await startNatsServer({ silentAfter })
    const result = await impatient.publish(message(server.url), { timeoutMs: 1_500 })
    expect(result).toEqual({ ...failure('timeout', mayHaveArrived), detail })
    await expectClosed(server)
  })

  it.each([
    ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'does not speak the NATS protocol'],
    ['says an INFO that is no JSON', 'INFO {"a"\r\n', 'is not a JSON object'],
    ['never ends a line', 'x'.repeat(70_000), 'a line of over 65536 bytes'],
    ['closes', '', 'closed'],
  ])('%s is a failure', async (_, said, detail) => {
    const { port } = await startServer((socket) => socket.end(said))
    const result = await publisher.publish(message(`nats://127.0.0.1:${port}`), PATIENT)
    expect(result).toMatchObject({ kind: 'failure', mayHaveArrived: false })
    expect('detail' in result && result.detail).toContain(detail)
  })

  it.each([
    ['sends a message that nobody asked for', 'MSG a 1 1\r\nx\r\n'],
    ['talks nonsense', '\u0000\u0001\r\n'],
    ['never ends a line', 'x'.repeat(70_000)],
  ])('%s after its INFO is a failure, and nothing is printed', async (_, said) => {
    const printed = captureOutput()
    const { port } = await startServer((socket) => {
      socket.write('INFO {"version":"2.0.0"}\r\n')
      socket.once('data', () => socket.write(said))
    })
    const result = await publisher.publish(message(`nats://127.0.0.1:${port}`), PATIENT)
    expect(result).toMatchObject(failure('protocol', false))
    expect(printed).toEqual([])
  })

  it('breaks the connection after the message may have it', async () => {
    const { port } = await startServer((socket) => {
      socket.write('INFO {}\r\n')
      socket.on('data', (data) => {
        if (data.includes('PUB')) socket.resetAndDestroy()
        else if (data.includes('PING')) socket.write('PONG\r\n')
      })
    })
    const result = await publisher.publish(message(`nats://127.0.0.1:${port}`), PATIENT)
    expect(result).toMatchObject(failure('reset', true))
  })
})

/** The library writes to the console when its reader fails, and quotes what it read. */
function captureOutput(): readonly unknown[] {
  const printed: unknown[] = []
  const { log } = console
  console.log = (...values: unknown[]) => void printed.push(...values)
  onTestFinished(() => {
    console.log = log
  })
  return printed
}
