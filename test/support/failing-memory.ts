import type { StateStore } from '../../relay/ports/state-store.ts'
import { ManualClock } from './manual-clock.ts'
import { MemoryStateStore } from './memory-ports.ts'

/** A State whose first `times` writes of what types remember of their deliveries fail. */
export function failingMemory(times: number): StateStore {
  const store = new MemoryStateStore(new ManualClock())
  let failures = 0
  return {
    read: (key) => store.read(key),
    async write(key, value, expected, expiresAt) {
      if (key.includes('#memory#') && failures++ < times) throw new Error('the store is down')
      return store.write(key, value, expected, expiresAt)
    },
  }
}
