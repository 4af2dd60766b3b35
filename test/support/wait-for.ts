import { vi } from 'vitest'

/** Waits until `check` throws no more; long enough for a busy machine. */
export function waitFor<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 15_000, interval: 10 })
}
