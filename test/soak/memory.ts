import { residentBytes } from '../../bench/resident-size.ts'

/** Resident bytes of one process over time. */
export class Memory {
  readonly #samples: number[] = []

  sample(pid: number): void {
    try {
      this.#samples.push(residentBytes(pid))
    } catch {
      // It ends at this moment.
    }
  }

  /** The median of each quarter, in MB. */
  quarters(): readonly number[] {
    const size = Math.max(1, Math.floor(this.#samples.length / 4))
    return [0, 1, 2, 3].map((quarter) => {
      const samples = this.#samples.slice(quarter * size, (quarter + 1) * size)
      return Math.round((percentile(samples, 0.5) ?? 0) / 1e6)
    })
  }
}

/** Undefined of nothing. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}
