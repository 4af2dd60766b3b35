import { describe, expect, it } from 'vitest'
import { createTurnGate } from '../../../hosts/embedded/turn-gate.ts'

/** A gate whose turns have time for so many pieces of work: each piece takes one millisecond. */
function setUp(budgetMs: number, newPerTurn = 1_000, newPerCrowdedTurn = newPerTurn) {
  let now = 0
  const stopwatch = (budget: number) => {
    const startedAt = now
    return () => now - startedAt >= budget
  }
  const gate = createTurnGate({ budgetMs, newPerTurn, newPerCrowdedTurn, stopwatch })
  const done: string[] = []
  const take = (name: string) => {
    now += 1
    done.push(name)
  }
  const begin = async (name: string, cluster?: string) => {
    await gate.begin(cluster)
    // Time goes by after the first steps of a piece too, as long as it waits for nothing else.
    await Promise.resolve()
    await null
    take(name)
  }
  const goOn = (name: string) => gate.goOn(() => take(name))
  return { begin, goOn, done, heed: gate.heed }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

/** What was done in each turn of the event loop that `start` begins, until so much is done. */
async function turnsOf(
  done: readonly string[],
  count: number,
  start: () => void,
): Promise<readonly string[][]> {
  const turns: string[][] = []
  let seen = 0
  // Asked for before the gate asks for its next turn, so that none counts as two.
  let turn = nextTurn()
  start()
  while (seen < count) {
    await turn
    turn = nextTurn()
    turns.push(done.slice(seen))
    seen = done.length
  }
  return turns
}

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`)

describe('the gate of a turn', () => {
  it('lets the clusters begin in turn, each in its order', async () => {
    const { begin, done } = setUp(100)
    await turnsOf(done, 53, () => {
      for (const name of names('loud', 50)) void begin(name, 'a')
      for (const name of names('quiet', 3)) void begin(name, 'b')
    })
    expect(done.slice(0, 7)).toEqual([
      ...['loud0', 'quiet0', 'loud1', 'quiet1', 'loud2', 'quiet2', 'loud3'],
    ])
  })

  it('lets an answer be handled after one turn, however many posts are there', async () => {
    const { begin, done } = setUp(4)
    // The sockets of destinations are read between two turns.
    const turns = await turnsOf(done, 1_000, () => {
      for (const name of names('post', 1_000)) void begin(name)
    })
    expect(Math.max(...turns.map((turn) => turn.length))).toBe(4)
    expect(done).toEqual(names('post', 1_000))
  })

  it('does as much in each turn as there is time for, and all without a timer', async () => {
    const { begin, done } = setUp(4)
    const turns = await turnsOf(done, 10, () => {
      for (const name of names('post', 10)) void begin(name)
    })
    expect(turns.map((turn) => turn.length)).toEqual([4, 4, 2])
  })

  it('does at once what comes while there is time', async () => {
    const { begin, done } = setUp(4)
    await begin('a')
    await begin('b')
    expect(done).toEqual(['a', 'b'])
  })

  it('goes on with what was begun before it begins something new', async () => {
    const { begin, goOn, done } = setUp(3)
    const turns = await turnsOf(done, 6, () => {
      for (const name of names('new', 2)) void begin(name)
      for (const name of names('old', 4)) goOn(name)
    })
    expect(turns).toEqual([
      ['old0', 'old1', 'old2', 'new0'],
      ['old3', 'new1'],
    ])
  })

  it('begins something new in each turn, however much was begun', async () => {
    const { begin, goOn, done } = setUp(2)
    const turns = await turnsOf(done, 103, () => {
      for (const name of names('new', 3)) void begin(name)
      for (const name of names('old', 100)) goOn(name)
    })
    expect(turns.slice(0, 4)).toEqual([
      ['old0', 'old1', 'new0'],
      ['old2', 'old3', 'new1'],
      ['old4', 'old5', 'new2'],
      ['old6', 'old7'],
    ])
  })

  it('begins only so much in one turn, though there is time for more', async () => {
    const { begin, goOn, done } = setUp(100, 2)
    const turns = await turnsOf(done, 8, () => {
      for (const name of names('new', 5)) void begin(name)
      for (const name of names('old', 3)) goOn(name)
    })
    expect(turns).toEqual([['old0', 'old1', 'old2', 'new0', 'new1'], ['new2', 'new3'], ['new4']])
  })

  it('begins less in each turn while it is crowded', async () => {
    const { begin, done, heed } = setUp(100, 4, 2)
    let isCrowded = false
    heed(() => isCrowded)
    const turns = await turnsOf(done, 9, () => {
      for (const name of names('new', 4)) void begin(name)
      void begin('last of the calm').then(() => {
        isCrowded = true
      })
      for (const name of names('crowded', 4)) void begin(name)
    })
    expect(turns.map((turn) => turn.length)).toEqual([4, 2, 2, 1])
  })

  it('begins in one turn what comes one after the other in it', async () => {
    const { begin, goOn, done } = setUp(100, 2)
    const turns = await turnsOf(done, 3, () => {
      goOn('old')
      queueMicrotask(() => process.nextTick(() => void begin('a')))
      queueMicrotask(() => process.nextTick(() => void begin('b')))
    })
    expect(turns.flat()).toEqual(['old', 'a', 'b'])
    expect(turns).toHaveLength(1)
  })

  it('is not stopped by a piece that fails', async () => {
    const { begin, done } = setUp(4)
    const failing = begin('a').then(() => {
      throw new Error('its own')
    })
    await expect(failing).rejects.toThrow('its own')
    await begin('b')
    expect(done).toEqual(['a', 'b'])
  })
})

it('counts the CPU of the thread, not the time that goes by', async () => {
  const cpuMs = () => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1_000
  }
  const works = {
    waiting: () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60),
    working: () => {
      for (const end = cpuMs() + 60; cpuMs() < end; );
    },
  }
  const turnsOf = async (work: () => void) => {
    const gate = createTurnGate({ budgetMs: 30 })
    const seen: string[] = []
    await new Promise<void>((done) => {
      setImmediate(() => {
        setImmediate(() => seen.push('next turn'))
        gate.goOn(work)
        gate.goOn(() => {
          seen.push('work')
          done()
        })
      })
    })
    return seen
  }
  expect(await turnsOf(works.waiting)).toEqual(['work'])
  expect(await turnsOf(works.working)).toEqual(['next turn', 'work'])
})
