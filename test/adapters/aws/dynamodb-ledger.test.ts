import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ClusterRequired, DynamoDbLedger } from '../../../adapters/aws/dynamodb-ledger.ts'
import { MAX_BODY_BYTES } from '../../../adapters/aws/ledger-item.ts'
import { LEDGER_TABLE } from '../../../adapters/aws/tables.ts'
import type { Attempt, DeliveryRecord } from '../../../relay/model/delivery.ts'
import { RecordTooLarge } from '../../../relay/model/stored/record-too-large.ts'
import { deliveryRecord, event } from '../../support/delivery-records.ts'
import { dynamoDb, type OpenTable } from '../../support/dynamo-db.ts'
import { connectionReset, intercept } from '../../support/intercept.ts'
import { START } from '../../support/manual-clock.ts'

const DAY_MS = 24 * 3_600_000

const { openTable } = dynamoDb()
let table: OpenTable
let ledger: DynamoDbLedger

beforeEach(async () => {
  table = await openTable(LEDGER_TABLE)
  ledger = new DynamoDbLedger({ ...table, backoffMs: 0 })
})

afterEach(() => table.close())

describe('DynamoDbLedger', () => {
  it('refuses to list all clusters', async () => {
    await expect(ledger.list({ outcome: 'dead' }, 10)).rejects.toThrow(ClusterRequired)
  })

  it('keeps in the index of open outcomes only records that are not delivered', async () => {
    await write(deliveryRecord({ id: 'a' }), deliveryRecord({ id: 'b', outcome: 'dead' }))
    await ledger.writeMany([{ record: deliveryRecord({ id: 'b' }), expected: 1 }])
    expect((await table.items()).map(({ openOutcome }) => openOutcome)).toEqual([
      undefined,
      undefined,
    ])
  })

  it('knows its own write when the answer is lost', async () => {
    let lost = 0
    intercept(table.client, async (_, pass) => {
      const output = await pass()
      lost += 1
      if (lost === 1) throw connectionReset()
      return output
    })
    expect(await write(deliveryRecord({ id: 'a' }))).toEqual([true])
    expect(await write(deliveryRecord({ id: 'a' }))).toEqual([false])
  })

  it('rejects when one of many writes fails, once none is under way any more', async () => {
    let underWay = 0
    intercept(table.client, async ({ input }, pass) => {
      underWay += 1
      try {
        if (JSON.stringify(input).includes('record-3')) throw new Error('no rights')
        return await pass()
      } finally {
        underWay -= 1
      }
    })
    await expect(write(...numbered(40))).rejects.toThrow('no rights')
    expect(underWay).toBe(0)
  })
})

describe('reading many records', () => {
  it('reads more than a batch holds, each once', async () => {
    const records = numbered(250)
    expect(new Set(await write(...records))).toEqual(new Set([true]))
    const ids = records.map(({ id }) => id)
    const read = await ledger.readMany([...ids, ...ids])
    expect(read.map(({ value }) => value.id).sort()).toEqual([...ids].sort())
  })

  it('reads again what a batch left unprocessed', async () => {
    await write(...numbered(5))
    const asked = leaveUnprocessed(3)
    const read = await ledger.readMany(numbered(5).map(({ id }) => id))
    expect(read).toHaveLength(5)
    expect(asked).toEqual([5, 4, 3, 2])
  })

  it('rejects when keys stay unprocessed', async () => {
    const asked = leaveUnprocessed(Number.POSITIVE_INFINITY)
    const reading = ledger.readMany(numbered(20).map(({ id }) => id))
    await expect(reading).rejects.toThrow('left 12 keys unread 8 times')
    expect(asked).toHaveLength(8)
  })

  it('finds nothing under an id that no key can be', async () => {
    expect(await ledger.readMany(['', 'x'.repeat(2_049)])).toEqual([])
  })
})

describe('retention', () => {
  it('counts a final record as absent 30 days after its last change, and writes it anew', async () => {
    await write(deliveryRecord({ id: 'a' }), deliveryRecord({ id: 'b', updatedAt: START + 1 }))
    table.clock.set(START + 30 * DAY_MS)
    expect(await listed()).toEqual(['b'])
    expect((await ledger.readMany(['a', 'b'])).map(({ value }) => value.id)).toEqual(['b'])
    const again = deliveryRecord({ id: 'a', updatedAt: table.clock.now() })
    expect(await ledger.writeMany([{ record: again, expected: 1 }])).toEqual([false])
    expect(await ledger.writeMany([{ record: again, expected: 'absent' }])).toEqual([true])
    expect(await ledger.readMany(['a'])).toEqual([{ value: again, version: 1 }])
    expect(await table.items()).toHaveLength(2)
  })

  it('never lets a record expire that waits for a retry', async () => {
    await write(deliveryRecord({ id: 'a', outcome: 'retry' }), deliveryRecord({ id: 'b' }))
    table.clock.set(START + 1_000 * DAY_MS)
    expect(await listed()).toEqual(['a'])
    const done = deliveryRecord({ id: 'a', updatedAt: table.clock.now() })
    expect(await ledger.writeMany([{ record: done, expected: 1 }])).toEqual([true])
    table.clock.advance(30 * DAY_MS)
    expect(await listed()).toEqual([])
  })
})

