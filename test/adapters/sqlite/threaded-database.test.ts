import { statSync } from 'node:fs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { DatabaseError } from '../../../adapters/sqlite/database-error.ts'
import { openRelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { change } from '../../../adapters/sqlite/statement.ts'
import { openThreadedDatabase } from '../../../adapters/sqlite/threaded-database.ts'
import { fileOf, newFile, openElsewhere } from './support/database-files.ts'

const INSERT = 'INSERT INTO state VALUES (?, 1, ?, 0)'
const KEYS = 'SELECT key FROM state ORDER BY key'
const UPDATE = 'UPDATE state SET version = 2 WHERE key = ?'

async function open(file = newFile()) {
  const lost = vi.fn()
  const database = await openThreadedDatabase(file, lost)
  onTestFinished(() => database.close())
  return { database, lost, file }
}

function closedFile() {
  const file = newFile()
  openRelayDatabase(file).close()
  return file
}

describe('a database in a thread', () => {
  it('does what is asked for in its order, and answers with plain data', async () => {
    const { database } = await open()
    const told: string[] = []
    const writes = ['a', 'b'].map((key) =>
      database.write([change(INSERT, key, '1')], ({ kind }) => told.push(`${key} ${kind}`)),
    )
    expect(await Promise.all(writes)).toEqual([
      { kind: 'done', changed: [{ count: 1, rows: [] }] },
      { kind: 'done', changed: [{ count: 1, rows: [] }] },
    ])
    expect(told).toEqual(['a done', 'b done'])
    const bytes = await database.read<{ value: Uint8Array }>("SELECT x'00ff' AS value")
    expect(bytes.map(({ value }) => [...value])).toEqual([[0, 255]])
    expect(await database.read(KEYS)).toEqual([{ key: 'a' }, { key: 'b' }])
  })

  it('moves the log into the file once nothing is asked for', async () => {
    const { database, file } = await open()
    const bytes = 300 * 4_096
    await database.write([change(INSERT, 'a', 'x'.repeat(bytes))])
    await vi.waitFor(() => expect(statSync(file).size).toBeGreaterThan(bytes), 5_000)
  })

  it('gives the number of a row that the first text of a change inserts, or else what the change returns', async () => {
    const { database } = await open()
    const unknown =
      'INSERT INTO state SELECT ?1, 1, ?2, 0 WHERE NOT EXISTS (SELECT 1 FROM state WHERE key = ?1)'
    const known = 'UPDATE state SET value = ?2 WHERE key = ?1 RETURNING key, value'
    const put = (key: string, value: string) => ({
      ...change(known, key, value),
      ...{ first: unknown, returns: true },
    })
    const [inserted, both] = await Promise.all([
      database.write([put('a', '1')]),
      database.write([put('a', '2'), put('b', '3')]),
    ])
    expect(inserted).toEqual({ kind: 'done', changed: [{ count: 1, rows: [expect.any(Number)] }] })
    expect(both).toEqual({
      kind: 'done',
      changed: [
        { count: 1, rows: [{ key: 'a', value: '2' }] },
        { count: 1, rows: [expect.any(Number)] },
      ],
    })
  })

  it('gives the rows that a change returns, whatever its parameters are', async () => {
    const { database } = await open()
    const kept = ['text', 2 ** 40, 1n, 0.5, null, new Uint8Array([0, 255])]
    const returned = 'INSERT INTO state VALUES (?, 1, typeof(?), 0) RETURNING key, value'
    const unit = kept.map((value, index) => ({
      ...change(returned, `key-${index}`, value),
      returns: true,
    }))
    const [first, second] = await Promise.all([
      database.write(unit.slice(0, 2)),
      database.write([...unit.slice(2), change(UPDATE, 'key-0')]),
    ])
    const row = (index: number, value: string) => ({
      ...{ count: 1, rows: [{ key: `key-${index}`, value }] },
    })
    expect(first).toEqual({ kind: 'done', changed: [row(0, 'text'), row(1, 'real')] })
    expect(second).toEqual({
      kind: 'done',
      changed: [
        ...[row(2, 'integer'), row(3, 'real'), row(4, 'null'), row(5, 'blob')],
        ...[{ count: 1, rows: [] }],
      ],
    })
  })

  it('moves its log into the file while nobody asks for anything', async () => {
    const { database, file } = await open()
    const before = statSync(file).size
    // Fewer pages than those at which a commit does it, and more than those that are not worth it.
    await database.write([change(INSERT, 'large', JSON.stringify('x'.repeat(1_500_000)))])
    await vi.waitFor(() => expect(statSync(file).size).toBeGreaterThan(before + 1_400_000))
    await database.write([change(UPDATE, 'large')])
    expect(await database.read(KEYS)).toEqual([{ key: 'large' }])
  })

  it('does nothing of a unit that conflicts or fails, and all of the others of its turn', async () => {
    const { database } = await open()
    const late = { ...change(UPDATE, 'none'), mustChange: true }
    const results = await Promise.allSettled([
      database.write([change(INSERT, 'a', '1')]),
      database.write([change(INSERT, 'b', '1'), late]),
      database.write([change(INSERT, 'c', '1'), change('INSERT INTO nowhere VALUES (1)')]),
      database.write([late]),
      database.write([change(INSERT, 'd', '1')]),
    ])
    expect(results).toMatchObject([
      { value: { kind: 'done' } },
      { value: { kind: 'conflict', at: 1 } },
      { reason: { message: 'no such table: nowhere' } },
      { value: { kind: 'conflict', at: 0 } },
      { value: { kind: 'done' } },
    ])
    expect(await database.read(KEYS)).toEqual([{ key: 'a' }, { key: 'd' }])
  })

  it('finishes what was begun when it is closed, and lets go of the file', async () => {
    const { database, file, lost } = await open()
    expect(openElsewhere(file)).toBe('busy')
    const write = database.write([change(INSERT, 'a', '1')])
    await database.close()
    expect(await write).toMatchObject({ kind: 'done' })
    await expect(database.read(KEYS)).rejects.toMatchObject({ problem: 'closed' })
    const again = await open(file)
    expect(await again.database.read(KEYS)).toEqual([{ key: 'a' }])
    expect(lost).not.toHaveBeenCalled()
  })

  it.each([
    ['another such thread', (file: string) => openThreadedDatabase(file, () => undefined)],
    ['the thread that opened it', async (file: string) => openRelayDatabase(file)],
  ])('refuses %s what it has open, and keeps its lock', async (_, openAgain) => {
    const { database, file } = await open()
    await database.write([change(INSERT, 'a', '1')])
    for (let tries = 0; tries < 2; tries += 1) {
      const opening = openAgain(file)
      await expect(opening).rejects.toMatchObject({ name: 'DatabaseError', problem: 'busy' })
      await expect(opening).rejects.toThrow(/using it|open already/)
    }
    // What looks at the file by other means than SQLite's would have dropped it.
    expect(openElsewhere(file)).toBe('busy')
    await database.write([change(INSERT, 'b', '1')])
    expect(await database.read(KEYS)).toEqual([{ key: 'a' }, { key: 'b' }])
  })

  it.each([
    ['a new file', newFile],
    ['a file that was closed', closedFile],
  ])('lets one of four threads have %s that all open at once', async (_, fileFor) => {
    const file = fileFor()
    const openings = [0, 1, 2, 3].map(() => openThreadedDatabase(file, () => undefined))
    const results = await Promise.allSettled(openings)
    const opened = results.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []))
    const refused = results.flatMap((it) => (it.status === 'rejected' ? [it.reason] : []))
    expect(opened).toHaveLength(1)
    expect(refused).toMatchObject([{ problem: 'busy' }, { problem: 'busy' }, { problem: 'busy' }])
    await opened[0]?.write([change(INSERT, 'a', '1')])
    expect(openElsewhere(file)).toBe('busy')
    await opened[0]?.close()
    openRelayDatabase(file).close()
  })

  it('says what is wrong with a file as it would without a thread', async () => {
    const file = fileOf('hello, this is some text\n'.repeat(100))
    const opening = openThreadedDatabase(file, () => undefined)
    await expect(opening).rejects.toBeInstanceOf(DatabaseError)
    await expect(opening).rejects.toMatchObject({
      ...{ file, problem: 'not-a-database' },
      message: `${file}: this is not a database. Move it away, or choose another data directory.`,
    })
  })
})
