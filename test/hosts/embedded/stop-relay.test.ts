import { expect, it, vi } from 'vitest'
import { DatabaseError } from '../../../adapters/sqlite/database-error.ts'
import { type RunningParts, stopRelay } from '../../../hosts/embedded/stop-relay.ts'

function running(depth: () => Promise<unknown>, close: () => Promise<void>) {
  const log = { info: vi.fn(), error: vi.fn() }
  const done = async () => undefined
  const parts = {
    folder: false,
    worker: { stop: async () => true },
    destinations: { close: () => undefined },
    server: { close: done },
    thread: { close: done },
    http: { close: vi.fn(done) },
    outcomeCounter: { stop: done },
    stores: { queue: { depth }, close: vi.fn(close) },
    log,
  }
  return { parts, log, stop: () => stopRelay(parts as unknown as RunningParts, 20_000) }
}

const STOPPED = 'stopped; what is queued continues at the next start'
const broken = new DatabaseError('relay.db', 'io', 'reading or writing failed.')
const fail = async () => {
  throw broken
}

it('says what is left', async () => {
  const { log, stop } = running(
    async () => ({ events: 2, retries: 1 }),
    async () => undefined,
  )
  expect(await stop()).toBe(true)
  expect(log.info).toHaveBeenCalledWith({ finished: true, events: 2, retries: 1 }, STOPPED)
  expect(log.error).not.toHaveBeenCalled()
})

it.each([
  ['read', fail, async () => undefined],
  ['closed', async () => ({ events: 2, retries: 1 }), fail],
  ['read or closed', fail, fail],
])('stops with a database that cannot be %s', async (_, depth, close) => {
  const { parts, log, stop } = running(depth, close)
  expect(await stop()).toBe(true)
  expect(parts.stores.close).toHaveBeenCalled()
  expect(parts.http.close).toHaveBeenCalled()
  expect(log.error).toHaveBeenCalledExactlyOnceWith({ err: broken }, expect.any(String))
  expect(log.info).toHaveBeenCalledWith({ finished: true }, STOPPED)
})
