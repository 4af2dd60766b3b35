/**
 * Divides what is limited among those that want it. Each may have as much as is left for the others, so
 * one alone gets the half of it, two get a third each, and whoever comes next always finds some.
 */
export class Shares {
  #free: number
  readonly #held = new Map<string, number>()

  constructor(capacity: number) {
    this.#free = capacity
  }

  /** Whether this one may take more now. */
  allows(owner: string): boolean {
    return (this.#held.get(owner) ?? 0) < this.#free
  }

  take(owner: string, amount = 1): void {
    this.#free -= amount
    this.#held.set(owner, (this.#held.get(owner) ?? 0) + amount)
  }

  give(owner: string, amount = 1): void {
    this.#free += amount
    const left = (this.#held.get(owner) ?? 0) - amount
    if (left > 0) this.#held.set(owner, left)
    else this.#held.delete(owner)
  }
}
