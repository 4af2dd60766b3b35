import type { TLSSocket } from 'node:tls'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Certificate,
  type CertificateAuthority,
  createAuthority,
} from '../../support/certificates.ts'
import { failure, PATIENT, post, testClient } from '../../support/http-client.ts'
import { startHttpServer, startHttpsServer } from '../../support/servers.ts'

let authority: CertificateAuthority
let good: Certificate
let client: Certificate

beforeAll(async () => {
  authority = await createAuthority()
  good = await authority.issue()
  client = await authority.issue({ isClient: true })
})

describe('TLS', () => {
  it('trusts the given CA', async () => {
    const { port, sockets } = await startHttpsServer(good)
    const http = testClient()
    const tls = { ca: authority.ca }
    for (let sent = 0; sent < 2; sent += 1) {
      const result = await http.send(post(`https://127.0.0.1:${port}/`), { ...PATIENT, tls })
      expect(result).toMatchObject({ status: 200, body: 'secure' })
    }
    expect(sockets).toHaveLength(1)
  })

  it('trusts a CA among several', async () => {
    const { port } = await startHttpsServer(good)
    const other = await createAuthority('another CA')
    const tls = { ca: `${other.ca}\n${authority.ca}` }
    const result = await testClient().send(post(`https://127.0.0.1:${port}/`), { ...PATIENT, tls })
    expect(result).toMatchObject({ status: 200 })
  })

  it('offers HTTP/1.1 only, and the name to a server that has names', async () => {
    const named = await authority.issue({ dnsName: 'relay.example' })
    const { port } = await startHttpsServer(
      { ...named, ALPNProtocols: ['h2', 'http/1.1'] },
      (request, response) => {
        const { servername, alpnProtocol } = request.socket as TLSSocket & { servername?: string }
        response.end(`${servername} ${alpnProtocol}`)
      },
    )
    const http = testClient({ resolve: async () => [{ address: '127.0.0.1', family: 4 }] })
    const tls = { ca: authority.ca }
    for (const host of ['relay.example', 'relay.example.']) {
      const result = await http.send(post(`https://${host}:${port}/`), { ...PATIENT, tls })
      expect(result).toMatchObject({ body: 'relay.example http/1.1' })
    }
  })

  it.each([
    ['of an unknown issuer', async () => good, undefined, /issuer|root/],
    [
      'that has expired',
      () => authority.issue({ notBefore: new Date(0), notAfter: new Date(1_000_000_000_000) }),
      () => authority.ca,
      /expired/,
    ],
    [
      'for another name',
      () => authority.issue({ dnsName: 'other.example' }),
      () => authority.ca,
      /another name/,
    ],
    [
      'for another address',
      () => authority.issue({ ip: '127.0.0.2' }),
      () => authority.ca,
      /another name/,
    ],
  ])('refuses a certificate %s', async (_, issue, ca, detail) => {
    const { port } = await startHttpsServer(await issue())
    const transport = ca === undefined ? PATIENT : { ...PATIENT, tls: { ca: ca() } }
    const result = await testClient().send(post(`https://127.0.0.1:${port}/s3cret`), transport)
    expect(result).toMatchObject(failure('tls', false))
    expect(result).toHaveProperty('detail', expect.stringMatching(detail))
    expect(JSON.stringify(result)).not.toContain('s3cret')
  })

  it('refuses a self-signed certificate, and says so', async () => {
    const { ca } = await createAuthority('self')
    const { port } = await startHttpsServer(good)
    const result = await testClient().send(post(`https://127.0.0.1:${port}/`), {
      ...PATIENT,
      tls: { ca },
    })
    expect(result).toMatchObject(failure('tls', false))
  })

  it('says that the other side speaks no TLS', async () => {
    const { port } = await startHttpServer((_request, response) => response.end())
    const result = await testClient().send(post(`https://127.0.0.1:${port}/`), PATIENT)
    expect(result).toMatchObject(failure('tls', false))
    expect(result).toHaveProperty('detail', expect.stringMatching(/does not speak TLS/))
  })

  it.each([
    ['a CA that is no PEM', () => ({ ca: 's3cret' })],
    ['an empty CA', () => ({ ca: '' })],
    ['a certificate that is no PEM', () => ({ cert: 's3cret', key: client.key })],
    ['a key that is no PEM', () => ({ cert: client.cert, key: 's3cret' })],
    ['a key of another certificate', () => ({ cert: client.cert, key: good.key })],
    ['a certificate without its key', () => ({ cert: client.cert })],
    ['a key without its certificate', () => ({ key: client.key })],
  ])('refuses %s before it connects', async (_, tls) => {
    const { port, sockets } = await startHttpsServer(good)
    const url = `https://127.0.0.1:${port}/`
    const result = await testClient().send(post(url), { ...PATIENT, tls: tls() })
    expect(result).toMatchObject(failure('tls', false))
    expect(JSON.stringify(result)).not.toContain('s3cret')
    expect(sockets).toHaveLength(0)
  })
})

describe('a client certificate', () => {
  const mutual = () => ({ ...good, ca: authority.ca, requestCert: true, rejectUnauthorized: true })

  it('is shown to the server', async () => {
    const { port } = await startHttpsServer(mutual())
    const tls = { ca: authority.ca, ...client }
    const result = await testClient().send(post(`https://127.0.0.1:${port}/`), { ...PATIENT, tls })
    expect(result).toMatchObject({ status: 200, body: 'secure' })
  })

  it('that is missing fails: in TLS 1.2 before the request, in TLS 1.3 after it left', async () => {
    const transport = { ...PATIENT, tls: { ca: authority.ca } }
    const older = await startHttpsServer({ ...mutual(), maxVersion: 'TLSv1.2' })
    const before = await testClient().send(post(`https://127.0.0.1:${older.port}/`), transport)
    expect(before).toMatchObject(failure('tls', false))
    const newer = await startHttpsServer(mutual())
    const after = await testClient().send(post(`https://127.0.0.1:${newer.port}/`), transport)
    expect(after).toMatchObject({ kind: 'failure', mayHaveArrived: true })
  })

  it('shares no connection with a request that has none', async () => {
    const { port, sockets } = await startHttpsServer({ ...mutual(), rejectUnauthorized: false })
    const http = testClient()
    const url = `https://127.0.0.1:${port}/`
    await http.send(post(url), { ...PATIENT, tls: { ca: authority.ca, ...client } })
    await http.send(post(url), { ...PATIENT, tls: { ca: authority.ca } })
    expect(sockets).toHaveLength(2)
  })
})
