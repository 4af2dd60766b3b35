import type { SetEdit } from './secret-sets.ts'

interface WaitingEdit {
  readonly edit: SetEdit
  readonly done: PromiseWithResolvers<void>
}

/**
 * Collects edits of a set that come during a write, so that they share the next one. Secrets
 * Manager allows about a hundred new versions of a secret a day.
 */
export class SharedEdits {
  readonly #change: (edit: SetEdit) => Promise<void>
  #waiting: WaitingEdit[] = []
  #isBusy = false

  constructor(change: (edit: SetEdit) => Promise<void>) {
    this.#change = change
  }

  /** Resolves when the edit is written. When the write fails, it rejects for all that shared it. */
  add(edit: SetEdit): Promise<void> {
    const done = Promise.withResolvers<void>()
    this.#waiting.push({ edit, done })
    if (!this.#isBusy) void this.#writeAll()
    return done.promise
  }

  async #writeAll(): Promise<void> {
    this.#isBusy = true
    while (this.#waiting.length > 0) {
      // Whoever asks in the same turn of the event loop is in it, too.
      await new Promise(setImmediate)
      const batch = this.#waiting
      this.#waiting = []
      const all: SetEdit = (secrets) => batch.reduce((edited, { edit }) => edit(edited), secrets)
      await this.#change(all).then(
        () => batch.forEach(({ done }) => void done.resolve()),
        (error: unknown) => batch.forEach(({ done }) => void done.reject(error)),
      )
    }
    this.#isBusy = false
  }
}
