import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SqliteLedger } from '../../../adapters/sqlite/ledger.ts'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { openRelayDatabase, type RelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { change } from '../../../adapters/sqlite/statement.ts'
import type { DeliveryRecord, LedgerRecord } from '../../../relay/model/delivery.ts'
import { DamagedRecord, LaterVersion } from '../../../relay/model/stored/errors.ts'
import type { LedgerFilter } from '../../../relay/ports/ledger.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { acceptingLedger } from './support/accepting-ledger.ts'
import { planOf, statementsOf } from './support/query-plans.ts'

const RETENTION_MS = 10_000

let database: RelayDatabase
let clock: ManualClock
let ledger: SqliteLedger

beforeEach(() => {
  database = openRelayDatabase(join(temporaryDirectory(), 'relay.db'))
  clock = new ManualClock()
  ledger = acceptingLedger(database, clock, { retentionMs: RETENTION_MS })
})

afterEach(() => database.close())

describe('retention', () => {
  it('counts a final record as absent once it expired', async () => {
    await write(deliveryRecord({ id: 'a' }))
    clock.advance(RETENTION_MS - 1)
    expect(await ids()).toEqual(['a'])
    clock.advance(1)
    expect(await ids()).toEqual([])
    expect(await ledger.readMany(['a'])).toEqual([])
    const record = deliveryRecord({ id: 'a', reason: 'new', updatedAt: clock.now() })
    expect(await ledger.writeMany([{ record, expected: 1 }])).toEqual([false])
    expect(await ledger.writeMany([{ record, expected: 'absent' }])).toEqual([true])
    expect(await ledger.readMany(['a'])).toEqual([{ value: record, version: 1 }])
  })

  it('starts anew with every change, and never for what still retries', async () => {
    await write(deliveryRecord({ id: 'a' }), deliveryRecord({ id: 'b', outcome: 'retry' }))
    clock.advance(RETENTION_MS / 2)
    const again = deliveryRecord({ id: 'a', updatedAt: clock.now() })
    await ledger.writeMany([{ record: again, expected: 1 }])
    clock.advance(RETENTION_MS / 2)
    expect(await ids()).toEqual(['a', 'b'])
    clock.advance(100 * RETENTION_MS)
    expect(await ids()).toEqual(['b'])
    const dead = deliveryRecord({ id: 'b', outcome: 'dead', updatedAt: clock.now() })
    await ledger.writeMany([{ record: dead, expected: 1 }])
    clock.advance(RETENTION_MS)
    expect(await ids()).toEqual([])
  })

  it('is 30 days by default', async () => {
    ledger = acceptingLedger(database, clock)
    await write(deliveryRecord({ id: 'a' }))
    clock.advance(30 * 86_400_000 - 1)
    expect(await ids()).toEqual(['a'])
    clock.advance(1)
    expect(await ids()).toEqual([])
  })

  it('is enforced by a sweep, in chunks, of expired records only', async () => {
    const old = Array.from({ length: 1_200 }, (_, index) => deliveryRecord({ id: `old-${index}` }))
    await write(...old, deliveryRecord({ id: 'retry', outcome: 'retry' }))
    await write(deliveryRecord({ id: 'new', updatedAt: START + 1 }))
    expect(await ledger.sweep(START + RETENTION_MS)).toBe(1_200)
    const rows = await database.read<{ id: string }>('SELECT id FROM ledger ORDER BY id')
    expect(rows.map(({ id }) => id)).toEqual(['new', 'retry'])
  })
})

describe('whoever follows the records', () => {
  it('is told of each that was stored, whether it is new, and of no other', async () => {
    const stored: (readonly [LedgerRecord, boolean])[] = []
    ledger = acceptingLedger(database, clock, { onStored: (...told) => stored.push(told) })
    const [first, second] = [
      deliveryRecord({ id: 'a' }),
      deliveryRecord({ id: 'a', reason: 'new' }),
    ]
    await write(first)
    expect(await ledger.writeMany([{ record: second, expected: 'absent' }])).toEqual([false])
    expect(stored).toEqual([[first, true]])
    await ledger.writeMany([{ record: second, expected: 1 }])
    expect(stored).toEqual([
      [first, true],
      [second, false],
    ])
  })
})

const EVENT_OF_A_ROW = [
  'CORRELATED SCALAR SUBQUERY 1',
  'SEARCH events USING INTEGER PRIMARY KEY (rowid=?)',
]

/** What is equal in an index, which knows the beginnings of ids, is sorted. */
const EQUAL_SORTED = 'USE TEMP B-TREE FOR LAST TERM OF ORDER BY'

describe('records whose ids begin with the same characters', () => {
  const known = ['0'.repeat(63).concat('a'), '0'.repeat(63).concat('b')] as const

  it('are each its own', async () => {
    const [first, second] = known.map((id) => deliveryRecord({ id, reason: `of ${id}` }))
    if (!first || !second) throw new Error('there are two')
    await write(first, second)
    const changed = deliveryRecord({ id: known[1], reason: 'changed' })
    expect(await ledger.writeMany([{ record: changed, expected: 1 }])).toEqual([true])
    expect(await ledger.writeMany([{ record: changed, expected: 'absent' }])).toEqual([false])
    expect(await ledger.readMany([...known])).toEqual([
      { value: first, version: 1 },
      { value: changed, version: 2 },
    ])
    expect((await ledger.show(known[1]))?.id).toBe(known[1])
  })

  it('are listed by as many characters as one gives', async () => {
    await write(...known.map((id) => deliveryRecord({ id, eventId: `e${id}` })))
    const listed = async (filter: LedgerFilter) =>
      (await ledger.list(filter, 10)).records.map(({ id }) => id)
    expect(await listed({ id: '000' })).toEqual(known)
    expect(await listed({ id: '0'.repeat(8) })).toEqual(known)
    expect(await listed({ id: known[1] })).toEqual([known[1]])
    expect(await listed({ id: '0001' })).toEqual([])
    expect(await listed({ event: `e${known[0]}` })).toEqual([known[0]])
    expect(await listed({ event: 'e' })).toEqual(known)
  })
})

it('changes a record by the number of its row, so that SQLite keeps no journal of its pages', async () => {
  const { quarantine } = new SqliteQueue(database, clock)
  const first = deliveryRecord({ id: 'a' })
  await write(first)
  const message = { deliveryId: 'a', attempt: 1, dueAt: 1 }
  const reason = { cause: 'x', rejections: 1, firstAt: 1 }
  const changes = await statementsOf(database, async () => {
    await ledger.writeMany([{ record: first, expected: 1 }])
    await database.write(quarantine.keepRetry(message, reason))
    await quarantine.replay()
  })
  const updates = changes.filter((sql) => sql.startsWith('UPDATE ledger'))
  expect(updates).toHaveLength(3)
  for (const sql of updates) {
    expect((await planOf(database, sql))[0]).toBe(
      'SEARCH ledger USING INTEGER PRIMARY KEY (rowid=?)',
    )
  }
})

it.each([
  ['of a later version', "json_set(body, '$.v', 99)", LaterVersion, 'it is of version 99'],
  ['damaged', 'replace(body, \'"severity"\', \'"x"\')', DamagedRecord, 'severity is missing'],
] as const)('reads no record whose event is %s, as such', async (_, body, thrown, why) => {
  await write(deliveryRecord({ id: 'a' }), deliveryRecord({ id: 'b' }))
  await database.write([change(`UPDATE events SET body = ${body}`)])
  for (const ids of [['a'], ['a', 'b']]) {
    await expect(ledger.readMany(ids)).rejects.toThrow(thrown)
    await expect(ledger.readMany(ids)).rejects.toThrow(why)
  }
  const { records } = await ledger.list({ cluster: 'local' }, 10)
  expect(records).toMatchObject(
    ['a', 'b'].map((id) => ({ kind: 'unreadable', id, reason: expect.stringContaining(why) })),
  )
})

it('tells an error of a record whose event was never accepted', async () => {
  const record = deliveryRecord({ id: 'a' })
  const alone = new SqliteLedger(database, clock)
  await expect(alone.writeMany([{ record, expected: 'absent' }])).rejects.toThrow(/event_seq/)
})

describe('list', () => {
  it('sorts by the whole id what is equal in an index', async () => {
    const known = ['00000000a', '00000000b', '00000000c', '00000001a']
    await write(...[2, 0, 3, 1].map((at) => deliveryRecord({ id: known[at] ?? '' })))
    const listed: string[] = []
    let cursor: string | undefined
    do {
      const page = await ledger.list({ cluster: 'local' }, 1, cursor)
      listed.push(...page.records.map(({ id }) => id))
      cursor = page.nextCursor
    } while (cursor !== undefined)
    expect(listed).toEqual(known)
  })

  const cases: readonly (readonly [LedgerFilter, string])[] = [
    [{}, 'ledger_by_time'],
    [{ since: 1, until: 2 }, 'ledger_by_time'],
    [{ cluster: 'c' }, 'ledger_by_cluster'],
    [{ cluster: 'c', since: 1 }, 'ledger_by_cluster'],
    [{ cluster: 'c', outcome: 'delivered' }, 'ledger_by_cluster'],
    [{ cluster: 'c', outcome: 'dead' }, 'ledger_by_outcome'],
    [{ outcome: 'delivered' }, 'ledger_by_time'],
    [{ provider: 'n/p', outcome: 'dead' }, 'ledger_by_provider'],
    [{ provider: 'n/p', cluster: 'c', outcome: 'held' }, 'ledger_by_outcome'],
    [{ object: 'K/n/o', outcome: 'retry' }, 'ledger_by_object'],
    [{ alert: 'n/a', cluster: 'c' }, 'ledger_by_alert'],
    [{ object: 'K/n/o', alert: 'n/a', cluster: 'c' }, 'ledger_by_object'],
  ]

  it.each(cases)('by %j reads one index in its order', async (filter, index) => {
    const sql = listed(await statementsOf(database, () => ledger.list(filter, 10)))
    const isRange = filter.since !== undefined || index !== 'ledger_by_time'
    expect(await planOf(database, sql)).toEqual([
      expect.stringMatching(`^${isRange ? 'SEARCH' : 'SCAN'} ledger USING INDEX ${index}\\b`),
      ...EVENT_OF_A_ROW,
      EQUAL_SORTED,
    ])
  })

  it('by the beginning of an id reads the ids of that range', async () => {
    const [sql = ''] = await statementsOf(database, () =>
      ledger.list({ id: '3f2c', cluster: 'c' }, 10),
    )
    expect(await planOf(database, sql)).toEqual([
      'SEARCH ledger USING INDEX ledger_by_id (<expr>>? AND <expr><?)',
      ...EVENT_OF_A_ROW,
      'USE TEMP B-TREE FOR ORDER BY',
    ])
  })

  it('by the beginning of an event id reads the events of that range', async () => {
    const [sql = ''] = await statementsOf(database, () =>
      ledger.list({ event: '3f2c', cluster: 'c' }, 10),
    )
    expect(await planOf(database, sql)).toEqual([
      'SEARCH ledger USING INDEX ledger_by_event (event_seq=?)',
      expect.stringMatching(/^LIST SUBQUERY/),
      'SEARCH events USING INDEX events_by_id (<expr>>? AND <expr><?)',
      expect.stringMatching(/^CORRELATED SCALAR SUBQUERY/),
      'SEARCH events USING INTEGER PRIMARY KEY (rowid=?)',
      'USE TEMP B-TREE FOR ORDER BY',
    ])
  })

  it('of several outcomes reads the index of each in its order', async () => {
    const filter = { cluster: 'c', outcome: ['dead', 'retry'] } as const
    const statements = await statementsOf(database, () => ledger.list(filter, 10))
    const plans = await Promise.all(statements.map((sql) => planOf(database, sql)))
    expect(plans.map(([step]) => step)).toEqual([
      expect.stringMatching(/^SEARCH ledger USING COVERING INDEX ledger_by_outcome\b/),
      expect.stringMatching(/^SEARCH ledger USING INDEX ledger_by_outcome\b/),
    ])
  })

  it('starts a further page at its place in the index', async () => {
    await write(...['a', 'b', 'c'].map((id) => deliveryRecord({ id })))
    const { nextCursor } = await ledger.list({ cluster: 'local' }, 1)
    const [sql = ''] = await statementsOf(database, () =>
      ledger.list({ cluster: 'local' }, 1, nextCursor),
    )
    expect(await planOf(database, sql)).toEqual([
      'SEARCH ledger USING INDEX ledger_by_cluster (cluster=? AND accepted_at<?)',
      ...EVENT_OF_A_ROW,
      EQUAL_SORTED,
    ])
  })
})

/** The statement that reads a list, of all those that were prepared for it. */
function listed(statements: readonly string[]): string {
  return statements.find((sql) => sql.includes('eventBytes')) ?? ''
}

function write(...records: readonly DeliveryRecord[]) {
  return ledger.writeMany(records.map((record) => ({ record, expected: 'absent' })))
}

async function ids(): Promise<readonly string[]> {
  const { records } = await ledger.list({}, 100)
  return records.map(({ id }) => id)
}
