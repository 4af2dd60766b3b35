/** Those who want something, each of whom gets it in turn. Who wants it again goes to the end. */
export class Turns<T> {
  readonly #waiting = new Set<T>()

  get isEmpty(): boolean {
    return this.#waiting.size === 0
  }

  /** Puts someone at the end, who keeps the turn that it may have already. */
  add(it: T): void {
    this.#waiting.add(it)
  }

  delete(it: T): void {
    this.#waiting.delete(it)
  }

  /** Takes whose turn it is. */
  next(): T | undefined {
    const [first] = this.#waiting
    if (first !== undefined) this.#waiting.delete(first)
    return first
  }
}
