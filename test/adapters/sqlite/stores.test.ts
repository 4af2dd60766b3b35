import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SqliteConfigStore } from '../../../adapters/sqlite/config.ts'
import { openRelayDatabase, type RelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { SqliteStateStore } from '../../../adapters/sqlite/state.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

let file: string
let database: RelayDatabase

beforeEach(() => {
  file = join(temporaryDirectory(), 'relay.db')
  database = openRelayDatabase(file)
})

afterEach(() => database.close())

describe('SqliteStateStore', () => {
  it('keeps what it stored over a restart', async () => {
    const clock = new ManualClock()
    await new SqliteStateStore(database, clock).write('prod#a', [1], 'absent', START + 1)
    await database.close()
    database = openRelayDatabase(file)
    const state = new SqliteStateStore(database, clock)
    expect(await state.read('prod#a')).toEqual({ value: [1], version: 1 })
  })

  it('sweeps expired items only', async () => {
    const state = new SqliteStateStore(database, new ManualClock())
    const keys = Array.from({ length: 600 }, (_, index) => `prod#${index}`)
    await Promise.all(keys.map((key) => state.write(key, key, 'absent', START + 10)))
    await state.write('prod#live', 'x', 'absent', START + 11)
    expect(await state.sweep(START + 9)).toBe(0)
    expect(await state.sweep(START + 10)).toBe(600)
    expect(await database.read('SELECT key FROM state')).toEqual([{ key: 'prod#live' }])
  })

  it('reads what waits to be written with the next, though its memory is full of what was used since', async () => {
    const state = new SqliteStateStore(database, new ManualClock())
    await state.write('prod#own', 1, 'absent', START + 10)
    const others = Array.from({ length: 10 }, (_, index) => `prod#${index}`)
    for (const key of others) {
      await state.read(key)
      await state.write(key, 'x'.repeat(399_990), 'absent', START + 10)
    }
    await state.read('prod#own')
    for (const key of others) await state.read(key)
    const long = 'y'.repeat(1_000)
    expect(state.write('prod#own', long, 1, START + 10, { withNext: true })).toBe(true)
    expect(await state.read('prod#own')).toEqual({ value: long, version: 2 })
  })

  it('rejects a value that JSON cannot hold', async () => {
    const state = new SqliteStateStore(database, new ManualClock())
    expect(() => state.write('prod#a', undefined, 'absent', START + 1)).toThrow(TypeError)
    expect(() => state.write('prod#a', 1n, 'absent', START + 1)).toThrow(TypeError)
    expect(await state.read('prod#a')).toBeUndefined()
  })
})

describe('SqliteConfigStore', () => {
  it('names the clusters that have a set', async () => {
    const configs = new SqliteConfigStore(database, new ManualClock())
    expect(await configs.clusters()).toEqual([])
    for (const cluster of ['prod', 'local', '_fleet']) {
      await configs.replace({ cluster, revision: 'r', takenAt: 1, manifests: [], objects: [] })
    }
    expect(await configs.clusters()).toEqual(['local', 'prod'])
    expect((await configs.summaries()).map(({ cluster }) => cluster)).toEqual(['local', 'prod'])
  })

  it('forgets a cluster, and keeps its revisions for what names them, until they are swept', async () => {
    const clock = new ManualClock()
    const configs = new SqliteConfigStore(database, clock, { retentionMs: 100 })
    const setOf = (cluster: string) => ({
      ...{ cluster, revision: 'r'.repeat(64), takenAt: 1, manifests: [], objects: [] },
    })
    for (const cluster of ['prod', 'prod-eu']) await configs.replace(setOf(cluster), '0.1.0')
    expect(await configs.forget('prod')).toBe(true)
    expect(await configs.forget('prod')).toBe(false)
    expect(await configs.read('prod', 'r'.repeat(64))).toBeUndefined()
    expect(await configs.clusters()).toEqual(['prod-eu'])
    expect((await configs.summaries()).map(({ cluster }) => cluster)).toEqual(['prod-eu'])
    expect(await configs.readRevision('prod', 'rrr')).toEqual(setOf('prod'))
    clock.advance(100)
    expect(await configs.sweep(clock.now())).toBe(1)
    expect(await configs.readRevision('prod', 'rrr')).toBeUndefined()
    expect(await configs.readRevision('prod-eu', 'rrr')).toEqual(setOf('prod-eu'))
    // It may come back as a new one, with the same set.
    await configs.replace(setOf('prod'))
    expect(await configs.readRevision('prod', 'rrr')).toEqual(setOf('prod'))
  })

  it('does not take a set for current that was forgotten while it was read', async () => {
    const paused = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const pause = () => {
      paused.resolve()
      return goOn.promise
    }
    const clock = new ManualClock()
    const metadata = { namespace: 'apps', name: 'x'.repeat(100) }
    const manifest = { apiVersion: 'v1', kind: 'Other', metadata }
    const manifests = Array.from({ length: 2_000 }, () => manifest)
    const set = { cluster: 'prod', revision: 'r', takenAt: 1, manifests, objects: [] }
    await new SqliteConfigStore(database, clock).replace(set)
    const configs = new SqliteConfigStore(database, clock, { pause })
    const reading = configs.read('prod')
    await paused.promise
    expect(await configs.forget('prod')).toBe(true)
    goOn.resolve()
    expect(await reading).toMatchObject({ revision: 'r' })
    expect(await configs.read('prod', 'r')).toBeUndefined()
  })
})
