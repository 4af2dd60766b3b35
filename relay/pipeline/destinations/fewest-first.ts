/**
 * A queue of claimants, each of whom has some things already. The one with the fewest things is
 * next, and those with equally many take turns. So a claimant who gives things back at once never
 * waits for one who keeps them.
 */
export class FewestFirst<T> {
  readonly #count: (it: T) => number
  /** The claimants by how many things they have, each set in the order of their turns. */
  readonly #having: Set<T>[] = []
  /** How many things each claimant had when it was added. */
  readonly #standing = new Map<T, number>()

  /** `count` tells how many things a claimant has. Call `changed` when that number changes. */
  constructor(count: (it: T) => number) {
    this.#count = count
  }

  get isEmpty(): boolean {
    return this.#standing.size === 0
  }

  /**
   * Puts a claimant behind those who have as many. A claimant who stands there already keeps its
   * turn.
   */
  add(it: T): void {
    const count = this.#count(it)
    const before = this.#standing.get(it)
    if (before === count) return
    if (before !== undefined) this.#having[before]?.delete(it)
    while (this.#having.length <= count) this.#having.push(new Set())
    this.#having[count]?.add(it)
    this.#standing.set(it, count)
  }

  delete(it: T): void {
    const count = this.#standing.get(it)
    if (count === undefined) return
    this.#standing.delete(it)
    this.#having[count]?.delete(it)
  }

  /** Moves a claimant to where it belongs now, if it is in the queue. */
  changed(it: T): void {
    if (this.#standing.has(it)) this.add(it)
  }

  /** How many things the next claimant has; undefined when the queue is empty. */
  get fewest(): number | undefined {
    const count = this.#having.findIndex((having) => having.size > 0)
    return count < 0 ? undefined : count
  }

  /** Takes the claimant whose turn it is; undefined when the queue is empty. */
  next(): T | undefined {
    for (const having of this.#having) {
      const [first] = having
      if (first === undefined) continue
      this.delete(first)
      return first
    }
    return undefined
  }
}
