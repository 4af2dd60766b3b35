import { describe, expect, it } from 'vitest'
import { parseProvider } from '../../../relay/model/parse-objects.ts'
import type { SecretData } from '../../../relay/model/secret.ts'
import { resolveProvider } from '../../../relay/pipeline/resolve-provider.ts'
import { providerTypes } from '../../../relay/providers/registry.ts'
import { createAuthority } from '../../support/certificates.ts'
import { testClient } from '../../support/http-client.ts'
import { startConnectProxy } from '../../support/proxies.ts'
import { alert, createHarness, provider } from '../../support/relay-harness.ts'
import { secretsFound } from '../../support/secret-store.ts'
import { startHttpsServer } from '../../support/servers.ts'

const WEBHOOK = 'https://hook.test/'

const authority = await createAuthority()
const CA = authority.ca
const OTHER_CA = (await createAuthority()).ca
const { cert: CERT, key: KEY } = await authority.issue({ isClient: true })

/** The transport of a Provider with this spec, beside Secrets of its namespace. */
async function transportOf(
  spec: Record<string, unknown>,
  secrets: Record<string, SecretData> = {},
) {
  const parsed = parseProvider(
    'local',
    provider('a', { type: 'generic', address: WEBHOOK, ...spec }),
  )
  const type = providerTypes.get(String(spec.type ?? 'generic'))
  if (!('object' in parsed) || !type) throw new Error('not valid')
  const store = secretsFound((_, name) => secrets[name])
  const resolved = await resolveProvider('local', parsed.object, type, store)
  return resolved.kind === 'resolved' ? resolved.transport : resolved.reason
}

describe('the transport of a Provider', () => {
  it.each([
    ['its default timeout', {}, {}, { timeoutMs: 15_000 }],
    ['spec.timeout', { timeout: '59s' }, {}, { timeoutMs: 59_000 }],
    ['the longest timeout', { timeout: '60s' }, {}, { timeoutMs: 60_000 }],
    ['no timeout of 1m30s', { timeout: '1m30s' }, {}, { timeoutMs: 60_000 }],
    ['no timeout of 15m', { timeout: '15m' }, {}, { timeoutMs: 60_000 }],
    ['no timeout of 100h', { timeout: '100h' }, {}, { timeoutMs: 60_000 }],
    [
      'spec.proxy',
      { proxy: 'http://u:p@proxy.test:3128' },
      {},
      { proxyUrl: 'http://u:p@proxy.test:3128/' },
    ],
    [
      'the deprecated Secret key before spec.proxy',
      { proxy: 'http://spec.test', secretRef: { name: 's' } },
      { s: { proxy: 'http://secret.test' } },
      { proxyUrl: 'http://secret.test/' },
    ],
    [
      'proxySecretRef before both, with encoded credentials',
      { proxy: 'http://spec.test', secretRef: { name: 's' }, proxySecretRef: { name: 'p' } },
      {
        s: { proxy: 'http://secret.test' },
        p: { address: 'socks5://ref.test:1080', username: 'a b', password: 'p@ss:/word' },
      },
      { proxyUrl: 'socks5://a%20b:p%40ss%3A%2Fword@ref.test:1080' },
    ],
    [
      'proxySecretRef without the line breaks of files',
      { proxySecretRef: { name: 'p' } },
      { p: { address: 'http://ref.test:3128\n', username: 'me\n', password: 'p w\r\n' } },
      { proxyUrl: 'http://me:p%20w@ref.test:3128/' },
    ],
    [
      'a proxy user without a password',
      { proxySecretRef: { name: 'p' } },
      { p: { address: 'http://ref.test', username: 'me' } },
      { proxyUrl: 'http://me@ref.test/' },
    ],
    [
      'the keys of certSecretRef',
      { certSecretRef: { name: 'c' } },
      { c: { 'ca.crt': CA, 'tls.crt': CERT, 'tls.key': KEY } },
      { tls: { ca: CA, cert: CERT, key: KEY } },
    ],
    [
      'their deprecated names',
      { certSecretRef: { name: 'c' } },
      { c: { caFile: CA, certFile: CERT, keyFile: KEY } },
      { tls: { ca: CA, cert: CERT, key: KEY } },
    ],
    [
      'a CA in the own Secret of a commit-status type',
      { type: 'github', address: 'https://git.test/o/r', secretRef: { name: 's' } },
      { s: { token: 't', 'ca.crt': CA } },
      { tls: { ca: CA } },
    ],
    [
      'certSecretRef before the own Secret',
      {
        type: 'github',
        address: 'https://git.test/o/r',
        secretRef: { name: 's' },
        certSecretRef: { name: 'c' },
      },
      { s: { token: 't', 'ca.crt': OTHER_CA }, c: { 'ca.crt': CA } },
      { tls: { ca: CA } },
    ],
    [
      'no CA of the own Secret of other types',
      { secretRef: { name: 's' } },
      { s: { 'ca.crt': 'CA' } },
      {},
    ],
  ])('has %s', async (_, spec, secrets: Record<string, SecretData>, transport) => {
    expect(await transportOf(spec, secrets)).toEqual({ timeoutMs: 15_000, ...transport })
  })

  it.each([
    [
      'a proxy of another scheme',
      { p: { address: 'ftp://x' } },
      /proxySecretRef: address: expected/,
    ],
    [
      'a proxy password without a user',
      { p: { address: 'http://x', password: 'p' } },
      /password but no username/,
    ],
    ['a proxy without an address', { p: { username: 'u' } }, /needs the key address/],
    ['a blank address', { p: { address: ' \n' } }, /needs the key address/],
    ['no host', { p: { address: 'socks5://' } }, /proxySecretRef: address: expected/],
    [
      'a host that is none',
      { p: { address: 'socks5://a b' } },
      /proxySecretRef: address: expected/,
    ],
    ['port 0', { p: { address: 'http://a.test:0' } }, /proxySecretRef: address: expected/],
    ['a bad escape', { p: { address: 'http://u:p%@x' } }, /address: a % in its credentials/],
    [
      'more than SOCKS takes',
      { p: { address: 'socks5://x', username: 'u', password: 'ü'.repeat(128) } },
      /username and password: SOCKS 5 takes at most 255 bytes/,
    ],
  ])('refuses %s', async (_, secrets: Record<string, SecretData>, reason) => {
    expect(await transportOf({ proxySecretRef: { name: 'p' } }, secrets)).toMatch(reason)
  })
})

