import { describe, expect, it } from 'vitest'
import { startConsole } from '../support/console.ts'
import { deliveryRecord } from '../support/delivery-records.ts'
import { TOKENS, VIEWER } from '../support/embedded-server.ts'
import { ROOT, startProgram } from '../support/relay-process.ts'
import { waitFor } from '../support/wait-for.ts'

const ID = 'a'.repeat(64)

/** Starts the command for a relay, and gives the address that it prints. */
async function openConsole(url: string, token: string) {
  const program = startProgram(
    process.execPath,
    [`${ROOT}bin/flux-relay.ts`, 'console', '--relay', url],
    { environment: { FLUX_RELAY_TOKEN: token, FLUX_RELAY_CONFIG: '/dev/null' } },
  )
  const address = await waitFor(() => {
    const [line] = program.lines()
    if (line === undefined) throw new Error(`it says no address: ${program.stderr()}`)
    return line
  })
  return { program, address, origin: new URL(address).origin }
}

describe('flux-relay console', () => {
  it('serves the pages for a relay elsewhere, to who has the address and with the token’s rights', async () => {
    const relay = await startConsole(TOKENS)
    relay.ports.ledger.put(deliveryRecord({ id: ID, outcome: 'dead', reason: 'slack said no' }))
    const { program, address, origin } = await openConsole(relay.origin, VIEWER)

    expect((await fetch(`${origin}/console/deliveries`)).status).toBe(401)
    expect((await fetch(`${origin}/console/open/wrong`)).status).toBe(404)
    const opened = await fetch(address, { redirect: 'manual' })
    const Cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? ''
    expect([opened.status, opened.headers.get('location')]).toEqual([303, '/console/overview'])
    for (const path of ['overview', 'deliveries', `deliveries/${ID}`, 'events', 'clusters']) {
      const page = await fetch(`${origin}/console/${path}`, { headers: { Cookie } })
      expect([path, page.status]).toEqual([path, 200])
    }
    const list = await fetch(`${origin}/console/deliveries`, { headers: { Cookie } })
    expect(await list.text()).toContain('slack said no')

    const refused = await fetch(`${origin}/console/replay`, {
      method: 'POST',
      headers: { Cookie, Origin: origin },
      body: new URLSearchParams({ id: ID, from: 'delivery' }),
    })
    expect([refused.status, await refused.text()]).toEqual([
      403,
      expect.stringContaining('vic has the role viewer'),
    ])

    await relay.server.close(0)
    const lost = await fetch(`${origin}/console/deliveries`, { headers: { Cookie } })
    expect([lost.status, await lost.text()]).toEqual([
      502,
      expect.stringContaining('cannot reach the relay'),
    ])
    expect(await program.end('SIGTERM')).toMatchObject({ code: 0, stderr: '' })
  })
})
