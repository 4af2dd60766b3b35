import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import type { DeliveryRecord } from '../../relay/model/delivery.ts'
import { deliveryRecord } from '../support/delivery-records.ts'
import { OPERATOR, startRelay, TOKENS } from '../support/embedded-server.ts'
import { START } from '../support/manual-clock.ts'

const ENTRY = join(import.meta.dirname, '../../bin/flux-relay.ts')

/** Runs the command line as a person would; resolves when it has ended. */
async function fluxRelay(args: readonly string[], token = '') {
  const child = spawn(process.execPath, [ENTRY, ...args], {
    env: { ...process.env, FLUX_RELAY_TOKEN: token },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { stdout, stderr, code }
}

async function relayWith(records: readonly DeliveryRecord[], changes = {}) {
  const relay = await startRelay(changes)
  await relay.ports.ledger.writeMany(records.map((record) => ({ record, expected: 'absent' })))
  // The records' last try is the first.
  const queued = () =>
    relay.ports.queue.retries
      .filter(({ attempt }) => attempt === 2)
      .map(({ deliveryId }) => deliveryId)
      .sort()
  return { url: `http://127.0.0.1:${relay.server.port}`, queued }
}

const dead = (id: string, changes: Partial<DeliveryRecord> = {}) =>
  deliveryRecord({ id, outcome: 'dead', reason: 'HTTP 404', ...changes })

describe('flux-relay replay', () => {
  it('replays the deliveries that are named', async () => {
    const { url, queued } = await relayWith([dead('one'), deliveryRecord({ id: 'two' })])
    const { stdout, code } = await fluxRelay(['replay', 'one', 'two', '--relay', url])
    expect(stdout).toBe('one queued\ntwo queued\n2 queued, 0 refused\n')
    expect(code).toBe(0)
    expect(queued()).toEqual(['one', 'two'])
  })

  it('replays all dead ones that the options select, and no other', async () => {
    const provider = { namespace: 'apps', name: 'slack', uid: 'u', type: 'slack' }
    const records = [
      dead('here', { provider, acceptedAt: START - 60_000 }),
      dead('old', { provider, acceptedAt: START - 2 * 3_600_000 }),
      dead('elsewhere'),
      deliveryRecord({ id: 'delivered', provider }),
      ...Array.from({ length: 450 }, (_, i) => dead(`many-${i}`, { provider })),
    ]
    const { url, queued } = await relayWith(records)
    const selection = ['--dead', '--provider', 'apps/slack', '--since', '1h', '--relay', url]
    const { stdout, code } = await fluxRelay(['replay', ...selection])
    expect(stdout).toContain('451 queued, 0 refused')
    expect(code).toBe(0)
    expect(queued()).toHaveLength(451)
    expect(queued()).toContain('here')
    expect(queued()).not.toContain('old')
  })

  it('says what is refused, and fails then', async () => {
    const { url } = await relayWith([dead('one')])
    const { stdout, code } = await fluxRelay(['replay', 'one', 'nosuch', '--relay', url])
    expect(stdout).toMatch(/^one queued\nnosuch the relay answered 404: .*\n1 queued, 1 refused\n$/)
    expect(code).toBe(1)
  })

  it('sends the operator token of the environment', async () => {
    const { url, queued } = await relayWith([dead('one')], { tokens: TOKENS })
    const refused = await fluxRelay(['replay', 'one', '--relay', url], 'wrong-token')
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/^flux-relay: the relay answered 401: /)
    expect(refused.stderr).not.toContain('wrong-token')
    expect(await fluxRelay(['replay', 'one', '--relay', url], OPERATOR)).toMatchObject({ code: 0 })
    expect(queued()).toEqual(['one'])
  })

  it.each([
    ['neither ids nor --dead', [], /name deliveries, or give --dead/],
    ['both', ['one', '--dead'], /name deliveries, or give --dead/],
    ['a filter without --dead', ['one', '--since', '1h'], /--since goes with --dead/],
    ['a relay that is no URL', ['one', '--relay', 'here'], /--relay here: expected a URL/],
    ['an unknown option', ['one', '--all'], /unknown option '--all'/],
  ])('refuses %s', async (_, args, message) => {
    const { stderr, code } = await fluxRelay(['replay', ...args])
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })

  it('says when there is no relay', async () => {
    const { stderr, code } = await fluxRelay(['replay', 'one', '--relay', 'http://127.0.0.1:9'])
    expect(stderr).toMatch(/^flux-relay: cannot reach the relay at http:\/\/127\.0\.0\.1:9: /)
    expect(code).toBe(1)
  })
})
