import { createHmac, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import type { OutboundRequest } from '../../relay/ports/http.ts'
import { PATIENT, testClient } from '../support/http-client.ts'
import { alert, createHarness, provider } from '../support/relay-harness.ts'
import { startServerProcess } from '../support/server-process.ts'
import { closedPort } from '../support/servers.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const SHARED_SECRET = 'registration'

/** https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html */
function configuration(port: number): string {
  return JSON.stringify({
    server_name: 'relay.test',
    listeners: [
      { port, type: 'http', bind_addresses: ['127.0.0.1'], resources: [{ names: ['client'] }] },
    ],
    database: { name: 'sqlite3', args: { database: 'homeserver.db' } },
    signing_key_path: 'signing.key',
    media_store_path: 'media',
    registration_shared_secret: SHARED_SECRET,
    report_stats: false,
    trusted_key_servers: [],
  })
}

/** A seed without padding, as `generate_signing_key` of Synapse writes it. */
function signingKey(): string {
  return `ed25519 a_relay ${randomBytes(32).toString('base64').replace('=', '')}\n`
}

/** A homeserver of its own on 127.0.0.1, with a user in a room. */
async function startSynapse() {
  const folder = temporaryDirectory()
  const port = await closedPort()
  writeFileSync(join(folder, 'homeserver.yaml'), configuration(port))
  writeFileSync(join(folder, 'signing.key'), signingKey())
  const args = ['-m', 'synapse.app.homeserver', '-c', 'homeserver.yaml']
  const python = inject('synapsePython')
  await startServerProcess(python, args, folder, /now listening on TCP port/)
  const address = `http://127.0.0.1:${port}`
  const token = await registerUser(address)
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${address}/_matrix/client/v3/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return (await response.json()) as Record<string, never>
  }
  const { room_id: room } = await call('POST', 'createRoom', {})
  return {
    address,
    token,
    room: String(room),
    /** The texts of the room, oldest first. */
    async texts(): Promise<readonly string[]> {
      const { chunk = [] } = await call('GET', `rooms/${room}/messages?dir=f&limit=100`)
      const events: readonly { readonly type: string; readonly content: { body: string } }[] = chunk
      return events.filter(({ type }) => type === 'm.room.message').map((e) => e.content.body)
    },
  }
}

/** https://element-hq.github.io/synapse/latest/admin_api/register_api.html */
async function registerUser(address: string): Promise<string> {
  const url = `${address}/_synapse/admin/v1/register`
  const { nonce } = (await (await fetch(url)).json()) as { nonce: string }
  const [username, password] = ['relay', 'a password']
  const text = [nonce, username, password, 'notadmin'].join('\0')
  const mac = createHmac('sha1', SHARED_SECRET).update(text).digest('hex')
  const body = JSON.stringify({ nonce, username, password, mac, admin: false })
  const response = await fetch(url, { method: 'POST', body })
  return ((await response.json()) as { access_token: string }).access_token
}

describe.skipIf(inject('synapsePython') === '')('a real Synapse', () => {
  it('gets each message once, from an address with a slash at its end', async () => {
    const { address, token, room, texts } = await startSynapse()
    const requests: OutboundRequest[] = []
    const http = testClient()
    const send: typeof http.send = (request, options) => {
      requests.push(request)
      return http.send(request, options)
    }
    const harness = createHarness({}, { http: { send } })
    harness.secrets.set('local/flux-system/s', { token })
    const spec = { type: 'matrix', channel: room, secretRef: { name: 's' } }
    await harness.configure(provider('m', { ...spec, address: `${address}/` }), alert('all', 'm'))
    await harness.send('kustomization-health-check-failed')
    await harness.drain()
    const [record] = await harness.records()
    expect(record).toMatchObject({ outcome: 'delivered', attempts: [{ status: 200 }] })
    const [text] = await texts()
    expect(text).toContain('kustomization/podinfo.flux-system')

    // What comes of a try whose answer was lost: the same request again.
    const [sent] = requests
    if (sent === undefined) throw new Error('nothing was sent')
    expect(await http.send(sent, PATIENT)).toMatchObject({ status: 200 })
    expect(await texts()).toHaveLength(1)
  })

  it('refuses a wrong token, which ends the delivery', async () => {
    const { address, room, texts } = await startSynapse()
    const harness = createHarness({}, { http: testClient() })
    harness.secrets.set('local/flux-system/s', { token: 'wrong' })
    const spec = { type: 'matrix', address, channel: room, secretRef: { name: 's' } }
    await harness.configure(provider('m', spec), alert('all', 'm'))
    await harness.send('kustomization-health-check-failed')
    await harness.drain()
    expect(await harness.records()).toMatchObject([
      { outcome: 'dead', attempts: [{ status: 401 }] },
    ])
    expect(await texts()).toEqual([])
  })
})
