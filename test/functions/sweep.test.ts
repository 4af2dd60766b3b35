import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { expect, it, onTestFinished } from 'vitest'
import { DueIndex } from '../../adapters/aws/due-index.ts'
import { dueAttributes } from '../../adapters/aws/due-item.ts'
import { DynamoDbLedger } from '../../adapters/aws/dynamodb-ledger.ts'
import { encodeRetry } from '../../adapters/aws/sqs-message.ts'
import { LEDGER_TABLE } from '../../adapters/aws/tables.ts'
import { outcomeOf } from '../../relay/model/delivery.ts'
import { LONG_PAST_MS } from '../../relay/pipeline/overdue.ts'
import type { HttpClient } from '../../relay/ports/http.ts'
import { acceptedEvent, deliveryRecord, event } from '../support/delivery-records.ts'
import { dynamoDb } from '../support/dynamo-db.ts'
import { answer } from '../support/relay-harness.ts'
import { virtualRelay } from '../support/virtual-relay.ts'

const { openTable } = dynamoDb()
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

type Behaviour = Partial<Parameters<typeof virtualRelay>[0]>

/** Dispatch whose ledger is a table; what is posted is counted. */
async function open(send: HttpClient['send'], behaviour: Behaviour = {}) {
  const table = await openTable(LEDGER_TABLE)
  onTestFinished(() => table.close())
  const index = new DueIndex(table)
  const posts: number[] = []
  const relay = await virtualRelay({
    clock: table.clock,
    ledger: new DynamoDbLedger(table),
    index,
    send: (request, transport) => {
      posts.push(table.clock.now())
      return send(request, transport)
    },
    ...behaviour,
  })
  const list = async () => (await relay.ports.ledger.list({ cluster: 'local' }, 100)).records
  /** The only record there is. */
  const record = async () => {
    const [{ id } = { id: '' }] = await list()
    const [stored] = await relay.ports.ledger.readMany([id])
    if (!stored) throw new Error('there is no record')
    return stored.value
  }
  const advance = async (ms: number) => {
    table.clock.advance(ms)
    await relay.drain()
  }
  return { ...relay, table, index, posts, list, record, advance }
}

/** One event, of which the first tries fail until a retry is due in half an hour, which the index holds. */
async function openHeld(behaviour: Behaviour = {}) {
  const relay = await open(async () => answer(503), behaviour)
  await relay.send(acceptedEvent({ acceptedAt: relay.clock.now() }))
  await relay.drain()
  for (let at = relay.nextVisibleAt(); at !== undefined; at = relay.nextVisibleAt()) {
    relay.clock.set(at)
    await relay.drain()
  }
  const record = await relay.record()
  if (record.status.kind !== 'waiting') throw new Error('it does not wait')
  expect(record.status.dueAt - relay.clock.now()).toBe(30 * MINUTE_MS)
  expect(relay.posts).toHaveLength(5)
  return { ...relay, dueAt: record.status.dueAt }
}

it('brings the chain of a dead destination to its end, a message a try, and feeds no loop', async () => {
  const relay = await open(async () => answer(503), { recursiveLoop: 'Terminate' })
  const startedAt = relay.clock.now()
  await relay.send(acceptedEvent({ acceptedAt: startedAt }))
  await relay.drain()
  for (let record = await relay.record(); record.status.kind === 'waiting'; ) {
    const { dueAt } = record.status
    const isHeld = relay.nextVisibleAt() === undefined
    relay.clock.set(isHeld ? dueAt - MINUTE_MS : dueAt)
    if (isHeld) await relay.sweep()
    await relay.drain()
    record = await relay.record()
  }
  const record = await relay.record()
  expect(outcomeOf(record)).toBe('dead')
  expect(relay.clock.now() - startedAt).toBeGreaterThan(22 * HOUR_MS)
  expect(relay.posts).toHaveLength(record.tries)
  // The first by the event, each other by one message.
  expect(relay.lambda).toMatchObject({ calls: record.tries, dropped: 0, longestLineage: 5 })
})

