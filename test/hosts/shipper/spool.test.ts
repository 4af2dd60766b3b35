import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { SPOOL_SCHEMA } from '../../../hosts/shipper/spool/schema.ts'
import type { SpooledItem } from '../../../hosts/shipper/spool/spool.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { bodies, fill, largeAndDamaged, scribble, testSpool } from '../../support/spool.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const MANY = 2 ** 30
const DAY_MS = 86_400_000

describe('a spool', () => {
  it('gives events in the order in which they came, until they are settled', async () => {
    const { spool } = testSpool()
    const texts = bodies(5)
    expect(await Promise.all(texts.map((text) => spool.add(text)))).toEqual(
      texts.map(() => 'spooled'),
    )
    const batch = spool.peek(3, MANY)
    expect(batch.map(({ body }) => body)).toEqual(texts.slice(0, 3))
    expect(spool.peek(3, MANY)).toEqual(batch)

    await spool.settle(batch, [])
    expect(spool.peek(9, MANY).map(({ body }) => body)).toEqual(texts.slice(3))
    expect(spool.depth()).toEqual({
      events: 2,
      bytes: textBytes(texts.slice(3)),
      oldestAt: START,
      refused: 0,
      later: 0,
    })
  })

  it('fills a JSON array to the last byte, and gives one event however large', async () => {
    const { spool } = testSpool()
    const texts = bodies(3, 1_000)
    await fill(spool, texts)
    const arrayOf2 = `[${texts.slice(0, 2).join(',')}]`.length
    expect(spool.peek(9, arrayOf2)).toHaveLength(2)
    expect(spool.peek(9, arrayOf2 - 1)).toHaveLength(1)
    expect(spool.peek(9, 10)).toHaveLength(1)
  })

  it('holds what it held after it was closed, or not closed', async () => {
    const first = testSpool()
    const texts = [...bodies(3), '"Grüße, 世界"']
    await fill(first.spool, texts)
    await first.spool.settle(first.spool.peek(1, MANY), [{ index: 0, error: 'bad' }])
    const before = first.spool.depth()
    first.close()

    const second = testSpool({ directory: first.directory })
    expect(second.spool.depth()).toEqual(before)
    expect(second.spool.peek(9, MANY).map(({ body }) => body)).toEqual(texts.slice(1))
    expect(second.aside).toEqual([])
  })

  it('is full at its limit, counting what is being written, and has room again later', async () => {
    const [text = ''] = bodies(1)
    const { spool } = testSpool({ maxBytes: 3 * text.length })
    const results = await Promise.all([1, 2, 3, 4].map(() => spool.add(text)))
    expect(results).toEqual(['spooled', 'spooled', 'spooled', 'full'])
    expect(await spool.problem()).toBe('the spool is full')

    await spool.settle(spool.peek(1, MANY), [])
    expect(await spool.problem()).toBeUndefined()
    expect(await spool.add(text)).toBe('spooled')
    expect(spool.depth().events).toBe(3)
  })

  it('is full as long as what came last has no room, and not because of what is larger than all', async () => {
    const [small = ''] = bodies(1)
    const [large = '', huge = ''] = [bodies(1, 1_000), bodies(1, 5_000)].flat()
    const { spool } = testSpool({ maxBytes: 3_500 })
    expect(await spool.addAll([large, large, large, large].map((body) => ({ body })))).toHaveLength(
      3,
    )
    expect(await spool.problem()).toBe('the spool is full')
    expect(await spool.add(small)).toBe('spooled')
    expect(await spool.problem()).toBeUndefined()
    expect(await spool.add(large)).toBe('full')
    expect(await spool.problem()).toBe('the spool is full')

    await spool.settle(spool.peek(1, MANY), [])
    expect(await spool.problem()).toBeUndefined()
    expect(await spool.add(huge)).toBe('full')
    expect(await spool.problem()).toBeUndefined()
  })

  it('keeps several in one go, as many of the first as there is room for', async () => {
    const [text = ''] = bodies(1)
    const { spool } = testSpool({ maxBytes: 3 * text.length })
    const asked: string[] = []
    const entry = (name: string, isNew: boolean): SpooledItem => ({
      body: text,
      admit: () => (asked.push(name) > 0 && isNew ? 'new' : 'known'),
    })
    const entries = [entry('a', true), entry('b', false), entry('c', true), entry('d', true)]
    expect(await spool.addAll(entries)).toEqual(['spooled', 'known', 'spooled'])
    expect(asked).toEqual(['a', 'b', 'c'])
    expect(spool.depth()).toMatchObject({ events: 2, bytes: 2 * text.length })
    expect(await spool.add(text, () => 'known')).toBe('known')
    expect(await spool.add(text, () => 'replaces')).toBe('replaced')
    await spool.settle(spool.peek(1, MANY), [])
    expect(await spool.add(text)).toBe('spooled')
    expect(await spool.addAll(entries)).toEqual([])
  })

  it('keeps none of several when one cannot be', async () => {
    const { spool } = testSpool()
    const [first = '', second = ''] = bodies(2)
    const fails = () => {
      throw new Error('not now')
    }
    const failing = spool.addAll([{ body: first }, { body: second, admit: fails }])
    const other = spool.add('{"other":1}')
    await expect(failing).rejects.toThrow('not now')
    expect(await other).toBe('spooled')
    expect(spool.depth()).toMatchObject({ events: 1, bytes: 11 })
  })

  it('sets refused events aside, the last thousand of them', async () => {
    const { spool, directory, close } = testSpool()
    const texts = bodies(1_005)
    await Promise.all(texts.map((text) => spool.add(text)))
    for (let batch = spool.peek(100, MANY); batch.length > 0; batch = spool.peek(100, MANY)) {
      await spool.settle(
        batch,
        batch.map((_, index) => ({ index, error: `bad ${index}` })),
      )
    }
    expect(spool.depth()).toEqual({ events: 0, bytes: 0, refused: 1_000, later: 0 })
    close()
    const rows = rowsOf(directory, 'SELECT error, body FROM refused ORDER BY seq')
    expect(rows.map(({ body }) => body)).toEqual(texts.slice(5))
    expect(rows[0]).toMatchObject({ error: 'bad 5' })
  })

  it('keeps refused events within 16 MiB', async () => {
    const { spool } = testSpool()
    await fill(spool, bodies(6, 3 * 2 ** 20))
    for (let batch = spool.peek(1, MANY); batch.length > 0; batch = spool.peek(1, MANY)) {
      await spool.settle(batch, [{ index: 0, error: 'bad' }])
    }
    expect(spool.depth().refused).toBe(5)
  })

  it('drops what is too old, however much, and nothing else', async () => {
    const clock = new ManualClock()
    const { spool } = testSpool({ clock })
    await Promise.all(bodies(2_500).map((text) => spool.add(text)))
    const inFlight = spool.peek(100, MANY)
    clock.advance(DAY_MS)
    await fill(spool, ['{"new":1}'])
    expect(await spool.dropBefore(START)).toBe(0)
    expect(await spool.dropBefore(START + 1)).toBe(2_500)
    await spool.settle(inFlight, [])
    expect(spool.depth()).toEqual({
      events: 1,
      bytes: 9,
      oldestAt: START + DAY_MS,
      refused: 0,
      later: 0,
    })
  })
})

