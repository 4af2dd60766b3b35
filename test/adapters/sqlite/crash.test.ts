import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { openRelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const SENDER = fileURLToPath(new URL('./fixtures/send-events.ts', import.meta.url))

describe('after kill -9', () => {
  it('has every event that was promised, in the order of its group', async () => {
    const file = join(temporaryDirectory(), 'relay.db')
    const promised: string[] = []
    for (const run of ['a', 'b', 'c']) {
      const ids = await sendUntilKilled(file, run, Math.random() * 300)
      expect(ids.length).toBeGreaterThan(0)
      promised.push(...ids)
    }
    const found = await drain(file)
    expect(promised.filter((id) => !found.includes(id))).toEqual([])
    expect(found).toHaveLength(new Set(found).size)
    for (const numbers of numbersByGroup(found).values()) {
      expect(numbers).toEqual(numbers.map((_, index) => index))
    }
  })
})

/** Runs the sender, kills it `ms` after its first sign of life, and returns what it promised. */
async function sendUntilKilled(file: string, run: string, ms: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [SENDER, file, run], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'close')
  let output = ''
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => {
    output += text
  })
  await Promise.race([once(child.stdout, 'data'), exited])
  await sleep(ms)
  child.kill('SIGKILL')
  await exited
  // What follows the last line end is an id that was cut.
  return output.split('\n').slice(0, -1)
}

/** The ids of all events, in the order in which they come out. */
async function drain(file: string): Promise<readonly string[]> {
  const database = openRelayDatabase(file)
  try {
    const queue = new SqliteQueue(database, new ManualClock())
    const ids: string[] = []
    for (;;) {
      const events = await queue.leaseEvents(100)
      if (events.length === 0) return ids
      ids.push(...events.map(({ id }) => id))
      await Promise.all(events.map((event) => queue.acknowledge(event)))
    }
  } finally {
    await database.close()
  }
}

/** The numbers that end the ids, by run and group. */
function numbersByGroup(ids: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const numbers = new Map<string, number[]>()
  for (const id of ids) {
    const [run, group, number] = id.split('/')
    const key = `${run}/${group}`
    numbers.set(key, [...(numbers.get(key) ?? []), Number(number)])
  }
  return numbers
}
