import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { openRelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { change } from '../../../adapters/sqlite/statement.ts'
import type { RetryMessage } from '../../../relay/model/queue-messages.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { acceptingLedger } from './support/accepting-ledger.ts'

/** As many leases as the worker has for retries. */
const PLACES = 500

async function openQueue() {
  const database = openRelayDatabase(join(temporaryDirectory(), 'relay.db'))
  onTestFinished(() => database.close())
  const clock = new ManualClock()
  const ledger = acceptingLedger(database, clock)
  let opened: SqliteQueue | undefined
  /** Opened as soon as it is asked for something: nobody tells it of what is filled in. */
  const queue = () => {
    opened ??= new SqliteQueue(database, clock)
    return opened
  }
  const columns = await database.read<{ name: string }>('PRAGMA table_info(ledger)')
  /** Records of a cluster that wait, each due a millisecond after the one before. */
  const fill = async (cluster: string, count: number, dueAt: number) => {
    const record = { ...deliveryRecord({ id: `${cluster}-0`, outcome: 'retry', dueAt }), cluster }
    await ledger.writeMany([{ record, expected: 'absent' }])
    const copied: Readonly<Record<string, string>> = {
      id: `'${cluster}-' || n`,
      due_at: 'due_at + n',
    }
    const values = columns.map(({ name }) => copied[name] ?? name).join(', ')
    const copy = `WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
      INSERT INTO ledger SELECT ${values} FROM ledger, numbers WHERE ledger.id = ?`
    if (count > 1) await database.write([change(copy, count - 1, `${cluster}-0`)])
  }
  const leased: RetryMessage[] = []
  const lease = async () => {
    const free = PLACES - leased.length
    const more = await queue().leaseRetries(free, free)
    leased.push(...more)
    return more
  }
  /** Ends the leases of a cluster, whose records wait no more. */
  const finish = async (cluster: string) => {
    const done = leased.filter((message) => message.cluster === cluster)
    const ids = JSON.stringify(done.map(({ deliveryId }) => deliveryId))
    await database.write([
      change('UPDATE ledger SET due_at = NULL WHERE id IN (SELECT value FROM json_each(?))', ids),
    ])
    for (const message of done) await queue().acknowledgeRetry(message)
    leased.splice(0, leased.length, ...leased.filter((message) => message.cluster !== cluster))
    return done.length
  }
  return { clock, queue, fill, lease, leased, finish }
}

const countOf = (messages: readonly RetryMessage[], cluster: string) =>
  messages.filter((message) => message.cluster === cluster).length

it('finds what is due of other clusters behind 20,000 retries of one, whose own hang', async () => {
  const { clock, fill, lease, leased } = await openQueue()
  await fill('hanging', 20_600, START - 100_000)
  await fill('small', 3, START - 10)
  await fill('another', 400, START - 5)
  clock.advance(1_000)
  await lease()
  expect([countOf(leased, 'small'), countOf(leased, 'another') > 60]).toEqual([3, true])
  expect(countOf(leased, 'hanging')).toBeLessThanOrEqual(PLACES / 2)
})

it('finds what becomes due of another cluster while one hangs', async () => {
  const { clock, queue, fill, lease } = await openQueue()
  await fill('hanging', 11_000, START - 100_000)
  await fill('small', 2, START + 60_000)
  clock.advance(1_000)
  await lease()
  expect(queue().nextWakeAt()).toBe(START + 60_000)
  clock.advance(60_000)
  expect((await lease()).filter(({ cluster }) => cluster === 'small')).toHaveLength(2)
})

it('brings each of the many once, in the order in which they are due', async () => {
  const { clock, fill, lease, finish } = await openQueue()
  await fill('many', 12_000, START - 100_000)
  await fill('few', 700, START - 90_000)
  clock.advance(1_000)
  const order: Record<string, number[]> = { many: [], few: [] }
  for (;;) {
    const messages = await lease()
    if (messages.length === 0) break
    for (const { cluster = '', deliveryId } of messages) {
      order[cluster]?.push(Number(deliveryId.split('-')[1]))
    }
    await finish('few')
    await finish('many')
  }
  expect(order.many).toEqual(Array.from({ length: 12_000 }, (_, index) => index))
  expect(order.few).toEqual(Array.from({ length: 700 }, (_, index) => index))
})