it('queues what is due in the next minute, for the time at which it is due', async () => {
  const relay = await openHeld()
  relay.clock.set(relay.dueAt - 2 * MINUTE_MS)
  await relay.sweep()
  expect(relay.queues.retries.messages).toEqual([])
  await relay.advance(MINUTE_MS)
  await relay.sweep()
  await relay.sweep()
  expect(relay.nextVisibleAt()).toBe(relay.dueAt)
  expect(relay.queues.retries.messages).toHaveLength(1)
  await relay.advance(MINUTE_MS)
  expect(relay.posts.at(-1)).toBe(relay.dueAt)
  expect(relay.overdue()).toBe(0)
})

it('goes on where it came to when a queue fails, and tries nothing twice when a store does', async () => {
  const relay = await openHeld()
  const { queue, state } = relay.ports
  const [sendRetries, write] = [queue.sendRetries.bind(queue), state.write.bind(state)]
  const fail = async () => {
    throw new Error('throttled')
  }
  relay.clock.set(relay.dueAt - MINUTE_MS)
  queue.sendRetries = fail
  await expect(relay.sweep()).rejects.toThrow('throttled')
  queue.sendRetries = sendRetries
  state.write = fail
  await expect(relay.sweep()).rejects.toThrow('throttled')
  expect(relay.queues.retries.messages).toHaveLength(1)
  await relay.advance(MINUTE_MS)
  expect(relay.posts).toHaveLength(6)
  state.write = write
  // Its next try is due in an hour, and no copy of this one is left.
  await relay.sweep()
  expect(relay.queues.retries.messages).toEqual([])
})

it.each(['held', 'sent'] as const)(
  'finds a retry whose message is lost, which was %s',
  async (holder) => {
    const relay = await (holder === 'held' ? openHeld() : open(async () => answer(503)))
    if (holder === 'held') {
      relay.clock.set((await relay.record()).updatedAt + 29.5 * MINUTE_MS)
      await relay.sweep()
    } else {
      await relay.send(acceptedEvent({ acceptedAt: relay.clock.now() }))
      await relay.drain()
    }
    const { status, attempt } = await relay.record()
    if (status.kind !== 'waiting') throw new Error('it does not wait')
    const lost = relay.queues.retries.messages[0]?.MessageBody ?? ''
    relay.clock.set(status.dueAt)
    relay.queues.retries.purge()
    const posts = relay.posts.length
    await relay.advance(LONG_PAST_MS - MINUTE_MS)
    await relay.sweep()
    expect(relay.queues.retries.messages).toEqual([])
    await relay.advance(MINUTE_MS + 1)
    await relay.sweep()
    await relay.sweep()
    expect([relay.overdue(), relay.queues.retries.messages.length]).toEqual([1, 1])
    expect(await relay.record()).toMatchObject({ attempt: attempt + 1 })
    await relay.drain()
    expect(relay.posts).toHaveLength(posts + 1)
    // It comes after all.
    relay.queues.retries.send({ MessageBody: lost })
    await relay.drain()
    expect(relay.posts).toHaveLength(posts + 1)
  },
)

it('takes none for lost that waits for a destination which is parked for hours', async () => {
  let isLimited = true
  const relay = await open(async () =>
    isLimited ? answer(429, { 'retry-after': '3600' }) : answer(200),
  )
  const accepted = ['a', 'b', 'c'].map((name) =>
    acceptedEvent({ event: event(name), acceptedAt: relay.clock.now() }),
  )
  await relay.send(...accepted)
  await relay.drain()
  const step = async () => {
    await relay.advance(10 * MINUTE_MS)
    await relay.sweep()
    await relay.drain()
  }
  for (let steps = 0; steps < 24; steps += 1) await step()
  expect(relay.overdue()).toBe(0)
  expect(relay.queues.retries.messages.length).toBeLessThanOrEqual(3)
  isLimited = false
  for (let steps = 0; steps < 9; steps += 1) await step()
  const outcomes = (await relay.list()).map(
    (record) => record.kind !== 'unreadable' && outcomeOf(record),
  )
  expect(outcomes).toEqual(['delivered', 'delivered', 'delivered'])
  expect(relay.overdue()).toBe(0)
})

