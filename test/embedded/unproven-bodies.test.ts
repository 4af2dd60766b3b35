import { createHmac } from 'node:crypto'
import { type ClientRequest, request } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { createUnprovenBodies, MAX_UNPROVEN_BYTES } from '../../embedded/unproven-bodies.ts'
import { PROD, startRelay, TOKENS } from '../support/embedded-server.ts'
import { fixtureJson } from '../support/notifications.ts'

const MIB = 1024 * 1024
const PATH = '/v1/clusters/prod/events'
const BODY = JSON.stringify(fixtureJson('kustomization-applied'))
const SIGNED = { 'X-Signature': `sha256=${createHmac('sha256', PROD).update(BODY).digest('hex')}` }
const GUESSED = { 'X-Signature': `sha256=${'0'.repeat(64)}` }

/** Sends so many bytes of a body, and no end of it. Resolves with the status of an early answer. */
function sendUnended(port: number, path: string, bytes: number) {
  const options = { method: 'POST', port, path, headers: GUESSED, agent: false }
  const sending: ClientRequest = request(options)
  onTestFinished(() => void sending.destroy())
  const status = new Promise<number>((resolve) => {
    sending.on('response', (response) => resolve(response.statusCode ?? 0))
    sending.on('error', () => resolve(0))
  })
  const sent = new Promise<void>((resolve) =>
    sending.write(Buffer.alloc(bytes, ' '), () => resolve()),
  )
  return { sending, sent, status }
}

it('keeps no more bytes of bodies without a known sender than one address may have', async () => {
  const { server, call } = await startRelay({ tokens: TOKENS })
  // Each names another cluster.
  const held = ['prod', 'staging'].map((cluster) =>
    sendUnended(server.port, `/v1/clusters/${cluster}/events`, 2.5 * MIB),
  )
  await Promise.all(held.map(({ sent }) => sent))
  await expect
    .poll(
      async () =>
        (await call('POST', PATH, { body: ' '.repeat(2 * MIB), headers: GUESSED })).status,
    )
    .toBe(503)
  const token = { Authorization: `Bearer ${PROD}` }
  expect((await call('POST', PATH, { body: BODY, headers: token })).status).toBe(202)
  expect((await call('POST', PATH, { body: BODY, headers: SIGNED })).status).toBe(202)
  for (const { sending } of held) sending.destroy()
  await expect
    .poll(
      async () =>
        (await call('POST', PATH, { body: ' '.repeat(2 * MIB), headers: GUESSED })).status,
    )
    .toBe(401)
})

it('has one bound over all addresses, and takes back what is closed', () => {
  const bodies = createUnprovenBodies()
  const open = Array.from({ length: 5 }, (_, n) => bodies.open(`192.0.2.${n}`))
  expect(open.map(({ take }) => take(MAX_UNPROVEN_BYTES / 4))).toEqual([
    true,
    true,
    true,
    true,
    false,
  ])
  expect(open[4]?.take(1)).toBe(false)
  expect(open[0]?.take(1)).toBe(false)
  open[1]?.close()
  expect(open[0]?.take(1)).toBe(false)
  expect(open[4]?.take(MAX_UNPROVEN_BYTES / 4)).toBe(true)
})
