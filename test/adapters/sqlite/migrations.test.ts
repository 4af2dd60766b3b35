import type { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SqliteConfigStore } from '../../../adapters/sqlite/config.ts'
import { SqliteLedger } from '../../../adapters/sqlite/ledger.ts'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { openRelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { APPLICATION_ID, SCHEMA_VERSION } from '../../../adapters/sqlite/schema.ts'
import { SqliteSecretStore } from '../../../adapters/sqlite/secrets.ts'
import { SqliteStateStore } from '../../../adapters/sqlite/state.ts'
import { type DeliveryRecord, outcomeOf } from '../../../relay/model/delivery.ts'
import { objectName } from '../../../relay/model/event.ts'
import type { AcceptedEvent } from '../../../relay/model/queue-messages.ts'
import { configTextOf } from '../../../relay/model/stored/config-snapshot.ts'
import { deliveryRecordCodec } from '../../../relay/model/stored/delivery-record.ts'
import { acceptedEvent, deliveryRecord, event } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { snapshot } from './support/database-files.ts'
import { olderDatabase } from './support/older-database.ts'

describe.each([1, 2, 3, 4])('a database of version %i', (version) => {
  it('becomes one of now, once, and keeps what it holds', async () => {
    const record = deliveryRecord({
      tries: 0,
      objectLabels: { team: 'web' },
      notes: ['\u{1F680} "quoted"'],
    })
    const file = olderDatabase(version, (connection) => {
      queue(connection, acceptedEvent({ event: event('a', 'first') }))
      queue(connection, acceptedEvent({ event: event('a', 'second'), objectLabels: { a: 'b' } }))
      keep(connection, record)
    })
    const { database, clock } = open(file)
    const marks = await database.read('PRAGMA user_version')
    expect(marks).toEqual([{ user_version: SCHEMA_VERSION }])
    expect(await database.read('PRAGMA application_id')).toEqual([
      { application_id: APPLICATION_ID },
    ])
    expect(await new SqliteLedger(database, clock).readMany([record.id])).toEqual([
      { value: record, version: 1 },
    ])
    const events = new SqliteQueue(database, clock)
    for (const message of ['first', 'second']) {
      const [leased] = await events.leaseEvents(10)
      expect(leased?.event.message).toBe(message)
      if (leased) await events.acknowledge(leased)
    }
    await new SqliteSecretStore(database).write('prod', 'flux-system', 'slack', { token: 'a' })
    await database.close()
    const before = snapshot(file)
    await openRelayDatabase(file).close()
    expect(snapshot(file)).toEqual(before)
  })
})

describe('a database of version 5', () => {
  it('knows the revisions that are in force by then', async () => {
    const set = {
      ...{ cluster: 'prod', revision: 'a'.repeat(64), takenAt: 1 },
      ...{ manifests: [{ kind: 'Alert' }], objects: [] },
    }
    const { database, clock } = open(
      olderDatabase(5, (connection) => {
        const { body } = configTextOf(set)
        connection
          .prepare('INSERT INTO configs (cluster, revision, taken_at, body) VALUES (?, ?, ?, ?)')
          .run(set.cluster, set.revision, set.takenAt, body)
      }),
    )
    const configs = new SqliteConfigStore(database, clock)
    await configs.replace({ ...set, revision: 'b'.repeat(64), takenAt: 2, manifests: [] })
    expect(await configs.readRevision('prod', 'a'.repeat(12))).toEqual(set)
  })
})

describe('a database of version 8', () => {
  it('keeps its State, and its records in the indexes', async () => {
    const record = deliveryRecord({ id: 'a'.repeat(64) })
    const { database, clock } = open(
      olderDatabase(8, (connection) => {
        const state = connection.prepare('INSERT INTO state VALUES (?, 4, ?, ?)')
        for (const key of ['b', 'a']) state.run(key, JSON.stringify({ key }), START + 9)
        connection
          .prepare(`INSERT INTO ledger (id, cluster, object, outcome, accepted_at, version, attempt,
              event_seq, body) VALUES (?, ?, ?, 'dead', ?, 1, 1, 0, ?)`)
          .run(
            ...[record.id, record.cluster, objectName(record.event.involvedObject)],
            ...[record.acceptedAt, JSON.stringify(deliveryRecordCodec.encode(record))],
          )
      }),
    )
    const state = new SqliteStateStore(database, clock)
    expect(await state.read('a')).toEqual({ value: { key: 'a' }, version: 4 })
    expect(await state.write('b', { key: 'c' }, 4, START + 9)).toBe(true)
    const ledger = new SqliteLedger(database, clock)
    for (const filter of [{}, { cluster: record.cluster }, { outcome: 'dead' }] as const) {
      expect((await ledger.list(filter, 1)).records).toMatchObject([{ id: record.id }])
    }
  })
})

describe('a database of version 9', () => {
  it('keeps its queue and its records, whose bodies have all', async () => {
    const record = deliveryRecord({ id: 'd'.repeat(64), order: ordered(1), reason: 'as before' })
    const [told, queued] = ['told', 'queued'].map((message, index) =>
      acceptedEvent({ event: event('a', message), ...(index === 0 && { id: record.eventId }) }),
    )
    if (!told || !queued) throw new Error('there are two')
    const { database, clock } = open(
      olderDatabase(9, (connection) => {
        const insert = connection.prepare(
          'INSERT INTO events (id, grp, accepted_at, queued, body) VALUES (?, ?, ?, ?, ?)',
        )
        for (const [index, it] of [told, queued].entries()) {
          insert.run(it.id, it.group, it.acceptedAt, index, JSON.stringify({ ...it, v: 1 }))
        }
        const { event: _, objectLabels: __, ...body } = encoded(record)
        connection
          .prepare(`INSERT INTO ledger (id, cluster, object, outcome, accepted_at, version, attempt,
              event_seq, body) VALUES (?, ?, ?, 'delivered', ?, 3, 1, 1, ?)`)
          .run(
            ...[record.id, record.cluster, objectName(record.event.involvedObject)],
            ...[record.acceptedAt, JSON.stringify(body)],
          )
      }),
    )
    const ledger = new SqliteLedger(database, clock)
    const { objectLabels } = told
    const kept = { ...record, event: told.event, objectLabels }
    expect(await ledger.readMany([record.id])).toEqual([{ value: kept, version: 3 }])
    const found = await ledger.list({ cluster: record.cluster, id: 'dd' }, 1)
    expect(found.records).toEqual([kept])
    const changed = { ...kept, notes: ['changed'] }
    expect(await ledger.writeMany([{ record: changed, expected: 3 }])).toEqual([true])
    expect(await ledger.readMany([record.id])).toEqual([{ value: changed, version: 4 }])
    const queue = new SqliteQueue(database, clock)
    expect(await queue.send([told])).toEqual(['duplicate'])
    expect(await queue.leaseEvents(5)).toMatchObject([{ ...queued, sequence: '2' }])
  })
})

describe('a database of version 3', () => {
  it('keeps each event once, and what it refers to after a change', async () => {
    const records = ['a', 'b'].map((id) =>
      deliveryRecord({ id, tries: 0, order: ordered(7), objectLabels: { of: 'one event' } }),
    )
    const { database, clock } = open(
      olderDatabase(3, (connection) => {
        connection.exec("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', 9)")
        for (const record of records) keep(connection, record)
      }),
    )
    expect(await database.read('SELECT seq, id, queued FROM events')).toEqual([
      { seq: 7, id: 'event-1', queued: 0 },
    ])
    const ledger = new SqliteLedger(database, clock)
    const changed = deliveryRecord({
      ...{ id: 'a', tries: 0, order: ordered(7), objectLabels: { of: 'one event' } },
      reason: 'again',
    })
    expect(await ledger.writeMany([{ record: changed, expected: 1 }])).toEqual([true])
    expect((await ledger.readMany(['a', 'b'])).map(({ value }) => value)).toEqual([
      changed,
      records[1],
    ])
    const [size] = await database.read<{ bytes: number }>(
      "SELECT SUM(instr(body, 'involvedObject')) AS bytes FROM ledger",
    )
    expect(size).toEqual({ bytes: 0 })
  })

  it('never gives a sequence again', async () => {
    const { database, clock } = open(
      olderDatabase(3, (connection) => {
        connection.exec("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', 41)")
      }),
    )
    const events = new SqliteQueue(database, clock)
    await events.send([acceptedEvent()])
    expect((await events.leaseEvents(1))[0]?.sequence).toBe('42')
  })

  it('goes on with what waits, whatever the queue of retries had of it', async () => {
    const waiting = (id: string, attempt: number, afterMs: number) =>
      deliveryRecord({ id, outcome: 'retry', attempt, dueAt: START + afterMs })
    const { database, clock } = open(
      olderDatabase(3, (connection) => {
        keep(connection, waiting('queued', 3, 30))
        retry(connection, 'queued', 3, START + 30)
        // Killed before the message was queued, and before the old one was acknowledged.
        keep(connection, waiting('unqueued', 2, 10))
        keep(connection, waiting('behind', 5, 20))
        retry(connection, 'behind', 4, START + 1)
        // A guard of a replay, and a message of what is done.
        keep(connection, deliveryRecord({ id: 'done' }))
        retry(connection, 'done', 1, START)
        retry(connection, 'gone', 1, START)
      }),
    )
    const queue = new SqliteQueue(database, clock)
    expect(await queue.depth()).toMatchObject({ retries: 3, oldestRetryDueAt: START + 10 })
    clock.advance(1_000)
    expect(await queue.leaseRetries(10)).toMatchObject([
      { deliveryId: 'unqueued', attempt: 2, dueAt: START + 10 },
      { deliveryId: 'behind', attempt: 5, dueAt: START + 20 },
      { deliveryId: 'queued', attempt: 3, dueAt: START + 30 },
    ])
  })

  it('keeps the claims, and the latest order time', async () => {
    const claim = { order: 'x', claim: { deliveryId: 'd', until: START + 1 } }
    const { database, clock } = open(
      olderDatabase(3, (connection) => {
        connection
          .prepare('INSERT INTO state VALUES (?, 4, ?, ?)')
          .run('local#s', JSON.stringify(claim), START + 9)
        connection.exec(`UPDATE order_time SET latest = ${START + 77}`)
      }),
    )
    expect(await new SqliteStateStore(database, clock).read('local#s')).toEqual({
      value: claim,
      version: 4,
    })
    expect(await new SqliteQueue(database, clock).latestOrderTime()).toBe(START + 77)
  })

  it('opens though a row is damaged, which stays as it was', async () => {
    const { database, clock } = open(
      olderDatabase(3, (connection) => {
        keep(connection, deliveryRecord({ id: 'good' }))
        keep(connection, deliveryRecord({ id: 'bad' }))
        queue(connection, acceptedEvent())
        connection.exec("UPDATE ledger SET body = 'x' || body WHERE id = 'bad'")
        connection.exec("UPDATE events SET body = 'x' || body")
      }),
    )
    const bodies = await database.read<{ body: string }>(
      "SELECT body FROM ledger WHERE id = 'bad' UNION ALL SELECT body FROM events WHERE queued = 1",
    )
    expect(bodies.map(({ body }) => body.slice(0, 6))).toEqual(['x{"id"', 'x{"id"'])
    expect(await new SqliteLedger(database, clock).readMany(['good'])).toHaveLength(1)
  })
})

function open(file: string) {
  const database = openRelayDatabase(file)
  onTestFinished(() => database.close())
  return { database, clock: new ManualClock() }
}

function ordered(sequence: number): string {
  return `${String(START).padStart(15, '0')}.${String(sequence).padStart(40, '0')}`
}

function queue(connection: DatabaseSync, accepted: AcceptedEvent): void {
  connection
    .prepare('INSERT INTO events (grp, accepted_at, body) VALUES (?, ?, ?)')
    .run(accepted.group, accepted.acceptedAt, JSON.stringify(accepted))
}

function keep(connection: DatabaseSync, record: DeliveryRecord): void {
  const { id, cluster, event, acceptedAt } = record
  const { v: _, tries: __, countedAttempt: ___, why: ____, ...first } = encoded(record)
  connection
    .prepare(`INSERT INTO ledger (id, cluster, object, outcome, accepted_at, version, body)
      VALUES (?, ?, ?, ?, ?, 1, ?)`)
    .run(
      id,
      cluster,
      objectName(event.involvedObject),
      outcomeOf(record),
      acceptedAt,
      JSON.stringify(first),
    )
}

/** What `deliveryRecordCodec` adds to what came before it is left out above. */
function encoded(record: DeliveryRecord): Record<string, unknown> {
  return { ...deliveryRecordCodec.encode(record) }
}

function retry(connection: DatabaseSync, deliveryId: string, attempt: number, dueAt: number): void {
  connection
    .prepare('INSERT INTO retries (delivery_id, attempt, due_at) VALUES (?, ?, ?)')
    .run(deliveryId, attempt, dueAt)
}
