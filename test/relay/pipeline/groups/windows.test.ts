import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { joinWindow, windowKey } from '../../../../relay/pipeline/groups/windows.ts'
import type { StateStore } from '../../../../relay/ports/state-store.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { memoryPorts } from '../../../support/memory-ports.ts'

const WAIT_MS = 30_000
const TIMES = { waitMs: WAIT_MS, maxMs: 10 * WAIT_MS }
const KEY = windowKey('prod', 'uid', 'all')

/** A state that others change between a read and the write that follows it, and a clock that goes on meanwhile. */
function farState() {
  const clock = new ManualClock()
  const { state } = memoryPorts(clock)
  const written: boolean[] = []
  const far: Pick<StateStore, 'read' | 'write'> = {
    async read(key) {
      const stored = await state.read(key)
      await nextTurn()
      return stored
    },
    async write(key, value, expected, expiresAt) {
      clock.advance(1)
      const isWritten = await state.write(key, value, expected, expiresAt)
      written.push(isWritten)
      return isWritten
    },
  }
  return { ports: { clock, state: { ...state, ...far } }, clock, written }
}

it('is joined by hundreds in one moment, without turns that each of them has to wait for', async () => {
  const { ports, clock, written } = farState()
  const joining = Array.from({ length: 300 }, (_, n) =>
    joinWindow(ports, KEY, { deliveryId: `delivery-${n}`, ...TIMES }),
  )
  const joined = await Promise.all(joining)
  expect(new Set(joined.map(({ leader }) => leader)).size).toBe(1)
  expect(written.length).toBeLessThan(2 * joined.length)
  const last = await joinWindow(ports, KEY, { deliveryId: 'delivery-0', ...TIMES })
  expect(last.dueAt).toBeGreaterThanOrEqual(clock.now() + 0.9 * WAIT_MS)
})

it('is moved by each that joins by itself, however little', async () => {
  const { ports, clock } = farState()
  const { dueAt } = await joinWindow(ports, KEY, { deliveryId: 'first', ...TIMES })
  clock.advance(5)
  const second = await joinWindow(ports, KEY, { deliveryId: 'second', ...TIMES })
  expect(second).toMatchObject({ leader: 'first', dueAt: dueAt + 6 })
})
