import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { openRelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { createWokenDeliveries } from '../../../hosts/embedded/woken-deliveries.ts'
import { acceptingLedger, recordWaiting } from '../../adapters/sqlite/support/accepting-ledger.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const IN_A_DAY = {
  deliveryId: 'waits',
  attempt: 2,
  dueAt: START + 86_400_000,
  cluster: 'local',
}

/** A queue with a record that is due in a day, and that record's message as its destination woke it. */
async function wokenOne() {
  const clock = new ManualClock()
  const database = openRelayDatabase(join(temporaryDirectory(), 'relay.db'))
  onTestFinished(() => database.close())
  const queue = new SqliteQueue(database, clock)
  await recordWaiting(acceptingLedger(database, clock), [IN_A_DAY])
  await queue.sendRetries([IN_A_DAY])
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
  return { clock, queue, putBack: () => woken.putBack(message, clock.now() + 1_000) }
}

it('lets one that is put back come at its time, however late its record is due', async () => {
  const { clock, queue, putBack } = await wokenOne()
  putBack()
  expect(await queue.leaseRetries(1)).toEqual([])
  expect(queue.nextWakeAt()).toBe(START + 1_000)
  clock.advance(1_000)
  expect(await queue.leaseRetries(1)).toMatchObject([{ deliveryId: 'waits', attempt: 2 }])
})

it('lets one that was put back come though the clock is set before its time', async () => {
  const { clock, queue, putBack } = await wokenOne()
  putBack()
  clock.setBy(-3_600_000)
  queue.clockWasSet(-3_600_000)
  await queue.dueTimes.settled()
  clock.advance(1_000)
  expect(await queue.leaseRetries(2)).toMatchObject([{ deliveryId: 'waits', attempt: 2 }])
})

it('lets one that is put back come once, when it is leased as it is due at last', async () => {
  const { clock, queue, putBack } = await wokenOne()
  clock.advance(86_400_000)
  expect(await queue.leaseRetries(1)).toHaveLength(1)
  putBack()
  clock.advance(1_000)
  expect(await queue.leaseRetries(1)).toEqual([])
})