describe('large records', () => {
  it('stores a large one compressed', async () => {
    const record = deliveryRecord({ event: event('podinfo', 'x'.repeat(39_000)) })
    await write(record)
    const [item] = await table.items()
    expect(item?.body?.B?.length).toBeLessThan(2_000)
    expect((await ledger.readMany([record.id]))[0]?.value).toEqual(record)
  })

  it('keeps the newest tries of one that is too large', async () => {
    const attempts = Array.from({ length: 50 }, (_, index) => attemptOf(index + 1, 12_000))
    const record = deliveryRecord({ attempts, attempt: 50 })
    expect(await write(record)).toEqual([true])
    const [item] = await table.items()
    expect(item?.body?.B?.length).toBeLessThanOrEqual(MAX_BODY_BYTES)
    const stored = (await ledger.readMany([record.id]))[0]?.value
    const kept = stored?.attempts ?? []
    expect(stored).toEqual({ ...record, attempts: attempts.slice(-kept.length) })
    // One more would not have fitted: a try takes some 9 kB here.
    expect(item?.body?.B?.length).toBeGreaterThan(MAX_BODY_BYTES - 15_000)
  })

  it('takes the largest there is, under the longest names there are', async () => {
    const name = '\u{FFFD}'.repeat(253)
    const identity = { namespace: name, name, uid: '' }
    const involvedObject = { ...event().involvedObject, kind: name, namespace: name, name }
    const metadata = { noise: noise(480_000) }
    const record = deliveryRecord({
      alert: identity,
      provider: { ...identity, type: 'slack' },
      event: { ...event(), involvedObject, metadata },
      attempts: Array.from({ length: 50 }, (_, index) => attemptOf(index + 1, 1_000)),
      outcome: 'dead',
    })
    expect(await write(record)).toEqual([true])
    const [item] = await table.items()
    expect(item?.body?.B?.length).toBeGreaterThan(MAX_BODY_BYTES - 2_000)
  })

  it('refuses one that does not fit without its tries, before it writes any', async () => {
    const huge = deliveryRecord({ id: 'huge', event: event('podinfo', noise(540_000)) })
    const writing = write(deliveryRecord({ id: 'a' }), huge)
    await expect(writing).rejects.toThrow(RecordTooLarge)
    expect(await table.items()).toEqual([])
  })
})

describe('lists', () => {
  it('goes on over pages that the filter empties', async () => {
    const rare = deliveryRecord({ id: 'rare', acceptedAt: START - 1, event: event('webapp') })
    await write(...numbered(30), rare)
    const queries = limitQueriesTo(7)
    const object = 'Kustomization/flux-system/webapp'
    const page = await ledger.list({ cluster: 'local', object }, 10)
    expect(page.records).toEqual([rare])
    expect(page.nextCursor).toBeUndefined()
    expect(queries.count).toBe(5)
  })

  it('returns after ten queries, with a cursor that goes on', async () => {
    const rare = deliveryRecord({ id: 'rare', acceptedAt: START - 1, event: event('webapp') })
    await write(...numbered(30), rare)
    limitQueriesTo(2)
    const filter = { cluster: 'local', object: 'Kustomization/flux-system/webapp' }
    const first = await ledger.list(filter, 10)
    expect(first.records).toEqual([])
    const second = await ledger.list(filter, 10, first.nextCursor)
    expect(second).toEqual({ records: [rare] })
  })

  it('shows what fits now, should the index lag', async () => {
    await write(deliveryRecord({ id: 'a', outcome: 'dead' }))
    intercept(table.client, async ({ operation }, pass) => {
      const output = await pass()
      if (operation === 'Query') {
        table.client.middlewareStack.remove('intercept')
        await ledger.writeMany([{ record: deliveryRecord({ id: 'a' }), expected: 1 }])
      }
      return output
    })
    expect(await ledger.list({ cluster: 'local', outcome: 'dead' }, 10)).toEqual({ records: [] })
  })
})

function write(...records: readonly DeliveryRecord[]) {
  return ledger.writeMany(records.map((record) => ({ record, expected: 'absent' })))
}

async function listed(): Promise<readonly string[]> {
  return (await ledger.list({ cluster: 'local' }, 10)).records.map(({ id }) => id)
}

function numbered(count: number): readonly DeliveryRecord[] {
  return Array.from({ length: count }, (_, index) => deliveryRecord({ id: `record-${index}` }))
}

function attemptOf(attempt: number, excerptLength: number): Attempt {
  const responseExcerpt = noise(excerptLength)
  return { attempt, startedAt: START, durationMs: 1, outcome: 'retry', reason: '', responseExcerpt }
}

/** Text that compresses to three quarters at best. */
function noise(length: number): string {
  return randomBytes(length).toString('base64').slice(0, length)
}

/** Of each batch the first `times` answers hold one item only; returns the number of keys asked. */
function leaveUnprocessed(times: number): readonly number[] {
  const asked: number[] = []
  intercept(table.client, async ({ input }, pass) => {
    const { RequestItems: requested = {} } = input as BatchGetInput
    const { Keys: keys = [] } = requested[table.tableName] ?? {}
    asked.push(keys.length)
    if (asked.length > times) return pass()
    const [item] = (await table.items()).slice(asked.length - 1)
    return {
      $metadata: {},
      Responses: { [table.tableName]: item ? [item] : [] },
      UnprocessedKeys: { [table.tableName]: { Keys: keys.slice(1) } },
    }
  })
  return asked
}

interface BatchGetInput {
  readonly RequestItems?: Readonly<Record<string, { readonly Keys?: readonly object[] }>>
}

/** Makes queries return pages of `size` items before the filter, as a megabyte of them would. */
function limitQueriesTo(size: number): { readonly count: number } {
  const queries = { count: 0 }
  table.client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName !== 'QueryCommand') return next(args)
        queries.count += 1
        return next({ ...args, input: { ...args.input, Limit: size } })
      },
    { step: 'initialize', name: 'small-pages' },
  )
  return queries
}
