import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { openRelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { change } from '../../../adapters/sqlite/statement.ts'
import { CHUNK_ROWS } from '../../../adapters/sqlite/sweep-pace.ts'
import type { DeliveryRecord } from '../../../relay/model/delivery.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { acceptingLedger } from './support/accepting-ledger.ts'

const RETENTION_MS = 10_000
const EACH = 2 * CHUNK_ROWS + 50

const EXPIRED = 'SELECT COUNT(*) AS count FROM ledger WHERE expires_at <= ?'

it('looks once at each old record that stays, however many there are, and deletes all that expired', async () => {
  const database = openRelayDatabase(join(temporaryDirectory(), 'relay.db'))
  onTestFinished(() => database.close())
  const ledger = acceptingLedger(database, new ManualClock(), { retentionMs: RETENTION_MS })
  const write = async (name: string, of: Partial<DeliveryRecord>) => {
    const records = Array.from({ length: EACH }, (_, n) =>
      deliveryRecord({ id: `${name}-${n}`, ...of }),
    )
    await ledger.writeMany(records.map((record) => ({ record, expected: 'absent' })))
  }
  // They change again and again, and were accepted in one moment with those that do not.
  await write('kept', { updatedAt: START + 1 })
  await write('old', {})
  await write('later', { acceptedAt: START - 1, updatedAt: START + 1 })
  await database.write([change('UPDATE ledger SET expires_at = NULL WHERE rowid % 3 = 0')])
  const now = START + RETENTION_MS
  const [{ count } = { count: 0 }] = await database.read<{ count: number }>(EXPIRED, now)

  const reads = vi.spyOn(database, 'read')
  expect(await ledger.sweep(now)).toBe(count)
  const places = reads.mock.calls.map(([, at, row]) => [Number(at), Number(row)] as const)
  reads.mockRestore()
  expect(places).toHaveLength(Math.ceil((3 * EACH) / CHUNK_ROWS))
  for (const [n, [at, row]] of places.entries()) {
    const [atBefore, rowBefore] = places[n - 1] ?? [-1, -1]
    expect(at > atBefore || (at === atBefore && row > rowBefore), `place ${n}`).toBe(true)
  }

  expect(count).toBeGreaterThan(CHUNK_ROWS)
  expect(await database.read(EXPIRED, now)).toEqual([{ count: 0 }])
  const left = await database.read('SELECT COUNT(*) AS count FROM ledger')
  expect(left).toEqual([{ count: 3 * EACH - count }])
})
