import { describe, expect, it } from 'vitest'
import { ledgerChanges } from '../../cli/relay/ledger-changes.ts'
import { createRelayClient } from '../../client/relay-client.ts'
import { UsageError } from '../../client/usage-error.ts'
import type { Outcome } from '../../relay/model/delivery.ts'
import { deliveryRecord } from '../support/delivery-records.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { memoryPorts } from '../support/memory-ports.ts'

/** A ledger of the cluster `local` in memory, as it is asked again and again. */
function openLedger() {
  const { ledger } = memoryPorts()
  const source = {
    positions: async (filter: { since?: number; outcome?: Outcome }, limit: number) =>
      (await ledger.list({ ...filter, cluster: 'local' }, limit)).records,
    read: async (ids: readonly string[]) => (await ledger.readMany(ids)).map(({ value }) => value),
  }
  const deliveryChanges = (parameters: URLSearchParams) =>
    ledgerChanges(source, parameters, new ManualClock())
  return { ledger, deliveryChanges }
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

  it('are none for wrong parameters', async () => {
    const { deliveryChanges } = openLedger()
    const wrong = deliveryChanges(new URLSearchParams('since=soon'))
    await expect(wrong).rejects.toThrow(/^the relay answered 400: since: /)
    await expect(wrong).rejects.toBeInstanceOf(UsageError)
  })
})
