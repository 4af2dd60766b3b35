import type { Socket } from 'node:net'
import type { CanaryTarget } from './canary-providers.ts'
import { createAuthority } from './certificates.ts'
import { startSocksProxy } from './proxies.ts'
import { closedPort, startHttpsServer, startServer } from './servers.ts'

/** How a Provider differs from one that works. */
type Case = Pick<CanaryTarget, 'origin' | 'spec' | 'secret' | 'others'>
type Plant = (what: string) => string

/** A way to fail: what a delivery then says, and what leads to it. */
export interface CanaryFailure {
  readonly reason: RegExp
  make(plant: Plant): Promise<Case>
}

/** Answers with `before`, all that came, and `after`; then says and does no more, or closes. */
async function rawEcho(before: string, after = '\r\n\r\n', thenClose = true): Promise<string> {
  const { port } = await startServer((socket: Socket) => {
    socket.once('data', (data) => {
      const line = encodeURI(data.toString().replace(/\s+/g, ' ')).replaceAll('%20', ' ')
      socket.write(`${before}${line}${after}`)
      if (thenClose) socket.destroySoon()
    })
  })
  return `http://127.0.0.1:${port}`
}

/** Takes all, and says nothing. */
async function silentOrigin(thenClose: boolean): Promise<string> {
  const { port } = await startServer((socket) => {
    socket.once('data', () => thenClose && socket.destroy())
  })
  return `http://127.0.0.1:${port}`
}

async function untrustedOrigin(): Promise<string> {
  const { port } = await startHttpsServer(await (await createAuthority()).issue())
  return `https://127.0.0.1:${port}`
}

const withProxy = (address: string, plant: Plant): Pick<Case, 'others'> => ({
  others: { proxySecretRef: { address, username: plant('proxy user'), password: plant('proxy') } },
})

