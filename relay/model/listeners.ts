import { doNext } from './microtask.ts'

/** Listeners that are told that something may have changed, and of which kind it is. */
export class Listeners<Kind = void> {
  readonly #listeners: ((kind: Kind) => void)[] = []
  /** The kinds that are notified at the end of the current turn. */
  readonly #pending: Kind[] = []

  add(listener: (kind: Kind) => void): void {
    this.#listeners.push(listener)
  }

  /**
   * Notifies the listeners of a kind once a turn, after the current code has run. So a listener may
   * do anything at once.
   */
  notify(kind: Kind): void {
    if (this.#pending.includes(kind)) return
    this.#pending.push(kind)
    doNext(() => {
      this.#pending.splice(this.#pending.indexOf(kind), 1)
      for (const listener of this.#listeners) listener(kind)
    })
  }
}
