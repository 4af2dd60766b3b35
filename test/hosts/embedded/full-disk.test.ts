import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { DatabaseError } from '../../../adapters/sqlite/database-error.ts'
import { SqliteLedger } from '../../../adapters/sqlite/ledger.ts'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import {
  BatchingDatabase,
  type RelayDatabase,
  runBatch,
} from '../../../adapters/sqlite/relay-database.ts'
import { ReservedEngine } from '../../../adapters/sqlite/reserved-engine.ts'
import { migrate, RELAY_SCHEMA } from '../../../adapters/sqlite/schema.ts'
import { SqlEngine } from '../../../adapters/sqlite/sql-engine.ts'
import { SqliteStateStore } from '../../../adapters/sqlite/state.ts'
import type { UnitStatement } from '../../../adapters/sqlite/statement.ts'
import { openThreadedDatabase } from '../../../adapters/sqlite/threaded-database.ts'
import { SqliteWaitingLines } from '../../../adapters/sqlite/waiting-lines.ts'
import { watchTrouble } from '../../../hosts/embedded/storage-trouble.ts'
import { createWokenDeliveries } from '../../../hosts/embedded/woken-deliveries.ts'
import { createWorker } from '../../../hosts/embedded/worker.ts'
import { createLog } from '../../../hosts/kit/log.ts'
import { systemClock } from '../../../hosts/kit/system-clock.ts'
import { createDestinations } from '../../../relay/pipeline/destinations/destinations.ts'
import { createDispatcher } from '../../../relay/pipeline/dispatch.ts'
import { acceptedEvent, event } from '../../support/delivery-records.ts'
import { alert, answer, createHarness, provider } from '../../support/relay-harness.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { waitFor } from '../../support/wait-for.ts'

const EVENTS = 30

/** A worker on a database in a thread, and a destination that counts what each object was told. */
async function relayOn(database: RelayDatabase) {
  const clock = systemClock
  const queue = new SqliteQueue(database, clock)
  const posts = new Map<string, number>()
  const lines: string[] = []
  const harness = createHarness(
    {},
    {
      queue,
      state: new SqliteStateStore(database, clock),
      ledger: new SqliteLedger(database, clock),
      clock,
    },
  )
  onTestFinished(() => harness.close())
  await harness.configure(
    provider('hook', { type: 'generic', address: 'https://hook.test/' }),
    alert('all', 'hook'),
  )
  harness.answerWith(({ body }) => {
    const { involvedObject } = JSON.parse(String(body)) as { involvedObject: { name: string } }
    posts.set(involvedObject.name, (posts.get(involvedObject.name) ?? 0) + 1)
    return answer(200)
  })
  const destinations = createDestinations(clock, { waiting: new SqliteWaitingLines(database) })
  const log = await createLog({
    ...{ pretty: false, level: 'info' },
    destination: { write: (line) => void lines.push(line) },
  })
  const trouble = watchTrouble(database, log)
  const options = { noCrossNamespaceRefs: false, rateLimitIntervalMs: 0 }
  const worker = createWorker({
    queue,
    woken: createWokenDeliveries(destinations, queue, clock),
    dispatcher: createDispatcher(harness.ports, options, destinations),
    clock,
    hold: trouble,
    onFailure: () => undefined,
    onSetAside: () => undefined,
  })
  onTestFinished(async () => {
    await worker.stop(5_000)
  })
  return { harness, queue, posts, worker, trouble, lines }
}

async function pagesOf(database: RelayDatabase): Promise<number> {
  const [row] = await database.read<{ page_count: number }>('PRAGMA page_count')
  return row?.page_count ?? 0
}

