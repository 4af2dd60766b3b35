import { describe, expect, it } from 'vitest'
import { stackTargets } from '../support/command-targets.ts'
import { deliveryRecord, type RecordChanges } from '../support/delivery-records.ts'
import { startRelay, TOKENS } from '../support/embedded-server.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'

const dead = (id: string, changes: RecordChanges = {}) =>
  deliveryRecord({ id, outcome: 'dead', reason: 'HTTP 404', ...changes })

describe('flux-relay dismiss', () => {
  it('puts away those that are named, for lists and for replays of all dead ones', async () => {
    const relay = await startRelay({ tokens: TOKENS })
    relay.ports.ledger.put(dead('one'), dead('two'), deliveryRecord({ id: 'delivered' }))
    const url = `http://127.0.0.1:${relay.server.port}`
    const run = (...args: readonly string[]) =>
      fluxRelay([...args, '--relay', url], { token: 'operator-token-2' })
    const dismissed = await run('dismiss', 'on', 'delivered', '--comment', 'the channel is gone')
    expect(dismissed.stdout).toMatch(
      /^one dismissed\ndelivered only a dead delivery can .* this one is delivered\n1 dismissed, 1 refused\n$/,
    )
    expect(dismissed.code).toBe(1)
    expect(await run('dismiss', 'delivered', 'two', '--dry-run')).toMatchObject({
      ...{ code: 1, stdout: expect.stringMatching(/^two /m) },
      stderr: expect.stringMatching(
        /^delivered only a dead .*\n1 would be dismissed; nothing was dismissed\n$/,
      ),
    })
    const listed = async (outcome: string) => {
      const { stdout } = await run('get', 'deliveries', '--outcome', outcome, '-o', 'json')
      return JSON.parse(stdout).map(({ id }: { readonly id: string }) => id)
    }
    expect([await listed('dead'), await listed('dismissed')]).toEqual([['two'], ['one']])
    expect((await run('describe', 'delivery', 'one')).stdout).toMatch(
      /^Outcome: +dismissed\nWhy: +HTTP 404\n(?:.*\n)*Dismissed: +2026-11-20T\S+Z by ann: the channel is gone$/m,
    )
    const replayed = await run('replay', '--dead', '--dry-run')
    expect(replayed.stdout).toContain('\ntwo ')
    expect(replayed.stderr).toBe('1 would be sent again; nothing was sent\n')
    expect((await run('replay', 'one')).stdout).toBe('one queued\n1 queued, 0 refused\n')
    expect((await run('describe', 'delivery', 'one')).stdout).not.toContain('Dismissed')
  })

  it('puts away many only when it is told to', async () => {
    const relay = await startRelay()
    const provider = { namespace: 'apps', name: 'slack', uid: 'u', type: 'slack' }
    const records = Array.from({ length: 11 }, (_, i) => dead(`many-${i}`, { provider }))
    relay.ports.ledger.put(...records, dead('elsewhere'))
    const url = `http://127.0.0.1:${relay.server.port}`
    const run = (...args: readonly string[]) =>
      fluxRelay(['dismiss', '--dead', '--provider', 'apps/slack', ...args, '--relay', url])
    expect(await run('--dry-run')).toMatchObject({
      ...{ code: 0, stderr: '11 would be dismissed; nothing was dismissed\n' },
    })
    // The tests have no terminal.
    expect(await run()).toMatchObject({
      ...{ code: 2, stdout: '' },
      stderr: expect.stringContaining('11 deliveries would be dismissed: give --yes, or --dry-run'),
    })
    const { records: before } = await relay.ports.ledger.list({ outcome: 'dead' }, 100)
    expect(before).toHaveLength(12)
    expect((await run('--yes')).stdout).toContain('11 dismissed, 0 refused\n')
    const { records: after } = await relay.ports.ledger.list({ outcome: 'dead' }, 100)
    expect(after).toMatchObject([{ id: 'elsewhere' }])
  })

  it.concurrent.each([
    ['neither ids nor --dead', [], /dismiss: name deliveries, or give --dead\n/],
    ['both', ['one', '--dead'], /dismiss: name deliveries, or give --dead\n/],
    ['a filter without --dead', ['one', '--since', '1h'], /dismiss: --since goes with --dead/],
    ['an empty comment', ['one', '--comment', ' '], /--comment.*expected a text of at most 500/],
    ['too long a comment', ['one', '--comment', 'x'.repeat(501)], /of at most 500 characters/],
  ])('refuses %s', async (_, args, message) => {
    const { stderr, code } = await fluxRelay(['dismiss', ...args])
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })
})

describe('flux-relay dismiss --stack', () => {
  const { open } = stackTargets()

  it('puts away the dead ones of a cluster, in the name of the caller', async () => {
    const { ports, run } = await open()
    const records = [
      dead('one', { cluster: 'prod' }),
      dead('elsewhere', { cluster: 'staging' }),
      deliveryRecord({ id: 'delivered', cluster: 'prod' }),
    ]
    await ports.ledger.writeMany(records.map((record) => ({ record, expected: 'absent' })))
    const dismissed = await run(['dismiss', '--dead', '--cluster', 'prod', '--comment', 'seen'])
    expect(dismissed).toMatchObject({
      ...{ code: 0, stdout: 'one dismissed\n1 dismissed, 0 refused\n' },
    })
    const [stored] = await ports.ledger.readMany(['one'])
    expect(stored?.value.status).toMatchObject({
      dismissal: { by: 'arn:aws:iam::000000000000:root', comment: 'seen' },
    })
    const list = async (outcome: string) => {
      const flags = ['--outcome', outcome, '--cluster', 'prod', '-o', 'json']
      return JSON.parse((await run(['get', 'deliveries', ...flags])).stdout)
    }
    expect(await list('dead')).toEqual([])
    expect(await list('dismissed')).toMatchObject([{ id: 'one' }])
  })
})
