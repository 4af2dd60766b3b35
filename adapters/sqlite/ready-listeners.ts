import type { MessageKind } from '../../relay/ports.ts'

/** Those who are told that there may be something to lease. */
export class ReadyListeners {
  readonly #listeners: ((kind: MessageKind) => void)[] = []
  /** Kinds of which is told at the end of what runs now. */
  readonly #pending = new Set<MessageKind>()

  add(listener: (kind: MessageKind) => void): void {
    this.#listeners.push(listener)
  }

  /** Once a turn is enough, and outside of whatever runs: a listener is free to lease at once. */
  notify(kind: MessageKind): void {
    if (this.#pending.has(kind)) return
    this.#pending.add(kind)
    queueMicrotask(() => {
      this.#pending.delete(kind)
      for (const listener of this.#listeners) listener(kind)
    })
  }
}
