import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DynamoDbStateStore } from '../../../adapters/aws/dynamodb-state.ts'
import { STATE_TABLE } from '../../../adapters/aws/tables.ts'
import { dynamoDb, type OpenTable } from '../../support/dynamo-db.ts'
import { connectionReset, intercept } from '../../support/intercept.ts'
import { START } from '../../support/manual-clock.ts'

const { openTable } = dynamoDb()
let table: OpenTable
let state: DynamoDbStateStore

beforeEach(async () => {
  table = await openTable(STATE_TABLE)
  state = new DynamoDbStateStore(table)
})

afterEach(() => table.close())

describe('DynamoDbStateStore', () => {
  it('gives TTL the expiry in seconds, rounded up', async () => {
    await state.write('prod#a', 1, 'absent', 1_700_000_000_001)
    await state.write('prod#b', 1, 'absent', 1_700_000_000_000)
    const items = await table.items()
    const expiries = items.map(({ id, expiresAt }) => `${id?.S} ${expiresAt?.N}`).sort()
    expect(expiries).toEqual(['prod#a 1700000001', 'prod#b 1700000000'])
  })

  it('rejects a value that JSON cannot hold', async () => {
    await expect(state.write('prod#a', undefined, 'absent', START + 1)).rejects.toThrow(TypeError)
    await expect(state.write('prod#a', 1n, 'absent', START + 1)).rejects.toThrow(TypeError)
    expect(await table.items()).toEqual([])
  })

  it.each([
    ['a first write', 'absent', 1],
    ['a later write', 1, 2],
  ] as const)('knows its own write when the answer is lost: %s', async (_, expected, version) => {
    if (expected === 1) await state.write('prod#a', 'old', 'absent', START + 1_000)
    let lost = 0
    intercept(table.client, async ({ operation }, pass) => {
      const output = await pass()
      if (operation !== 'PutItem' || lost > 0) return output
      lost += 1
      throw connectionReset()
    })
    expect(await state.write('prod#a', 'new', expected, START + 1_000)).toBe(true)
    expect(lost).toBe(1)
    expect(await state.read('prod#a')).toEqual({ value: 'new', version })
  })

  it('rejects when the table fails, which is no answer', async () => {
    const missing = new DynamoDbStateStore({ ...table, tableName: 'none' })
    await expect(missing.read('prod#a')).rejects.toThrow(/not found/)
    const write = missing.write('prod#a', 1, 'absent', START + 1)
    await expect(write).rejects.toThrow(/not found/)
  })
})
