import { expect } from 'vitest'
import type { Verdict } from '../../relay/providers/verdict.ts'

const MAX_REASON_LENGTH = 600

/** What every verdict must be, whatever it is about: a person reads the reason, a clock the wait. */
export function expectUnderstandable(verdict: Verdict): void {
  if (verdict.kind !== 'delivered') expect(verdict.reason).not.toBe('')
  expect((verdict.reason ?? '').length).toBeLessThan(MAX_REASON_LENGTH)
  expect(verdict.reason ?? '').not.toMatch(/\p{Cc}/u)
  if (verdict.kind !== 'retry' || verdict.retryAfterMs === undefined) return
  expect(verdict.retryAfterMs).toBeGreaterThanOrEqual(0)
  expect(verdict.retryAfterMs).toBeLessThanOrEqual(3_600_000)
}
