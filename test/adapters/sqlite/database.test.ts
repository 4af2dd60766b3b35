import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Database, openDatabase } from '../../../adapters/sqlite/database.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

let file: string
let database: Database

beforeEach(() => {
  file = join(temporaryDirectory(), 'relay.db')
  database = openDatabase(file)
})

afterEach(() => {
  vi.restoreAllMocks()
  database.close()
})

describe('write', () => {
  it('commits the writes of one turn together, and resolves each with its result', async () => {
    const commits = countCommits()
    const writes = Array.from({ length: 200 }, (_, index) => insert(`key-${index}`))
    expect(keys()).toEqual([])
    const results = await Promise.all(writes)
    expect(results).toEqual(Array.from({ length: 200 }, () => 1))
    expect(keys()).toHaveLength(200)
    expect(commits()).toBe(1)
  })

  it('runs the operations in their order, and calls back in it before any promise', async () => {
    const log: string[] = []
    const writes = ['a', 'b'].map((name) =>
      database
        .write(
          () => log.push(`run ${name}`),
          () => log.push(`committed ${name}`),
        )
        .then(() => log.push(`resolved ${name}`)),
    )
    await Promise.all(writes)
    const steps = ['run', 'committed', 'resolved']
    expect(log).toEqual(steps.flatMap((step) => [`${step} a`, `${step} b`]))
  })

  it('rejects only the operation that failed, and keeps nothing of it', async () => {
    const failing = database.write(() => {
      insertNow('half')
      throw new Error('no')
    })
    const results = await Promise.allSettled([insert('a'), failing, insert('a'), insert('b')])
    expect(results.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    ])
    expect(results[1]).toMatchObject({ reason: new Error('no') })
    expect(keys()).toEqual(['a', 'b'])
  })

  it('runs an operation that fails alone only once', async () => {
    const operation = vi.fn(() => {
      throw new Error('no')
    })
    await expect(database.write(operation)).rejects.toThrow('no')
    expect(operation).toHaveBeenCalledTimes(1)
  })

  it('goes on after an error in a callback, which rejects its own write only', async () => {
    const broken = database.write(
      () => insertNow('a'),
      () => {
        throw new Error('a bug')
      },
    )
    const [first, second] = await Promise.allSettled([broken, insert('b')])
    expect(first).toMatchObject({ status: 'rejected', reason: new Error('a bug') })
    expect(second).toMatchObject({ status: 'fulfilled' })
    expect(keys()).toEqual(['a', 'b'])
  })

  it('rejects the whole group when the disk is full, and works again when it is not', async () => {
    const { page_count: pages } = database.get<{ page_count: number }>('PRAGMA page_count') ?? {}
    database.get(`PRAGMA max_page_count = ${pages}`)
    const writes = [insert('a'), insert('b', 'x'.repeat(100_000)), insert('c')]
    const results = await Promise.allSettled(writes)
    for (const result of results) {
      expect(result).toMatchObject({ reason: { name: 'DatabaseError', problem: 'full' } })
    }
    expect(keys()).toEqual([])
    database.get('PRAGMA max_page_count = 1000000')
    await insert('d', 'x'.repeat(100_000))
    expect(keys()).toEqual(['d'])
  })

  it('rejects the whole group when the commit fails', async () => {
    const exec = DatabaseSync.prototype.exec
    vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (
      this: DatabaseSync,
      sql: string,
    ) {
      if (sql === 'COMMIT') throw Object.assign(new Error('disk I/O error'), { errcode: 1_034 })
      exec.call(this, sql)
    })
    const results = await Promise.allSettled([insert('a'), insert('b')])
    for (const result of results) expect(result).toMatchObject({ reason: { problem: 'io' } })
    vi.restoreAllMocks()
    expect(keys()).toEqual([])
    await insert('c')
    expect(keys()).toEqual(['c'])
  })
})

describe('run', () => {
  it('refuses to change rows outside of a write', () => {
    expect(() => insertNow('a')).toThrow('only within a write')
    expect(keys()).toEqual([])
  })
})

describe('close', () => {
  it('finishes what is queued', async () => {
    const write = insert('a')
    database.close()
    expect(await write).toBe(1)
    database = openDatabase(file)
    expect(keys()).toEqual(['a'])
  })

  it('refuses whatever comes after it', async () => {
    database.close()
    database.close()
    await expect(insert('a')).rejects.toMatchObject({ problem: 'closed' })
    expect(() => keys()).toThrow(expect.objectContaining({ problem: 'closed' }))
  })
})

function insertNow(key: string, value = 'null'): number {
  return database.run('INSERT INTO state VALUES (?, 1, ?, 0)', key, value).count
}

function insert(key: string, value?: string): Promise<number> {
  return database.write(() => insertNow(key, value))
}

function keys(): readonly string[] {
  return database.all<{ key: string }>('SELECT key FROM state ORDER BY key').map(({ key }) => key)
}

function countCommits(): () => number {
  const exec = vi.spyOn(DatabaseSync.prototype, 'exec')
  return () => exec.mock.calls.filter(([sql]) => sql === 'COMMIT').length
}
