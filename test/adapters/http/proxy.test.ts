import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Certificate,
  type CertificateAuthority,
  createAuthority,
} from '../../support/certificates.ts'
import { failure, PATIENT, post, testClient } from '../../support/http-client.ts'
import { startConnectProxy, startSocksProxy, type TestProxy } from '../../support/proxies.ts'
import {
  closedPort,
  startHttpServer,
  startHttpsServer,
  startRawServer,
  startServer,
} from '../../support/servers.ts'

let authority: CertificateAuthority
let good: Certificate

beforeAll(async () => {
  authority = await createAuthority()
  good = await authority.issue()
})

const through = (scheme: string, { port }: { port: number }, userInfo = '') => ({
  ...PATIENT,
  proxyUrl: `${scheme}://${userInfo}127.0.0.1:${port}`,
})

describe.each([
  ['http', () => startConnectProxy()],
  ['https', () => startConnectProxy({ tls: good })],
  ['socks5', () => startSocksProxy()],
])('an %s proxy', (scheme, start: () => Promise<TestProxy>) => {
  const transport = (proxy: TestProxy) => ({
    ...through(scheme, proxy),
    tls: { ca: authority.ca },
  })

  it('leads to plain HTTP, resolves the name itself, and keeps the connection', async () => {
    const { port } = await startHttpServer((request, response) =>
      response.end(`${request.headers.host} ${request.url}`),
    )
    const proxy = await start()
    const client = testClient()
    const target = `only-the-proxy-knows.example:${port}`
    for (let sent = 0; sent < 2; sent += 1) {
      const result = await client.send(post(`http://${target}/a?b`), transport(proxy))
      expect(result).toMatchObject({ status: 200, body: `${target} /a?b` })
    }
    const isSocks = scheme === 'socks5'
    expect(proxy.targets).toEqual(isSocks ? [target] : [])
    expect(proxy.forwarded).toEqual(isSocks ? [] : Array(2).fill(`POST http://${target}/a?b`))
    expect(proxy.sockets).toHaveLength(1)
  })

  it('tunnels TLS, with the TLS options of the request', async () => {
    const named = await authority.issue({ dnsName: 'inner.example' })
    const client = await authority.issue({ isClient: true })
    const { port } = await startHttpsServer({
      ...named,
      ca: authority.ca,
      requestCert: true,
      rejectUnauthorized: true,
    })
    const proxy = await start()
    const tls = { ca: authority.ca, ...client }
    const options = { ...transport(proxy), tls }
    const result = await testClient().send(post(`https://inner.example:${port}/`), options)
    expect(result).toMatchObject({ status: 200, body: 'secure' })
  })

  it('leaves a bad certificate of the destination a TLS failure', async () => {
    const { port } = await startHttpsServer(await authority.issue({ dnsName: 'other.example' }))
    const proxy = await start()
    const result = await testClient().send(post(`https://inner.example:${port}/`), transport(proxy))
    expect(result).toMatchObject(failure('tls', false))
    expect(result).toHaveProperty('detail', expect.stringMatching(/another name/))
  })

  it.each(['169.254.169.254', '2852039166', '[fe80::1]', '[::ffff:a9fe:a9fe]'])(
    'is not asked for the refused address %s',
    async (host) => {
      const proxy = await start()
      const result = await testClient().send(post(`http://${host}/`), transport(proxy))
      expect(result).toMatchObject(failure('address-refused', false))
      expect(proxy.sockets).toHaveLength(0)
    },
  )

  it('is itself behind the guard', async () => {
    const proxy = await start()
    const client = testClient({ allowPrivate: false })
    const result = await client.send(post('http://public.example/'), transport(proxy))
    expect(result).toMatchObject(failure('address-refused', false))
    expect(proxy.sockets).toHaveLength(0)
  })

  it('that nothing listens for is a proxy failure', async () => {
    const proxyUrl = `${scheme}://user:s3cret@127.0.0.1:${await closedPort()}`
    const result = await testClient().send(post('http://a.example/'), { ...PATIENT, proxyUrl })
    expect(result).toMatchObject(failure('proxy', false))
    expect(JSON.stringify(result)).not.toContain('s3cret')
  })

  it('that hangs up is a proxy failure', async () => {
    const server = await startServer((socket) => socket.once('data', () => socket.end()))
    const result = await testClient().send(post('https://a.example/'), through(scheme, server))
    expect(result).toMatchObject(failure('proxy', false))
  })

  it('that speaks something else is a proxy failure', async () => {
    const server = await startRawServer('SSH-2.0-OpenSSH_9.9\r\n')
    const result = await testClient().send(post('https://a.example/'), through(scheme, server))
    expect(result).toMatchObject(failure('proxy', false))
  })

  it('that hangs runs into the timeout, and nothing was sent', async () => {
    const server = await startServer((socket) => socket.resume())
    const options = { ...through(scheme, server), timeoutMs: 600 }
    const result = await testClient().send(post('https://a.example/'), options)
    expect(result).toMatchObject(failure('timeout', false))
  })

  it('that hangs is given up after the time for a connection', async () => {
    const server = await startServer((socket) => socket.resume())
    const client = testClient({ connectTimeoutMs: 100 })
    const result = await client.send(post('https://a.example/'), through(scheme, server))
    expect(result).toMatchObject(failure('timeout', false))
  })
})

