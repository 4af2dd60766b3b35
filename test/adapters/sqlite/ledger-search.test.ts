import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SqliteLedger } from '../../../adapters/sqlite/ledger.ts'
import { LOOKED_AT } from '../../../adapters/sqlite/ledger-search.ts'
import { openRelayDatabase, type RelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { change } from '../../../adapters/sqlite/statement.ts'
import type { LedgerFilter } from '../../../relay/ports/ledger.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { acceptingLedger } from './support/accepting-ledger.ts'

const RECORDS = 100
const AT_ONCE = 10

let database: RelayDatabase
let clock: ManualClock

beforeEach(async () => {
  database = openRelayDatabase(join(temporaryDirectory(), 'relay.db'))
  clock = new ManualClock()
  const records = Array.from({ length: RECORDS }, (_, index) =>
    deliveryRecord({
      id: `record-${index}`,
      acceptedAt: START + index,
      outcome: index === 0 ? 'dead' : 'delivered',
    }),
  )
  const ledger = acceptingLedger(database, clock)
  await ledger.writeMany(records.map((record) => ({ record, expected: 'absent' as const })))
})

afterEach(() => database.close())

const RARE: LedgerFilter = { alert: 'flux-system/on-call', outcome: 'dead' }

async function list(ledger: SqliteLedger, filter = RARE, limit = 50) {
  const { records, nextCursor } = await ledger.list(filter, limit)
  return { ids: records.map(({ id }) => id), nextCursor }
}

describe('a list for which many records have to be looked at', () => {
  it('lets others use the database before it is there', async () => {
    const order: string[] = []
    const ledger = new SqliteLedger(database, clock, { lookedAt: AT_ONCE })
    const listing = list(ledger).then((page) => {
      order.push('listed')
      return page
    })
    await database.write([change("INSERT INTO state VALUES ('a', 1, '1', 0)")])
    order.push('written')
    expect(await listing).toEqual({ ids: ['record-0'] })
    expect(order).toEqual(['written', 'listed'])
  })

  it.each<LedgerFilter>([
    RARE,
    { provider: 'flux-system/slack', cluster: 'none' },
    { id: 'z' },
    { event: 'z' },
    { id: 'zz', cluster: 'local' },
  ])('looks at so many in one query, by %j', async (filter) => {
    const looked = await lookedAt(() =>
      list(new SqliteLedger(watched(), clock, { lookedAt: AT_ONCE }), filter),
    )
    expect(Math.max(...looked)).toBeLessThanOrEqual(AT_ONCE + 1)
    expect(looked.reduce((sum, count) => sum + count)).toBe(RECORDS)
  })

  it('looks at some thousands at once', () => {
    expect(LOOKED_AT).toBeLessThanOrEqual(5_000)
  })

  it('waits while another list looks at records', async () => {
    const ledger = new SqliteLedger(watched(), clock, { lookedAt: AT_ONCE })
    await Promise.all([list(ledger), list(ledger), list(ledger)])
    expect(mostAtOnce).toBe(1)
  })

  it('goes on after one that failed', async () => {
    const ledger = new SqliteLedger(watched(), clock, { lookedAt: AT_ONCE })
    fails = true
    const failing = list(ledger)
    await expect(failing).rejects.toThrow('the disk fails')
    fails = false
    expect(await list(ledger)).toEqual({ ids: ['record-0'] })
  })
})

let atOnce = 0
let mostAtOnce = 0
let fails = false
let ranges: (readonly [since: number, until: number])[] = []

/** The database, of which it is noted which records of the ledger its queries look at. */
function watched(): RelayDatabase {
  ;[atOnce, mostAtOnce, fails, ranges] = [0, 0, false, []]
  const read: RelayDatabase['read'] = async (sql, ...parameters) => {
    if (!sql.includes('eventBytes')) return database.read(sql, ...parameters)
    atOnce += 1
    mostAtOnce = Math.max(mostAtOnce, atOnce)
    ranges.push([boundOf(sql, '>=', parameters) ?? 0, boundOf(sql, '<', parameters) ?? Infinity])
    try {
      if (fails) throw new Error('the disk fails')
      return await database.read(sql, ...parameters)
    } finally {
      atOnce -= 1
    }
  }
  return Object.assign(Object.create(database) as RelayDatabase, { read })
}

/** The bound of the accept time in a query. */
function boundOf(sql: string, comparison: string, parameters: readonly unknown[]) {
  const at = sql.indexOf(`accepted_at ${comparison} ?`)
  return at < 0 ? undefined : Number(parameters[sql.slice(0, at).split('?').length - 1])
}

/** How many records each query of `work` looked at. */
async function lookedAt(work: () => Promise<unknown>): Promise<readonly number[]> {
  await work()
  const count = 'SELECT COUNT(*) AS count FROM ledger WHERE accepted_at >= ? AND accepted_at < ?'
  const counts: number[] = []
  for (const range of ranges) {
    const bounds = range.map((bound) => Math.min(bound, Number.MAX_SAFE_INTEGER))
    const [row] = await database.read<{ count: number }>(count, ...bounds)
    counts.push(row?.count ?? 0)
  }
  return counts
}
