import { once } from 'node:events'
import { request } from 'node:https'
import { expect, it } from 'vitest'
import { exchange, openStream } from '../../client/http-exchange.ts'
import { unreachableReason } from '../../client/unreachable.ts'
import { createAuthority } from '../support/certificates.ts'
import { startHttpServer, startHttpsServer } from '../support/servers.ts'

/** Why a request ends that has so much time for its answer. */
async function reasonOf(port: number, timeoutMs: number): Promise<string> {
  const url = new URL(`http://127.0.0.1:${port}/`)
  const asked = exchange({ method: 'GET', url, headers: {}, timeoutMs })
  return asked.then(() => expect.unreachable('it was answered'), unreachableReason)
}

it('says of an alert of the other side its code, and no line of OpenSSL', async () => {
  const { ca, issue } = await createAuthority()
  const { port } = await startHttpsServer({ ...(await issue()), ca, requestCert: true })
  const [error] = await once(request({ host: '127.0.0.1', port, ca }).end(), 'error')
  expect(unreachableReason(error)).toBe('TLS failed (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED)')
})

it('says that no answer came, before its beginning and before its end', async () => {
  const silent = await startHttpServer(() => undefined)
  expect(await reasonOf(silent.port, 50)).toBe('no answer came in time')
  const slow = await startHttpServer((_, response) => response.write('{'))
  expect(await reasonOf(slow.port, 200)).toBe('no answer came in time')
})

it('says that an answer was cut off', async () => {
  const { port } = await startHttpServer((_, response) => {
    response.writeHead(200, { 'content-length': 10 }).write('{', () => response.destroy())
  })
  expect(await reasonOf(port, 10_000)).toBe('its answer was cut off')
})

it('says that the answer to a request for a stream was cut off', async () => {
  const { port } = await startHttpServer((_, response) => {
    response.writeHead(503, { 'content-length': 10 }).write('{', () => response.destroy())
  })
  const url = new URL(`http://127.0.0.1:${port}/`)
  const asked = openStream({ method: 'GET', url, headers: {}, timeoutMs: 10_000, idleMs: 10_000 })
  const reason = asked.then(() => expect.unreachable('it was answered'), unreachableReason)
  expect(await reason).toBe('its answer was cut off')
})
