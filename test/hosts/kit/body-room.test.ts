import { type ClientRequest, request } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import {
  createBodyRoom,
  MAX_BODY_BYTES,
  MAX_BODY_BYTES_OF_ONE,
} from '../../../hosts/kit/body-room.ts'
import { PROD, startRelay, TOKENS } from '../../support/embedded-server.ts'
import { fixtureJson } from '../../support/notifications.ts'

const MIB = 1024 * 1024
const BODY = JSON.stringify(fixtureJson('kustomization-applied'))
const LARGE = `${BODY}${' '.repeat(2 * MIB)}`
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

/** Longer than a busy machine needs. Milliseconds. */
const WAIT = { timeout: 20_000 }

/** Sends so many bytes of a body with events, and no end of it. */
function sendUnended(port: number, bytes: number): ClientRequest {
  const path = '/v1/clusters/prod/events'
  const sending = request({ method: 'POST', port, path, headers: bearer(PROD), agent: false })
  onTestFinished(() => void sending.destroy())
  sending.on('error', () => {})
  sending.write(Buffer.alloc(bytes, ' '))
  return sending
}

it('keeps no more bytes of large bodies of one cluster than its share, and refuses no small ones', async () => {
  const { server, call } = await startRelay({ tokens: TOKENS })
  const count = Math.ceil(MAX_BODY_BYTES_OF_ONE / (2.5 * MIB))
  const held = Array.from({ length: count }, () => sendUnended(server.port, 2.5 * MIB))
  const send = async (cluster: string, token: string, body: string) =>
    (await call('POST', `/v1/clusters/${cluster}/events`, { body, headers: bearer(token) })).status
  const sendAndHold = async () => {
    const status = await send('prod', PROD, LARGE)
    // While this one was there, there may have been no room for one of those that are held.
    if (status === 202) held.push(sendUnended(server.port, 2.5 * MIB))
    return status
  }
  await expect.poll(sendAndHold, WAIT).toBe(503)
  expect(await send('prod', PROD, BODY)).toBe(202)
  expect(await send('staging', 'staging-token', LARGE)).toBe(202)
  for (const sending of held) sending.destroy()
  await expect.poll(() => send('prod', PROD, LARGE), WAIT).toBe(202)
})

it('takes back what an answered body had', async () => {
  const { call } = await startRelay({ tokens: TOKENS })
  for (let sent = 0; sent <= MAX_BODY_BYTES_OF_ONE; sent += LARGE.length) {
    const headers = bearer(PROD)
    const { status } = await call('POST', '/v1/clusters/prod/events', { body: LARGE, headers })
    expect(status).toBe(202)
  }
})

it('has one bound over all clusters', () => {
  const room = createBodyRoom()
  const open = Array.from({ length: 5 }, (_, n) => room.open(`cluster-${n}`))
  expect(open.map(({ take }) => take(MAX_BODY_BYTES / 4))).toEqual([true, true, true, true, false])
  open[1]?.close()
  expect(open[4]?.take(MAX_BODY_BYTES / 4)).toBe(true)
  expect(open[0]?.take(1)).toBe(false)
})
