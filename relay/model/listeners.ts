/** Those who want to know that something may have changed, and of what kind it is. */
export class Listeners<Kind = void> {
  readonly #listeners: ((kind: Kind) => void)[] = []
  /** Kinds of which is told at the end of what runs now. */
  readonly #pending = new Set<Kind>()

  add(listener: (kind: Kind) => void): void {
    this.#listeners.push(listener)
  }

  /**
   * Tells of a kind once a turn, which is enough, and outside of whatever runs: a listener is free to do
   * anything at once.
   */
  notify(kind: Kind): void {
    if (this.#pending.has(kind)) return
    this.#pending.add(kind)
    queueMicrotask(() => {
      this.#pending.delete(kind)
      for (const listener of this.#listeners) listener(kind)
    })
  }
}
