import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { openRelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { createWokenDeliveries } from '../../../hosts/embedded/woken-deliveries.ts'
import { acceptingLedger, recordWaiting } from '../../adapters/sqlite/support/accepting-ledger.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

it('lets one that is put back come at its time, however late its record is due', async () => {
  const clock = new ManualClock()
  const database = openRelayDatabase(join(temporaryDirectory(), 'relay.db'))
  onTestFinished(() => database.close())
  const queue = new SqliteQueue(database, clock)
  const inADay = { deliveryId: 'waits', attempt: 2, dueAt: START + 86_400_000, cluster: 'local' }
  await recordWaiting(acceptingLedger(database, clock), [inADay])
  await queue.sendRetries([inADay])
  const wakes = {
    take: () => [{ id: 'waits', attempt: 2, order: '' }],
    resume: async () => undefined,
    nextWakeAt: () => undefined,
    onReady: () => undefined,
    close: () => undefined,
  }
  const woken = createWokenDeliveries(wakes, queue, clock)
  const [message] = woken.take(1)
  if (!message) throw new Error('nothing was taken')
  woken.putBack(message, START + 1_000)
  expect(await queue.leaseRetries(1)).toEqual([])
  expect(queue.nextWakeAt()).toBe(START + 1_000)
  clock.advance(1_000)
  expect(await queue.leaseRetries(1)).toMatchObject([{ deliveryId: 'waits', attempt: 2 }])
})
