/** A queue of claimants that take turns. A claimant that wants something again goes to the end. */
export class Turns<T> {
  readonly #waiting = new Set<T>()

  get isEmpty(): boolean {
    return this.#waiting.size === 0
  }

  /** Puts a claimant at the end. One that is in the queue already keeps its turn. */
  add(it: T): void {
    this.#waiting.add(it)
  }

  delete(it: T): void {
    this.#waiting.delete(it)
  }

  /** Takes the claimant whose turn it is; undefined when the queue is empty. */
  next(): T | undefined {
    const [first] = this.#waiting
    if (first !== undefined) this.#waiting.delete(first)
    return first
  }
}
