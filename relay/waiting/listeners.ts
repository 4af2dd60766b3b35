/** Those who want to know that something may have changed. */
export class Listeners {
  readonly #listeners: (() => void)[] = []
  #isNotifying = false

  add(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Once a turn is enough, and outside of whatever runs: a listener is free to do anything at once. */
  notify(): void {
    if (this.#isNotifying) return
    this.#isNotifying = true
    queueMicrotask(() => {
      this.#isNotifying = false
      for (const listener of this.#listeners) listener()
    })
  }
}
