import type { ServerResponse } from 'node:http'

/** The answers of a server that take time to be sent: streams, and long bodies. */
export class AnswersUnderWay {
  readonly #answers = new Set<ServerResponse>()
  #unreadTimeoutMs: number

  /** `unreadTimeoutMs` is how long an answer waits for a client that takes nothing of it. */
  constructor(unreadTimeoutMs: number) {
    this.#unreadTimeoutMs = unreadTimeoutMs
  }

  /** Closes the connection of an answer when its client takes nothing of it any more. */
  add(answer: ServerResponse): void {
    answer.setTimeout(this.#unreadTimeoutMs, () => answer.destroy())
    this.#answers.add(answer)
    answer.once('close', () => this.#answers.delete(answer))
  }

  /** Lets no answer wait for longer than this from now on, whether it is under way or begins later. Milliseconds. */
  hurry(unreadTimeoutMs: number): void {
    this.#unreadTimeoutMs = Math.min(this.#unreadTimeoutMs, unreadTimeoutMs)
    for (const answer of this.#answers) answer.setTimeout(this.#unreadTimeoutMs)
  }
}
