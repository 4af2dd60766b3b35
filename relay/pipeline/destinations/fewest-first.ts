/**
 * Those who want something, of whom each has some already: who has the fewest is next, and those who have
 * as many as each other take turns. So whoever gives back at once never waits for those who keep.
 */
export class FewestFirst<T> {
  readonly #count: (it: T) => number
  /** Who has so many of them, in the order of their turns. */
  readonly #having: Set<T>[] = []
  /** Where each of them stands. */
  readonly #standing = new Map<T, number>()

  /** `count`: how many somebody has. Who has more or fewer than when they were added is added again. */
  constructor(count: (it: T) => number) {
    this.#count = count
  }

  get isEmpty(): boolean {
    return this.#standing.size === 0
  }

  /** Puts somebody behind those who have as many; who stood there already keeps the turn. */
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

  /** Puts somebody where they belong now, if they want something. */
  changed(it: T): void {
    if (this.#standing.has(it)) this.add(it)
  }

  /** How many somebody has whose turn it is; undefined when nobody wants something. */
  get fewest(): number | undefined {
    const count = this.#having.findIndex((having) => having.size > 0)
    return count < 0 ? undefined : count
  }

  /** Takes whose turn it is. */
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