it('sends nothing of which it could not keep what became of it, and goes on when there is room', async () => {
  const database = await openThreadedDatabase(
    join(temporaryDirectory(), 'relay.db'),
    () => undefined,
  )
  onTestFinished(() => database.close())
  const { harness, queue, posts, worker, trouble, lines } = await relayOn(database)
  for (let index = 0; index < EVENTS; index += 1) {
    await queue.send([acceptedEvent({ event: event(`app-${index}`, 'long '.repeat(2_000)) })])
  }
  const fullAt = await pagesOf(database)
  await database.read(`PRAGMA max_page_count = ${fullAt}`)
  worker.start()
  await waitFor(() => expect(trouble.isHeld()).toBe(true))
  expect(trouble.reason()).toContain('the disk of the data folder is full')
  // Whatever comes again would have come by now, and been sent.
  await expect(
    waitFor(() => expect([...posts.values()].some((count) => count > 1)).toBe(true), 700),
  ).rejects.toThrow()
  expect(trouble.isHeld()).toBe(true)
  const sentBefore = posts.size
  expect(sentBefore).toBeLessThanOrEqual(EVENTS)
  // Nothing is accepted either.
  const late = queue.send([acceptedEvent({ event: event('late') })])
  await expect(late).rejects.toMatchObject({ problem: 'full' })

  await database.read(`PRAGMA max_page_count = ${fullAt + 2_000}`)
  await waitFor(async () => {
    expect(await queue.depth()).toMatchObject({ events: 0, retries: 0 })
    const { records } = await harness.ports.ledger.list({ outcome: 'delivered' }, 100)
    expect(records).toHaveLength(EVENTS)
  })
  expect(posts.size).toBe(EVENTS)
  expect([...posts.values()].every((count) => count <= 2)).toBe(true)
  const told = lines.map((line) => (JSON.parse(line) as { level: string; msg: string }).msg)
  expect(told).toEqual([
    'nothing is accepted or sent until this can be written',
    'the database can be written again; what waits is sent',
  ])
  expect(trouble.reason()).toBeUndefined()
})

/** A database in memory, by the engine with the reserve, whose disk takes nothing while it is told so. */
function databaseOn(disk: { takes: 'all' | 'outcomes' | 'nothing' }): RelayDatabase {
  const connection = new DatabaseSync(':memory:')
  migrate(connection, RELAY_SCHEMA, 0)
  const sql = new SqlEngine('memory', connection)
  const full = new DatabaseError('memory', 'full', 'there is no space left.')
  const mayCommit = (unit: readonly UnitStatement[]) =>
    disk.takes === 'all' || (disk.takes === 'outcomes' && unit.some((step) => step.isOutcome))
  const commit: SqlEngine['commit'] = (units) =>
    units.map((unit) => (mayCommit(unit) ? (sql.commit([unit])[0] ?? failed(full)) : failed(full)))
  const engine = Object.assign(Object.create(sql) as SqlEngine, {
    commit,
    query: (...query: Parameters<SqlEngine['query']>) => sql.query(...query),
    close: () => connection.close(),
  })
  return new BatchingDatabase('memory', (answers) => {
    const reserve = {
      make() {
        if (disk.takes !== 'all') throw full
      },
      release: () => undefined,
    }
    const reserved = new ReservedEngine(engine, { reserve, onTrouble: answers.trouble })
    return {
      run: (batch) => void setImmediate(() => runBatch(reserved, batch, answers)),
      close: async () => reserved.close(),
    }
  })
}

function failed(error: Error) {
  return { kind: 'failed', error } as const
}

it.each(['outcomes', 'nothing'] as const)(
  'posts each of 30 events at most once while the disk takes %s for two minutes, and twice in all',
  async (taken) => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
    })
    onTestFinished(() => void vi.useRealTimers())
    const disk: Parameters<typeof databaseOn>[0] = { takes: 'all' }
    const database = databaseOn(disk)
    onTestFinished(() => database.close())
    const { queue, posts, worker, trouble } = await relayOn(database)
    for (let index = 0; index < EVENTS; index += 1) {
      await queue.send([acceptedEvent({ event: event(`app-${index}`) })])
    }
    const pass = async (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        vi.advanceTimersByTime(1_000)
        for (let turns = 0; turns < 10; turns += 1) await turn()
      }
    }
    worker.start()
    // The posts of some are under way then.
    await vi.waitUntil(() => posts.size > 5)
    disk.takes = taken
    const late = queue.send([acceptedEvent({ event: event('late') })])
    await expect(late).rejects.toMatchObject({ problem: 'full' })
    await pass(120)
    expect(trouble.isHeld()).toBe(true)
    const meanwhile = [...posts.values()]
    expect(Math.max(...meanwhile)).toBe(1)

    disk.takes = 'all'
    await pass(90)
    expect(await queue.depth()).toMatchObject({ events: 0, retries: 0 })
    expect(posts.size).toBe(EVENTS)
    expect(Math.max(...posts.values())).toBeLessThanOrEqual(taken === 'outcomes' ? 1 : 2)
  },
)