/** Every way to fail without an answer that is read to its end, by name. */
export const CANARY_FAILURES: Readonly<Record<string, CanaryFailure>> = {
  'unknown name': { reason: /^dns: /, make: async () => ({ origin: 'http://nowhere.test' }) },
  'nobody listens': {
    reason: /^connect: /,
    make: async () => ({ origin: `http://127.0.0.1:${await closedPort()}` }),
  },
  'refused address': {
    reason: /^address-refused: /,
    make: async () => ({ origin: 'http://169.254.169.254' }),
  },
  'no TLS there': {
    reason: /^tls: /,
    make: async () => ({ origin: (await rawEcho('HTTP/1.1 400 ')).replace('http', 'https') }),
  },
  'untrusted certificate': {
    reason: /^tls: /,
    make: async () => ({ origin: await untrustedOrigin() }),
  },
  'bad client certificate': {
    reason: /certSecretRef: tls\.crt is not a certificate/,
    make: async (plant) => ({
      origin: await untrustedOrigin(),
      others: {
        certSecretRef: { 'tls.crt': plant('tls.crt'), 'tls.key': pem(plant('tls.key')) },
      },
    }),
  },
  'bad CA': {
    reason: /certSecretRef: ca\.crt is not a certificate/,
    make: async (plant) => ({
      origin: await untrustedOrigin(),
      others: { certSecretRef: { 'ca.crt': pem(plant('ca.crt')) } },
    }),
  },
  'proxy refuses, with an echo': {
    reason: /^proxy: .*407/,
    make: async (plant) => ({
      origin: 'https://service.test',
      ...withProxy(await rawEcho('HTTP/1.1 407 ', '\r\n\r\n'), plant),
    }),
  },
  'proxy talks nonsense': {
    reason: /^proxy: /,
    make: async (plant) => ({
      origin: 'https://service.test',
      ...withProxy(await rawEcho('HTTP/1.1 200 OK\r\n'), plant),
    }),
  },
  'SOCKS refuses': {
    reason: /^proxy: /,
    make: async (plant) => {
      const { port } = await startSocksProxy({ username: 'other', password: 'other' })
      return { origin: 'https://service.test', ...withProxy(`socks5://127.0.0.1:${port}`, plant) }
    },
  },
  'spec.proxy with credentials': {
    reason: /^proxy: /,
    make: async (plant) => {
      const { host } = new URL(await rawEcho('HTTP/1.1 502 '))
      const proxy = `http://${plant('spec.proxy user')}:${plant('spec.proxy')}@${host}`
      return { origin: 'https://service.test', spec: { proxy } }
    },
  },
  'proxy in the Secret': {
    reason: /^proxy: /,
    make: async (plant) => {
      const { host } = new URL(await rawEcho('HTTP/1.1 502 '))
      const proxy = `http://${plant('proxy key user')}:${plant('proxy key')}@${host}/`
      return { origin: 'https://service.test', secret: { proxy } }
    },
  },
  'proxy credentials that are not percent-encoded': {
    reason: /%25/,
    make: async (plant) => ({
      origin: 'https://service.test',
      secret: { proxy: `http://bot:${plant('proxy key')}%zz@proxy.test` },
    }),
  },
  'proxy that is no URL': {
    reason: /expected an http/,
    make: async (plant) => ({
      origin: 'https://service.test',
      secret: { proxy: plant('proxy key') },
    }),
  },
  'headers that are no YAML map': {
    reason: /headers is not/,
    make: async (plant) => ({
      origin: 'https://service.test',
      secret: { headers: plant('headers') },
    }),
  },
  'a header value with a YAML tag': {
    reason: /headers is not/,
    make: async (plant) => ({
      origin: 'https://service.test',
      secret: { headers: `X-Key: !${plant('headers tag')}` },
    }),
  },
  'a template left in the headers': {
    reason: /headers is not/,
    make: async (plant) => ({
      origin: 'https://service.test',
      secret: { headers: `{{${plant('headers template')}}}: x` },
    }),
  },
  'a header value in place of its name': {
    reason: /headers is not/,
    make: async (plant) => ({
      origin: 'https://service.test',
      secret: { headers: `${plant('headers name')}: [a]` },
    }),
  },
  'reset before an answer': {
    reason: /^reset: /,
    make: async () => ({ origin: await silentOrigin(true) }),
  },
  'reset within the head': {
    reason: /^reset: |^protocol: /,
    make: async () => ({ origin: await rawEcho('HTTP/1.1 200 OK\r\nX-Echo: ', '') }),
  },
  'no HTTP': { reason: /^protocol: /, make: async () => ({ origin: await rawEcho('SSH-2.0-') }) },
  'bad header': {
    reason: /^protocol: /,
    make: async () => ({ origin: await rawEcho('HTTP/1.1 200 OK\r\n') }),
  },
  'bad length': {
    reason: /^protocol: /,
    make: async () => ({ origin: await rawEcho('HTTP/1.1 200 OK\r\nContent-Length: ') }),
  },
  'status text': {
    reason: /HTTP 404/,
    make: async () => ({ origin: await rawEcho('HTTP/1.1 404 ') }),
  },
  redirect: {
    reason: /HTTP 307/,
    make: async () => ({ origin: await rawEcho('HTTP/1.1 307 Moved\r\nLocation: http://x.test/') }),
  },
  'body that is cut': {
    reason: /HTTP 503/,
    make: async () => ({
      origin: await rawEcho('HTTP/1.1 503 Bad\r\nContent-Length: 99999\r\n\r\n', ''),
    }),
  },
  'no answer': {
    reason: /^timeout: /,
    make: async () => ({ origin: await silentOrigin(false), spec: { timeout: '80ms' } }),
  },
  'body without an end': {
    reason: /HTTP 503/,
    make: async () => ({
      origin: await rawEcho('HTTP/1.1 503 Bad\r\nContent-Length: 99999\r\n\r\n', '', false),
      spec: { timeout: '2s' },
    }),
  },
}

/** PEM by its armour only. */
function pem(content: string): string {
  return `-----BEGIN PRIVATE KEY-----\n${content}\n-----END PRIVATE KEY-----\n`
}
