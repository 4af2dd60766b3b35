import { vi } from 'vitest'

/** Waits until `check` throws no more; long enough for a busy machine. */
export function waitFor<T>(check: () => T | Promise<T>, timeout = 60_000): Promise<T> {
  return vi.waitFor(check, { timeout, interval: 10 })
}
