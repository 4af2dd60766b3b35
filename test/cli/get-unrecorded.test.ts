import { describe, expect, it } from 'vitest'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import { type CommandTarget, commandTargets } from '../support/command-targets.ts'
import { deliveryRecord, event, eventRecord } from '../support/delivery-records.ts'
import { START } from '../support/manual-clock.ts'
import { alert, provider } from '../support/relay-harness.ts'

const NOW = Date.now() - 60_000

async function filled({ ports }: CommandTarget) {
  const snapshot = await reconcile(
    'prod',
    [
      provider('hook', { type: 'generic', address: 'https://a.test' }),
      provider('pager', { type: 'generic', address: 'https://b.test' }),
      alert('all', 'hook'),
      alert('errors-paged', 'pager', { eventSeverity: 'error' }),
      alert('errors', 'hook', { eventSeverity: 'error' }),
    ],
    START,
    ports.secrets,
  )
  await ports.configs.replace(snapshot)
  const revision = snapshot.revision.slice(0, 12)
  const base = { cluster: 'prod', revision, event: event('apps', 'finished') }
  const hook = { namespace: 'flux-system', name: 'hook', uid: 'p', type: 'generic' }
  const all = { namespace: 'flux-system', name: 'all', uid: 'u' }
  const records = [
    deliveryRecord({
      ...{ ...base, id: 'd1', eventId: 'e1', alert: all, provider: hook, acceptedAt: NOW },
      ...{ outcome: 'delivered', reason: 'HTTP 200', createdAt: NOW, updatedAt: NOW },
    }),
    eventRecord({
      ...{ ...base, id: 'r2', eventId: 'e2', acceptedAt: NOW + 1_000, updatedAt: NOW + 1_000 },
      ...{ outcome: 'suppressed', reason: 'repeats the event e1' },
    }),
  ]
  await ports.ledger.writeMany(records.map((record) => ({ record, expected: 'absent' as const })))
}

interface Row {
  readonly id: string
  readonly outcome: string
  readonly reason: string
  readonly unrecorded?: true
}

describe.each(commandTargets())('flux-relay get deliveries --alert %s', (_, open) => {
  const args = ['get', 'deliveries', '--cluster', 'prod', '-o', 'json', '--alert']
  const list = async (target: CommandTarget, ...more: readonly string[]) => {
    const { code, stdout, stderr } = await target.run([...args, ...more])
    const rows = (JSON.parse(stdout) as Row[]).map(({ id, outcome, reason, unrecorded }) => [
      ...[id, outcome, reason],
      ...(unrecorded ? ['unrecorded'] : []),
    ])
    return { code, rows, stderr }
  }

  it('finds a repeat that was recorded for all Alerts together, beside its deliveries', async () => {
    const target = await open()
    await filled(target)
    const { code, rows } = await list(target, 'flux-system/all')
    expect(code).toBe(0)
    expect(rows).toEqual([
      ['r2', 'suppressed', 'repeats the event e1'],
      ['d1', 'delivered', 'HTTP 200'],
    ])
    const { rows: repeats } = await list(target, 'flux-system/all', '--outcome', 'suppressed')
    expect(repeats.map(([id]) => id)).toEqual(['r2'])
    const { rows: of } = await list(
      target,
      ...['flux-system/all', '--provider', 'flux-system/hook', '--event', 'e2'],
    )
    expect(of.map(([id]) => id)).toEqual(['r2'])
  })

  it('finds events that it did not take though another Alert did, and says so', async () => {
    const target = await open()
    await filled(target)
    const { rows, stderr } = await list(target, 'flux-system/errors')
    const why = 'by the rules of then: the Alert takes errors only, and this is severity info'
    expect(rows).toEqual([
      ['e2', 'skipped', why, 'unrecorded'],
      ['e1', 'skipped', why, 'unrecorded'],
    ])
    expect(stderr).toMatch(
      /^the newest 2 events were looked at for events that this Alert did not take; /,
    )
    expect((await list(target, 'flux-system/errors', '--outcome', 'delivered')).rows).toEqual([])
    expect((await list(target, 'flux-system/errors', '--limit', '1')).rows).toHaveLength(1)
  })

  it('finds such a repeat by the Provider too, when an Alert that leads there takes the event', async () => {
    const target = await open()
    await filled(target)
    const listTo = async (...more: readonly string[]) => {
      const flags = ['--cluster', 'prod', '-o', 'json', ...more]
      const { stdout, stderr } = await target.run(['get', 'deliveries', ...flags])
      const rows = JSON.parse(stdout) as readonly (Row & { readonly alert: object })[]
      return { rows: rows.map(({ id, outcome, alert: of }) => [id, outcome, of]), stderr }
    }
    const to = (name: string) => ['--provider', `flux-system/${name}`]
    const all = expect.objectContaining({ namespace: 'flux-system', name: 'all' })
    const { rows, stderr } = await listTo(...to('hook'))
    const delivered = ['d1', 'delivered', all]
    expect(rows).toEqual([['r2', 'suppressed', all], delivered])
    expect(stderr).toMatch(/^the newest 2 events were looked at for repeats that were recorded /)
    expect((await listTo(...to('hook'), '--outcome', 'delivered')).rows).toEqual([delivered])
    expect((await listTo(...to('hook'), '--event', 'e2')).rows).toHaveLength(1)
    // Its only Alert takes errors.
    expect(await listTo(...to('pager'))).toEqual({ rows: [], stderr: '' })
    expect((await listTo(...to('none'))).rows).toEqual([])
  })

  it('knows nothing of an Alert that there never was', async () => {
    const target = await open()
    await filled(target)
    expect((await list(target, 'flux-system/none')).rows).toEqual([])
  })
})
