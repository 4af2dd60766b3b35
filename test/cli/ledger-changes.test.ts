import { describe, expect, it } from 'vitest'
import { ledgerChanges } from '../../cli/relay/ledger-changes.ts'
import { createRelayClient } from '../../client/relay-client.ts'
import { UsageError } from '../../client/usage-error.ts'
import type { ListedRecord } from '../../relay/model/delivery.ts'
import type { Outcome } from '../../relay/model/outcomes.ts'
import { deliveryRecord } from '../support/delivery-records.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { memoryPorts } from '../support/memory-ports.ts'

/** A ledger of the cluster `local` in memory, as it is asked again and again. */
function openLedger() {
  const { ledger } = memoryPorts()
  const unreadable = new Map<string, ListedRecord>()
  const source = {
    positions: async (filter: { since?: number; outcome?: Outcome }, limit: number) =>
      (await ledger.list({ ...filter, cluster: 'local' }, limit)).records,
    read: async (ids: readonly string[]) =>
      (await ledger.readMany(ids)).map(({ value }) => unreadable.get(value.id) ?? value),
  }
  const deliveryChanges = (parameters: URLSearchParams) =>
    ledgerChanges(source, parameters, new ManualClock())
  return { ledger, unreadable, deliveryChanges }
}

describe('the changes of a ledger', () => {
  it('are told as they come, of what fits, until the ledger cannot be asked', async () => {
    const { ledger, deliveryChanges } = openLedger()
    ledger.put(deliveryRecord({ id: 'before', outcome: 'dead' }))
    const client = createRelayClient({ deliveryChanges } as never)
    const changes = await client.deliveryChanges({ outcome: 'dead' })
    const told = changes?.[Symbol.asyncIterator]()
    ledger.put(deliveryRecord({ id: 'a' }), deliveryRecord({ id: 'b', outcome: 'dead' }))
    expect((await told?.next())?.value).toMatchObject([{ id: 'b', outcome: 'dead' }])
    ledger.failure = new UsageError('AWS: no rights', 1)
    await expect(told?.next()).rejects.toThrow('AWS: no rights')
  })

  it('tell of a record that cannot be read, such as of a later version', async () => {
    const { ledger, unreadable, deliveryChanges } = openLedger()
    const query = 'outcome=dead&provider=apps/slack&alert=apps/team'
    const changes = await deliveryChanges(new URLSearchParams(query))
    const told = changes[Symbol.asyncIterator]()
    const record = deliveryRecord({ id: 'a', outcome: 'dead' })
    const reason = 'this record cannot be read: it is of version 2'
    const { id, cluster, acceptedAt } = record
    const about = { cluster, acceptedAt, object: 'Kustomization/apps/web', reason }
    const ofTeam = { ...about, outcome: 'dead', alert: 'apps/team' } as const
    unreadable.set(id, { kind: 'unreadable', id, ...ofTeam, provider: 'apps/slack' })
    unreadable.set('b', { kind: 'unreadable', id: 'b', ...ofTeam, provider: 'apps/teams' })
    ledger.put(record, deliveryRecord({ id: 'b', outcome: 'dead' }))
    expect((await told.next()).value).toMatchObject([
      { id, outcome: 'dead', unreadable: true, reason },
    ])
  })

  it('are none for wrong parameters', async () => {
    const { deliveryChanges } = openLedger()
    const wrong = deliveryChanges(new URLSearchParams('since=soon'))
    await expect(wrong).rejects.toThrow(/^the relay answered 400: since: /)
    await expect(wrong).rejects.toBeInstanceOf(UsageError)
  })
})
