/**
 * Divides a limited amount among owners. Each owner may have as much as is left over for the
 * others. So a single owner gets half of it, two get a third each, and a new owner always finds
 * some.
 */
export class Shares {
  #free: number
  readonly #held = new Map<string, number>()

  constructor(capacity: number) {
    this.#free = capacity
  }

  /** Whether this owner may take more now. */
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
    // The last owner stays: V8 makes the table of a map anew whenever it grows or shrinks.
    if (left > 0 || this.#held.size === 1) this.#held.set(owner, left)
    else this.#held.delete(owner)
  }
}