describe('an HTTP proxy', () => {
  it('gets the credentials of its URL, decoded, and nobody behind it', async () => {
    const { port } = await startHttpServer((request, response) =>
      response.end(request.headers['proxy-authorization'] ?? 'not passed on'),
    )
    const proxy = await startConnectProxy()
    const authority = await createAuthority()
    const inner = await authority.issue({ dnsName: 'a.example' })
    const secure = await startHttpsServer(inner, (request, response) =>
      response.end(request.headers['proxy-authorization'] ?? 'not passed on'),
    )
    const transport = {
      ...through('http', proxy, 'us%40er:p%3Ass@'),
      tls: { ca: authority.ca },
    }
    for (const url of [`http://a.example:${port}/`, `https://a.example:${secure.port}/`]) {
      const result = await testClient().send(post(url), transport)
      expect(result).toMatchObject({ body: 'not passed on' })
    }
    const expected = `Basic ${Buffer.from('us@er:p:ss').toString('base64')}`
    expect(proxy.authorizations).toEqual([expected, expected])
  })

  it.each(['407 Proxy Authentication Required', '502 Bad Gateway', '403 Forbidden'])(
    'that answers CONNECT with %s is a proxy failure',
    async (refuseWith) => {
      const proxy = await startConnectProxy({ refuseWith })
      const result = await testClient().send(
        post('https://a.example/s3cret'),
        through('http', proxy, 'user:s3cret@'),
      )
      expect(result).toMatchObject(failure('proxy', false))
      expect(result).toHaveProperty('detail', expect.stringContaining(refuseWith.slice(0, 3)))
      expect(JSON.stringify(result)).not.toContain('s3cret')
    },
  )

  it('that wants other credentials for a plain request is a proxy failure', async () => {
    const proxy = await startConnectProxy({ refuseWith: '407 Proxy Authentication Required' })
    const transport = through('http', proxy, 'user:s3cret@')
    const result = await testClient().send(post('http://a.example/s3cret'), transport)
    expect(result).toMatchObject(failure('proxy', false))
    expect(result).toHaveProperty('detail', expect.stringMatching(/127\.0\.0\.1:\d+: .*407/))
    expect(JSON.stringify(result)).not.toContain('s3cret')
  })

  it('that cannot reach a plain destination answers for it', async () => {
    const proxy = await startConnectProxy({ refuseWith: '502 Bad Gateway' })
    const result = await testClient().send(post('http://a.example/'), through('http', proxy))
    expect(result).toMatchObject({ kind: 'response', status: 502 })
  })

  it('is told the method, the query and the headers, and a GET is streamed by it', async () => {
    const { port } = await startHttpServer((request, response) =>
      response.end(`${request.method} ${request.url} ${request.headers['x-key']}`),
    )
    const proxy = await startConnectProxy()
    const { timeoutMs: _, ...transport } = through('http', proxy)
    const request = {
      url: `http://a.example:${port}/watch?a=b`,
      headers: { 'x-key': 'k' },
      signal: AbortSignal.timeout(10_000),
      headTimeoutMs: 10_000,
      idleTimeoutMs: 10_000,
    }
    const answer = await testClient().stream(request, transport)
    const chunks: Uint8Array[] = []
    for await (const chunk of answer.body) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe('GET /watch?a=b k')
    expect(proxy.forwarded).toEqual([`GET http://a.example:${port}/watch?a=b`])
  })

  it('over TLS must have a trusted certificate', async () => {
    const proxy = await startConnectProxy({ tls: good })
    const result = await testClient().send(post('https://a.example/'), through('https', proxy))
    expect(result).toMatchObject(failure('proxy', false))
    expect(result).toHaveProperty('detail', expect.stringMatching(/issuer|root/))
  })
})

