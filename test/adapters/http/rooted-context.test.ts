import { expect, it } from 'vitest'
import { rootedContext } from '../../../adapters/http/rooted-context.ts'
import { proxySecureContextOf, secureContextOf } from '../../../adapters/http/tls.ts'
import { createAuthority } from '../../support/certificates.ts'
import { failure, PATIENT, post, testClient } from '../../support/http-client.ts'
import { startHttpsServer } from '../../support/servers.ts'

const authority = await createAuthority()
const server = await authority.issue()
const client = await authority.issue({ isClient: true })
const roots = [authority.ca]

it('is one for all destinations without certificates of their own, and their proxies', () => {
  const context = secureContextOf({}, roots)
  expect(secureContextOf({}, roots)).toBe(context)
  expect(proxySecureContextOf({}, roots)).toBe(context)
  expect(secureContextOf({}, [...roots])).not.toBe(context)
})

it('is another for each certificate, key and CA', async () => {
  const other = await authority.issue({ isClient: true })
  const all = [{}, client, other, { ca: authority.ca }].map((tls) => rootedContext(roots, tls))
  expect(new Set(all).size).toBe(4)
  expect(rootedContext(roots, { ...client })).toBe(all[1])
})

it('is kept as long as few others are used after it', () => {
  const others = Array.from({ length: 15 }, (_, n) => `${authority.ca}\n# ${n}`)
  const first = rootedContext(roots, client)
  for (const ca of others) rootedContext(roots, { ca })
  expect(rootedContext(roots, client)).toBe(first)
  for (const ca of [...others, authority.ca]) rootedContext(roots, { ca })
  expect(rootedContext(roots, client)).not.toBe(first)
})

it('shows a client certificate for those alone that have it', async () => {
  const demanding = { ...server, ca: authority.ca, requestCert: true, rejectUnauthorized: true }
  const { port } = await startHttpsServer(demanding)
  const http = testClient({ roots })
  const url = `https://127.0.0.1:${port}/`
  const shown = await http.send(post(url), { ...PATIENT, tls: client })
  expect(shown).toMatchObject({ status: 200, body: 'secure' })
  expect(await http.send(post(url), PATIENT)).toMatchObject({ kind: 'failure' })
})

it('trusts nobody else', async () => {
  const stranger = await (await createAuthority('stranger')).issue()
  const { port } = await startHttpsServer(stranger)
  const result = await testClient({ roots }).send(post(`https://127.0.0.1:${port}/`), PATIENT)
  expect(result).toMatchObject(failure('tls', false))
})
