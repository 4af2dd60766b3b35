import { expect } from 'vitest'

/** What a promise of the README or of an issue is about: a time in milliseconds, and its bound. */
export interface Measured {
  readonly what: string
  readonly ms: number
  readonly atMostMs: number
}

/** Prints a measured time, also where it is within its bound, and fails where it is not. */
export function expectWithin({ what, ms, atMostMs }: Measured): void {
  const seconds = (value: number) => `${(value / 1_000).toFixed(2)} s`
  process.stdout.write(`${what}: ${seconds(ms)}, at most ${seconds(atMostMs)}\n`)
  expect(ms, what).toBeLessThanOrEqual(atMostMs)
}