describe('a spool file', () => {
  it('has one owner', () => {
    const { directory } = testSpool()
    expect(() => testSpool({ directory })).toThrow(/spool\.db: this process has it open already/)
  })

  it.each([
    ['no database', (file: string) => writeFileSync(file, 'x'.repeat(5_000))],
    ['damaged', (file: string) => scribble(file, 4_096, statSync(file).size)],
  ])('that is %s is set aside as it is, and a new one begun', async (_, damage) => {
    const first = testSpool()
    await fill(first.spool, bodies(50))
    first.close()
    const file = join(first.directory, 'spool.db')
    damage(file)
    const damaged = readFileSync(file)

    const { spool, aside } = testSpool({ directory: first.directory })
    const moved = `${file}.damaged-20261120T091403.000Z`
    expect(aside).toMatchObject([{ file: moved, problem: expect.stringContaining(file) }])
    expect(readFileSync(moved).equals(damaged)).toBe(true)
    expect(spool.depth().events).toBe(0)
    await fill(spool, bodies(1))
  })

  it('whose log lost its database is set aside', async () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'spool.db-wal'), 'events')
    expect(testSpool({ directory }).aside).toHaveLength(1)
    expect(readdirSync(directory)).toContain('spool.db.damaged-20261120T091403.000Z-wal')
  })

  // The second is that of commit 591c4aa.
  it.each([1, 2, 3])('of version %i is taken on with what is in it', async (version) => {
    const directory = temporaryDirectory()
    const old = new DatabaseSync(join(directory, 'spool.db'))
    for (const migration of SPOOL_SCHEMA.migrations.slice(0, version)) old.exec(migration)
    old.exec(`PRAGMA application_id = ${SPOOL_SCHEMA.applicationId}`)
    old.exec(`PRAGMA user_version = ${version}`)
    old.exec(`INSERT INTO events (accepted_at, bytes, body) VALUES (${START}, 7, '{"a":1}')`)
    if (version > 1)
      old.exec(`INSERT INTO seen_events (uid, kind, count) VALUES ('seen', 'Pod', 3)`)
    old.close()
    const { spool, aside, close } = testSpool({ directory })
    expect(aside).toEqual([])
    expect(spool.depth()).toMatchObject({ events: 1, bytes: 7 })
    await spool.add('{"b":2}', () => (spool.memory.seen.count('uid') ? 'known' : 'new'))
    await spool.tables.write(() => spool.memory.seen.remember('uid', 'Pod', 1))
    close()
    const again = testSpool({ directory })
    expect(again.spool.peek(9, MANY).map(({ body }) => body)).toEqual(['{"a":1}', '{"b":2}'])
    expect(again.spool.memory.seen.count('uid')).toBe(1)
    expect(again.spool.memory.seen.count('seen')).toBe(version > 1 ? 3 : undefined)
    await again.spool.settle(again.spool.peek(9, MANY), [])
    expect(again.spool.depth()).toMatchObject({ events: 0, bytes: 0 })
  })

  it('of the relay, or of a newer version, stays where it is', () => {
    const directory = temporaryDirectory()
    const foreign = new DatabaseSync(join(directory, 'spool.db'))
    foreign.exec('PRAGMA application_id = 0x4678526c; PRAGMA user_version = 1; CREATE TABLE x (y)')
    foreign.close()
    expect(() => testSpool({ directory })).toThrow(/spool\.db: this database belongs to another/)
    expect(readdirSync(directory)).toEqual(['spool.db'])
  })

  it('too large to be checked at the start, tells its damage later and is set aside then', async () => {
    const directory = await largeAndDamaged(24 * 4_096)
    const { spool, aside, corruptions, close } = testSpool({ directory })
    expect(() => spool.depth()).toThrow(/damaged/)
    expect(() => spool.peek(9, MANY)).toThrow(/damaged/)
    expect(corruptions).toHaveLength(1)
    expect(aside).toEqual([])
    close()
    expect(aside).toHaveLength(1)
    expect(testSpool({ directory }).aside).toEqual([])
  })

  it('too large to be checked, whose totals cannot be read, is set aside at once', async () => {
    const { spool, aside, corruptions } = testSpool({ directory: await largeAndDamaged(4_096) })
    expect([aside.length, corruptions.length, spool.depth().events]).toEqual([1, 0, 0])
  })
})

function rowsOf(directory: string, sql: string) {
  const database = new DatabaseSync(join(directory, 'spool.db'), { readOnly: true })
  try {
    return database.prepare(sql).all()
  } finally {
    database.close()
  }
}

function textBytes(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
}