describe('certificates', () => {
  const transport = (keys: SecretData) => transportOf({ certSecretRef: { name: 'c' } }, { c: keys })

  it.each([
    ['a CA that is none', { 'ca.crt': 'x' }, 'ca.crt is not a certificate in PEM form'],
    ['a CA under its old name', { caFile: 'x' }, 'caFile is not a certificate in PEM form'],
    ['a CA that is a key', { 'ca.crt': KEY }, 'ca.crt is not a certificate in PEM form'],
    ['a CA that is cut', { 'ca.crt': CA.slice(0, 200) }, 'ca.crt is not a certificate in PEM form'],
    ['blanks', { 'ca.crt': ' \n' }, 'ca.crt is not a certificate in PEM form'],
    [
      'a bad one behind a good one',
      { 'ca.crt': `${CA}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n` },
      'ca.crt is not a certificate in PEM form (see the certificate 2 of 2)',
    ],
    ['no key', { 'tls.crt': CERT }, 'tls.crt and tls.key go together, and one is missing'],
    [
      'a key that is none',
      { 'tls.crt': CERT, 'tls.key': 'x' },
      'tls.key is not a private key in PEM form without a passphrase',
    ],
    [
      'a certificate that is none',
      { 'tls.crt': 'x', 'tls.key': KEY },
      'tls.crt is not a certificate in PEM form',
    ],
    [
      'the key of another',
      { 'tls.crt': CA, 'tls.key': KEY },
      'tls.key is not the key of the first certificate in tls.crt',
    ],
    ['nothing', { other: 'x' }, 'the Secret has none of the keys ca.crt, tls.crt and tls.key'],
  ])('of %s are found at readiness', async (_, keys: SecretData, problem) => {
    expect(await transport(keys)).toBe(`Provider flux-system/a: certSecretRef: ${problem}`)
  })

  it('are looked at in the own Secret of a commit-status type', async () => {
    const spec = { type: 'github', address: 'https://git.test/o/r', secretRef: { name: 's' } }
    expect(await transportOf(spec, { s: { token: 't', 'ca.crt': 'x' } })).toMatch(
      /: secretRef: ca\.crt is not a certificate/,
    )
  })

  it('of a bundle with text between are taken', async () => {
    const ca = `# root\n${CA}\r\n# other\n${OTHER_CA}`
    expect(await transport({ 'ca.crt': ca })).toMatchObject({ tls: { ca } })
  })
})

describe('over real sockets', () => {
  it('a delivery goes through a proxy with credentials to a server that asks for a certificate', async () => {
    const authority = await createAuthority()
    const server = await authority.issue({ dnsName: 'hook.test' })
    const client = await authority.issue({ isClient: true })
    const paths: string[] = []
    const sink = await startHttpsServer(
      { ...server, ca: authority.ca, requestCert: true, rejectUnauthorized: true },
      (request, response) => {
        paths.push(request.url ?? '')
        response.end('ok')
      },
    )
    const proxy = await startConnectProxy()
    const harness = createHarness({}, { http: testClient() })
    const secret = (name: string, data: SecretData) =>
      harness.secrets.set(`local/flux-system/${name}`, data)
    secret('p', { address: `http://127.0.0.1:${proxy.port}`, username: 'me', password: 'p@ss' })
    secret('c', { 'ca.crt': authority.ca, 'tls.crt': client.cert, 'tls.key': client.key })
    await harness.configure(
      provider('a', {
        type: 'generic',
        address: `https://hook.test:${sink.port}/path`,
        proxySecretRef: { name: 'p' },
        certSecretRef: { name: 'c' },
      }),
      alert('all', 'a'),
    )
    await harness.send('kustomization-finished')
    await harness.drain()
    expect((await harness.records())[0]).toMatchObject({ outcome: 'delivered' })
    expect(paths).toEqual(['/path'])
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from('me:p@ss').toString('base64')}`])
    expect(proxy.targets).toEqual([`hook.test:${sink.port}`])
  })
})
