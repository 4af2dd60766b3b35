import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { SqliteLedger } from '../../../adapters/sqlite/ledger.ts'
import { openRelayDatabase, type RelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { CHUNK_ROWS } from '../../../adapters/sqlite/sweep-pace.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { acceptingLedger } from './support/accepting-ledger.ts'

const WRITE_MS = 40

it('leaves the database to others for as long as it took it', async () => {
  const database = openRelayDatabase(join(temporaryDirectory(), 'relay.db'))
  onTestFinished(() => database.close())
  const clock = new ManualClock()
  const options = { retentionMs: 1 }
  const records = Array.from({ length: 2 * CHUNK_ROWS }, (_, index) =>
    deliveryRecord({ id: `old-${index}` }),
  )
  const writes = records.map((record) => ({ record, expected: 'absent' as const }))
  await acceptingLedger(database, clock, options).writeMany(writes)

  const { slow, spans } = slowed(database)
  await new SqliteLedger(slow, clock, options).sweep(clock.now() + 1)

  // Of each chunk the records and then their events; the last one finds none.
  const [records1, events1, records2, events2, none] = spans
  expect(spans).toHaveLength(5)
  expect(gap(records1, events1)).toBeLessThan(WRITE_MS)
  expect(gap(events1, records2)).toBeGreaterThanOrEqual(2 * WRITE_MS - 2)
  expect(gap(events2, none)).toBeGreaterThanOrEqual(2 * WRITE_MS - 2)
})

type Span = readonly [from: number, to: number]

function gap([, to = 0]: Span | readonly [] = [], [from = 0]: Span | readonly [] = []): number {
  return from - to
}

/** A database that takes long for a write, and when it wrote. */
function slowed(database: RelayDatabase): { slow: RelayDatabase; spans: Span[] } {
  const spans: Span[] = []
  const write: RelayDatabase['write'] = async (...of) => {
    const from = performance.now()
    const result = await database.write(...of)
    await delay(WRITE_MS)
    spans.push([from, performance.now()])
    return result
  }
  const read: RelayDatabase['read'] = (...of) => database.read(...of)
  return { slow: Object.assign(Object.create(database) as RelayDatabase, { read, write }), spans }
}
