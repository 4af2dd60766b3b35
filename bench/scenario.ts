import type { Bench } from './processes.ts'
import type { Outcome } from './report.ts'

/** Bounds of a run that one may want to change. */
export interface Scale {
  /** How often each comparison is made; the result is the median. */
  readonly rounds: number
  /** Longest time of one load, from its first post until it stops waiting for deliveries. Seconds. */
  readonly seconds: number
  /** Events of the burst and of the long queue are divided by this, for a quick look. */
  readonly divisor: number
}

/** Measures that need the same processes. Each can be chosen by its name. */
export interface Scenario {
  readonly name: string
  readonly about: string
  readonly measure: (bench: Bench, scale: Scale) => Promise<Outcome>
}

/** The middle one, or the higher of the two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** Gives what `measure` gives in each round. */
export async function rounds<T>(count: number, measure: (round: number) => Promise<T>) {
  const results: T[] = []
  for (let round = 0; round < count; round += 1) results.push(await measure(round))
  return results
}
