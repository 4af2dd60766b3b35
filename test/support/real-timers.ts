import { afterAll, vi } from 'vitest'

// Test files share their process: what waits in the next one would wait for ever by a clock that nobody moves.
afterAll(() => {
  vi.useRealTimers()
})
