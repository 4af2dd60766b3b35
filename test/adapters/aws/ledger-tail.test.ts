import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DynamoDbLedger } from '../../../adapters/aws/dynamodb-ledger.ts'
import { LedgerTail } from '../../../adapters/aws/ledger-tail.ts'
import { LEDGER_TABLE } from '../../../adapters/aws/tables.ts'
import { deliveryRecord, type RecordChanges } from '../../support/delivery-records.ts'
import { dynamoDb, type OpenTable } from '../../support/dynamo-db.ts'
import { type AwsRequest, intercept } from '../../support/intercept.ts'
import { START } from '../../support/manual-clock.ts'

const { openTable } = dynamoDb()
let table: OpenTable
let tail: LedgerTail

beforeEach(async () => {
  table = await openTable(LEDGER_TABLE)
  tail = new LedgerTail(table)
})

afterEach(() => table.close())

const CLUSTER = { cluster: 'prod' }

/** Stores a record of the cluster that was accepted so many milliseconds after the start. */
async function write(id: string, after: number, changes: RecordChanges = {}) {
  const record = deliveryRecord({ id, ...CLUSTER, acceptedAt: START + after, ...changes })
  const ledger = new DynamoDbLedger({ ...table, retentionMs: 1_000 })
  await ledger.writeMany([{ record, expected: 'absent' }])
}

const idsOf = async (...asked: Parameters<LedgerTail['positions']>) =>
  (await tail.positions(...asked)).map(({ id }) => id)

describe('LedgerTail', () => {
  it('tells the latest positions of a cluster, from a time on and of an outcome', async () => {
    await write('a', 1)
    await write('b', 2, { outcome: 'retry' })
    await write('c', 3)
    await write('d', 4, { cluster: 'other' })
    expect(await tail.positions(CLUSTER, 1)).toEqual([{ id: 'c', acceptedAt: START + 3 }])
    expect(await idsOf(CLUSTER, 10)).toEqual(['c', 'b', 'a'])
    expect(await idsOf({ ...CLUSTER, since: START + 2 }, 10)).toEqual(['c', 'b'])
    expect(await idsOf({ ...CLUSTER, outcome: 'retry' }, 10)).toEqual(['b'])
    expect(await tail.positions({ ...CLUSTER, since: Number.MAX_SAFE_INTEGER }, 10)).toEqual([])
  })

  it('reads records as lists show them, without those that have expired', async () => {
    await write('a', 1)
    await write('b', 2, { updatedAt: START + 60_000 })
    table.clock.advance(30_000)
    const read = await tail.read(['a', 'b', 'nosuch'])
    expect(read.map(({ id }) => id)).toEqual(['b'])
    expect(await idsOf(CLUSTER, 10)).toEqual(['b'])
  })

  it('asks for one page of an index, and reads at half the price', async () => {
    await write('a', 1)
    const asked: AwsRequest[] = []
    intercept(table.client, (request, pass) => {
      asked.push(request)
      return pass()
    })
    await tail.positions(CLUSTER, 5)
    await tail.positions({ ...CLUSTER, outcome: 'held' }, 5)
    await tail.read(['a'])
    // As `get deliveries` does: its rights are enough.
    expect(asked).toMatchObject([
      { operation: 'Query', input: { IndexName: 'by-cluster', Limit: 5 } },
      { operation: 'Query', input: { IndexName: 'open-by-outcome', Limit: 5 } },
      {
        operation: 'BatchGetItem',
        input: { RequestItems: { [table.tableName]: { ConsistentRead: false } } },
      },
    ])
    expect(asked.some(({ input }) => 'ConsistentRead' in input)).toBe(false)
  })
})