it('queues more than a page, each once, and none that is not due', async () => {
  const relay = await open(async () => answer(200))
  const now = relay.clock.now()
  const dueAt = now + 40 * MINUTE_MS
  const record = (id: string, at: number) => ({
    record: deliveryRecord({ id, outcome: 'retry', dueAt: at, attempt: 2, updatedAt: now }),
    expected: 'absent' as const,
  })
  // All of one part of the index, which is read in pages of a hundred.
  const partOf = (id: string) => dueAttributes(record(id, dueAt).record).dueShard?.S
  const ids = Array.from({ length: 1_200 }, (_, n) => `delivery-${n}`)
    .filter((id) => partOf(id) === 'held#0')
    .slice(0, 120)
  expect(ids).toHaveLength(120)
  const later = record('later', dueAt + 5 * MINUTE_MS)
  await relay.ports.ledger.writeMany([...ids.map((id) => record(id, dueAt)), later])
  relay.clock.set(dueAt - MINUTE_MS)
  await relay.sweep()
  const queued = relay.queues.retries.messages.map(
    ({ MessageBody }) => JSON.parse(MessageBody).deliveryId,
  )
  expect(queued.toSorted()).toEqual(ids.toSorted())
})

it('leaves alone what dispatch has set aside for good', async () => {
  const relay = await openHeld()
  const [{ id } = { id: '' }] = await relay.list()
  const items = await relay.table.items()
  const Item = { ...items[0], body: { S: 'no record' } }
  await relay.table.client.send(new PutItemCommand({ TableName: relay.table.tableName, Item }))
  relay.clock.set(relay.dueAt - MINUTE_MS)
  await relay.sweep()
  await relay.advance(MINUTE_MS)
  expect(relay.queues.retriesDead.messages).toHaveLength(1)
  expect(JSON.parse(relay.queues.retriesDead.messages[0]?.MessageBody ?? '')).toMatchObject({
    deliveryId: id,
  })
  await relay.advance(2 * LONG_PAST_MS)
  await relay.sweep()
  expect([relay.overdue(), relay.queues.retries.messages]).toEqual([0, []])
  expect(relay.lines.map(({ message }) => message)).not.toContain(
    'a delivery that is due cannot be read',
  )
})

it('takes what it cannot read out of the index, and queues the others', async () => {
  const relay = await open(async () => answer(200))
  const now = relay.clock.now()
  const ids = ['damaged', 'well', 'later version']
  await relay.ports.ledger.writeMany(
    ids.map((id) => ({
      record: deliveryRecord({ id, outcome: 'retry', dueAt: now, attempt: 2, updatedAt: now }),
      expected: 'absent' as const,
    })),
  )
  const bodies = { damaged: 'no record', 'later version': '{"v":999}' }
  for (const item of await relay.table.items()) {
    const body = bodies[item.id?.S as keyof typeof bodies]
    if (body === undefined) continue
    const Item = { ...item, body: { S: body } }
    await relay.table.client.send(new PutItemCommand({ TableName: relay.table.tableName, Item }))
  }
  relay.clock.advance(LONG_PAST_MS + 1)
  await relay.sweep()
  expect(relay.overdue()).toBe(1)
  const unreadable = relay.lines.filter(({ message }) => message.includes('cannot be read'))
  expect(unreadable.map(({ fields }) => Object(fields).id).toSorted()).toEqual([
    'damaged',
    'later version',
  ])
  const indexed = (await relay.table.items()).filter(({ dueShard }) => dueShard !== undefined)
  expect(indexed.map(({ id }) => id?.S).toSorted()).toEqual(['later version', 'well'])
})

it('lets a retry that was queued before there was an index hop on', async () => {
  const relay = await open(async () => answer(503))
  await relay.send(acceptedEvent({ event: event('old'), acceptedAt: relay.clock.now() }))
  await relay.drain()
  const record = await relay.record()
  const dueAt = relay.clock.now() + HOUR_MS
  for (const item of await relay.table.items()) {
    const { dueShard, duePosition, attempt, ...Item } = item
    await relay.table.client.send(new PutItemCommand({ TableName: relay.table.tableName, Item }))
  }
  relay.queues.retries.purge()
  const MessageBody = encodeRetry({ deliveryId: record.id, attempt: record.attempt, dueAt })
  relay.queues.retries.send({ MessageBody, DelaySeconds: 900 })
  for (let quarters = 0; quarters < 4; quarters += 1) {
    expect(relay.posts).toHaveLength(1)
    await relay.advance(15 * MINUTE_MS)
  }
  expect(relay.posts.at(-1)).toBe(dueAt)
  expect((await relay.table.items())[0]).toHaveProperty('dueShard')
})
