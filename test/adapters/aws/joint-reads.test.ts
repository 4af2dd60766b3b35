import { expect, it, onTestFinished } from 'vitest'
import { createDynamoDbClient } from '../../../adapters/aws/clients.ts'
import { jointReads } from '../../../adapters/aws/joint-reads.ts'
import { localOptions } from '../../support/aws-endpoints.ts'
import { intercept } from '../../support/intercept.ts'

type Tables = Readonly<
  Record<string, { readonly Keys: object[]; readonly ConsistentRead: boolean }>
>

const key = (id: string) => ({ id: { S: id } })
const named = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => key(`${prefix}-${index}`))

/** Reads of tables that have every item but those whose id begins with `no`. `answer` may answer otherwise. */
function setUp(answer: (tables: Tables, requests: number) => object | undefined = () => undefined) {
  const client = createDynamoDbClient(localOptions('http://127.0.0.1:1'))
  onTestFinished(() => client.destroy())
  const requests: Tables[] = []
  intercept(client, async ({ operation, input }) => {
    expect(operation).toBe('BatchGetItem')
    const { RequestItems: tables } = input as { readonly RequestItems: Tables }
    requests.push(tables)
    return { $metadata: {}, ...(answer(tables, requests.length) ?? { Responses: itemsOf(tables) }) }
  })
  const clock = { now: () => 0, elapsed: () => 0, random: () => 0 }
  return { reads: jointReads({ client, clock, backoffMs: 1 }), requests }
}

function itemsOf(tables: Tables) {
  const items = Object.entries(tables).map(([table, { Keys }]) => {
    const there = Keys.filter((it) => !JSON.stringify(it).includes('"no'))
    // DynamoDB keeps no order.
    return [table, there.toReversed().map((it) => ({ ...it, table: { S: table } }))] as const
  })
  return Object.fromEntries(items)
}

it('joins what is asked of several tables at about the same time, each read in its own way', async () => {
  const { reads, requests } = setUp()
  const laggingId = Promise.resolve().then(() =>
    reads.getMany('ledger', [key('a'), key('no-b')], { mayLag: true }),
  )
  expect(
    await Promise.all([reads.get('state', key('a')), reads.get('state', key('no')), laggingId]),
  ).toEqual([
    { ...key('a'), table: { S: 'state' } },
    undefined,
    [{ ...key('a'), table: { S: 'ledger' } }],
  ])
  expect(requests).toEqual([
    {
      state: { Keys: [key('a'), key('no')], ConsistentRead: true },
      ledger: { Keys: [key('a'), key('no-b')], ConsistentRead: false },
    },
  ])
  await reads.get('state', key('a'))
  expect(requests).toHaveLength(2)
})

it('asks for an item once, whoever wants it, and for a table in two ways by two requests', async () => {
  const { reads, requests } = setUp()
  const [one, other, lagging] = await Promise.all([
    reads.get('ledger', key('a')),
    reads.getMany('ledger', [key('a')], { mayLag: false }),
    reads.getMany('ledger', [key('a')], { mayLag: true }),
  ])
  expect([other, lagging]).toEqual([[one], [one]])
  expect(requests.map(({ ledger }) => ledger)).toEqual([
    { Keys: [key('a')], ConsistentRead: true },
    { Keys: [key('a')], ConsistentRead: false },
  ])
})

it('names a hundred keys a request at most', async () => {
  const { reads, requests } = setUp()
  const [ledger, state] = await Promise.all([
    reads.getMany('ledger', named('l', 150), { mayLag: false }),
    reads.getMany('state', named('s', 60), { mayLag: false }),
  ])
  expect([ledger.length, state.length]).toEqual([150, 60])
  const sizes = requests.map((tables) => Object.values(tables).flatMap(({ Keys }) => Keys).length)
  expect(sizes).toEqual([100, 100, 10])
})

it('reads again what a table left, and gives the rest with it', async () => {
  const { reads, requests } = setUp((tables, count) =>
    count === 1
      ? { Responses: { state: [key('a')] }, UnprocessedKeys: { ledger: tables.ledger } }
      : undefined,
  )
  const [state, ledger] = await Promise.all([
    reads.get('state', key('a')),
    reads.get('ledger', key('b')),
  ])
  expect([state, ledger?.table]).toEqual([key('a'), { S: 'ledger' }])
  expect(requests.map((tables) => Object.keys(tables))).toEqual([['state', 'ledger'], ['ledger']])
})

it('tells everybody of a request that failed, and goes on with the next', async () => {
  const { reads } = setUp((_, count) => {
    if (count === 1) throw Object.assign(new Error('denied'), { name: 'AccessDeniedException' })
    return undefined
  })
  const results = await Promise.allSettled([
    reads.get('state', key('a')),
    reads.getMany('ledger', [key('b')], { mayLag: true }),
  ])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await reads.get('state', key('a'))).toMatchObject(key('a'))
})

it('reads nothing where nothing is asked', async () => {
  const { reads, requests } = setUp()
  expect(await reads.getMany('ledger', [], { mayLag: true })).toEqual([])
  expect(requests).toEqual([])
})
