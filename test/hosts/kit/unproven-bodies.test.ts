import { createHmac } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type ClientRequest, request } from 'node:http'
import type { Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { createUnprovenBodies, MAX_UNPROVEN_BYTES } from '../../../hosts/kit/unproven-bodies.ts'
import { PROD, startRelay, TOKENS } from '../../support/embedded-server.ts'
import { fixtureJson } from '../../support/notifications.ts'

const MIB = 1024 * 1024
const PATH = '/v1/clusters/prod/events'
const BODY = JSON.stringify(fixtureJson('kustomization-applied'))
const SIGNED = { 'X-Signature': `sha256=${createHmac('sha256', PROD).update(BODY).digest('hex')}` }
const GUESSED = { 'X-Signature': `sha256=${'0'.repeat(64)}` }

/** Longer than a busy machine needs. Milliseconds. */
const WAIT = { timeout: 20_000 }

/** The sockets of all requests that servers of this process got from now on. */
function watchSockets(): readonly Socket[] {
  const sockets: Socket[] = []
  const onRequest = (message: unknown) => void sockets.push((message as { socket: Socket }).socket)
  // https://nodejs.org/api/diagnostics_channel.html#http
  subscribe('http.server.request.start', onRequest)
  onTestFinished(() => void unsubscribe('http.server.request.start', onRequest))
  return sockets
}

/** Sends so many bytes of a body, and no end of it. */
function sendUnended(port: number, path: string, bytes: number): ClientRequest {
  const sending = request({ method: 'POST', port, path, headers: GUESSED, agent: false })
  onTestFinished(() => void sending.destroy())
  sending.on('error', () => {})
  sending.write(Buffer.alloc(bytes, ' '))
  return sending
}

it('keeps no more bytes of bodies without a known sender than one address may have', async () => {
  const { server, call } = await startRelay({ tokens: TOKENS })
  const sockets = watchSockets()
  // Each names another cluster.
  const held = ['prod', 'staging'].map((cluster) =>
    sendUnended(server.port, `/v1/clusters/${cluster}/events`, 2.5 * MIB),
  )
  // Until the server has read them: another body that came before their ends would take their room.
  await expect
    .poll(() => sockets.map(({ bytesRead }) => bytesRead > 2.5 * MIB), WAIT)
    .toEqual([true, true])
  const guess = async () =>
    (await call('POST', PATH, { body: ' '.repeat(2 * MIB), headers: GUESSED })).status
  await expect.poll(guess, WAIT).toBe(503)
  const token = { Authorization: `Bearer ${PROD}` }
  expect((await call('POST', PATH, { body: BODY, headers: token })).status).toBe(202)
  expect((await call('POST', PATH, { body: BODY, headers: SIGNED })).status).toBe(202)
  for (const sending of held) sending.destroy()
  await expect.poll(guess, WAIT).toBe(401)
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
