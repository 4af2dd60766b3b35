import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  type BackendListener,
  type Batch,
  BatchingDatabase,
} from '../../../adapters/sqlite/relay-database.ts'
import { change } from '../../../adapters/sqlite/statement.ts'

const MANY = 8

/** A database whose backend answers at once, and what it was given. */
function database() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const batches: { readonly queries: number; readonly units: number }[] = []
  const backend = (answers: BackendListener) => ({
    run: ({ queries, units }: Batch) => {
      batches.push({ queries: queries.length, units: units.length })
      answers.rows(queries.map(() => ({ kind: 'ok', value: [] })))
      answers.results(units.map(() => ({ kind: 'ok', value: { kind: 'done', changed: [] } })))
    },
    close: async () => undefined,
  })
  return { database: new BatchingDatabase('memory', backend), batches }
}

function writes(to: BatchingDatabase, count: number) {
  return Promise.all(Array.from({ length: count }, () => to.write([change('anything')])))
}

describe('units that are written', () => {
  it('are committed in their turn of the event loop while there are few', async () => {
    const { database: few, batches } = database()
    await writes(few, MANY - 1)
    await writes(few, 1)
    expect(batches.map(({ units }) => units)).toEqual([MANY - 1, 1])
  })

  it('gather for some milliseconds after many, so that several turns have one commit', async () => {
    const { database: busy, batches } = database()
    await writes(busy, MANY)
    const first = writes(busy, 2)
    await turn()
    const second = writes(busy, 3)
    await turn()
    expect(batches).toHaveLength(1)
    vi.advanceTimersByTime(3)
    await Promise.all([first, second])
    expect(batches.map(({ units }) => units)).toEqual([MANY, 5])
    await writes(busy, 1)
    expect(batches.map(({ units }) => units)).toEqual([MANY, 5, 1])
  })

  it('keep no query waiting while they gather, nor the end', async () => {
    const { database: busy, batches } = database()
    await writes(busy, MANY)
    const gathering = writes(busy, 1)
    await Promise.all([busy.read('one'), busy.read('another')])
    expect(batches.slice(1)).toEqual([{ queries: 2, units: 0 }])
    await busy.close()
    await gathering
    expect(batches.slice(2)).toEqual([{ queries: 0, units: 1 }])
    vi.runAllTimers()
    expect(batches).toHaveLength(3)
  })

  it('take along what waits for the next commit', async () => {
    const { database: busy, batches } = database()
    await writes(busy, MANY)
    const told = vi.fn()
    busy.writeSoon([change('anything')], { answer: told, reject: told })
    const gathering = writes(busy, 1)
    vi.advanceTimersByTime(3)
    await gathering
    expect(told).toHaveBeenCalledOnce()
    expect(batches.map(({ units }) => units)).toEqual([MANY, 2])
  })
})