describe('a SOCKS 5 proxy', () => {
  const credentials = { username: 'us@er', password: 'p:ss' }

  it('gets the credentials of its URL, decoded', async () => {
    const { port } = await startHttpServer((_request, response) => response.end('ok'))
    const proxy = await startSocksProxy(credentials)
    const result = await testClient().send(
      post(`http://a.example:${port}/`),
      through('socks5', proxy, 'us%40er:p%3Ass@'),
    )
    expect(result).toMatchObject({ status: 200 })
    expect(proxy.authorizations).toEqual(['us@er:p:ss'])
  })

  it.each([
    ['wrong ones', 'us%40er:s3cret@', /does not accept/],
    ['none', '', /requires credentials/],
  ])('that wants credentials refuses %s', async (_, userInfo, detail) => {
    const proxy = await startSocksProxy(credentials)
    const options = through('socks5', proxy, userInfo)
    const result = await testClient().send(post('http://a.example/'), options)
    expect(result).toMatchObject(failure('proxy', false))
    expect(result).toHaveProperty('detail', expect.stringMatching(detail))
    expect(JSON.stringify(result)).not.toContain('s3cret')
  })

  it('says why it does not connect', async () => {
    const proxy = await startSocksProxy({ refuseWith: 5 })
    const result = await testClient().send(post('http://a.example/'), through('socks5', proxy))
    expect(result).toMatchObject(failure('proxy', false))
    expect(result).toHaveProperty(
      'detail',
      expect.stringMatching(/a\.example:80: connection refused/),
    )
  })

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['[fd00::1:2]', `[fd00${'0'.repeat(20)}00010002]`],
    ['[2001:db8::]', `[20010db8${'0'.repeat(24)}]`],
  ])('gets the literal address %s as bytes', async (host, asked) => {
    const { port } = await startHttpServer((_request, response) => response.end('ok'))
    const proxy = await startSocksProxy()
    await testClient().send(post(`http://${host}:${port}/`), through('socks5', proxy))
    expect(proxy.targets).toEqual([`${asked}:${port}`])
  })
})

describe('a proxy URL', () => {
  it.each([
    'no-url',
    '',
    'ftp://127.0.0.1:21',
    'socks4://127.0.0.1',
    'socks5://',
    'http://user:s3cret%@127.0.0.1:1',
  ])('%j is a proxy failure', async (proxyUrl) => {
    const result = await testClient().send(post('http://a.example/'), { ...PATIENT, proxyUrl })
    expect(result).toMatchObject(failure('proxy', false))
    expect(JSON.stringify(result)).not.toContain('s3cret')
  })

  it('with a spelled-out address is behind the guard', async () => {
    for (const proxyUrl of ['socks5://0xa9fea9fe:1080', 'http://2852039166:3128']) {
      const result = await testClient().send(post('http://a.example/'), { ...PATIENT, proxyUrl })
      expect(result).toMatchObject(failure('address-refused', false))
    }
  })
})
