import type { Outcome } from './outcomes.ts'

/** What decisions are counted for: a whole cluster, or one Alert or Provider of it. */
export const COUNTED_KINDS = ['cluster', 'alert', 'provider'] as const
export type CountedKind = (typeof COUNTED_KINDS)[number]

/** The decisions with one outcome in one hour, for one cluster, Alert or Provider. */
export interface OutcomeCount {
  readonly kind: CountedKind
  readonly cluster: string
  /** The Alert or Provider as `namespace/name`; the empty text for a cluster. */
  readonly name: string
  /** The beginning of the hour, in milliseconds since the epoch. */
  readonly hour: number
  readonly outcome: Outcome
  readonly count: number
  /** When the last of these decisions was made, in milliseconds since the epoch. */
  readonly lastAt: number
}

export const HOUR_MS = 3_600_000

/** The beginning of the hour that a time is in. Both are in milliseconds since the epoch. */
export function hourOf(time: number): number {
  return Math.floor(time / HOUR_MS) * HOUR_MS
}

/** The beginnings of the last 24 hours, the earliest first. The last of them is not over yet. */
export function lastDay(now: number): readonly number[] {
  const current = hourOf(now)
  return Array.from({ length: 24 }, (_, index) => current - (23 - index) * HOUR_MS)
}
