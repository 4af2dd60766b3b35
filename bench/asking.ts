import type { ChildProcess } from 'node:child_process'

interface Question {
  readonly id: number
  readonly question: unknown
}

type Answer = { readonly id: number } & ({ readonly value: unknown } | { readonly error: string })

/** Asks a process that `answerParent` runs in; it must have a channel. */
export function createAsking(child: ChildProcess): (question: unknown) => Promise<unknown> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let last = 0
  child.on('message', (answer: Answer) => {
    const asked = waiting.get(answer.id)
    waiting.delete(answer.id)
    if ('error' in answer) asked?.reject(new Error(answer.error))
    else asked?.resolve(answer.value)
  })
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('the process has ended'))
    waiting.clear()
  })
  return (question) => {
    last += 1
    const asked = Promise.withResolvers<unknown>()
    waiting.set(last, asked)
    child.send({ id: last, question } satisfies Question)
    return asked.promise
  }
}

/**
 * Answers what the process that started this one asks, and ends with it. The channel alone keeps
 * no process running.
 */
export function answerParent(answer: (question: unknown) => unknown): void {
  process.on('message', async ({ id, question }: Question) => {
    try {
      process.send?.({ id, value: await answer(question) } satisfies Answer)
    } catch (error) {
      process.send?.({ id, error: String(error) } satisfies Answer)
    }
  })
  process.once('disconnect', () => process.exit(0))
  process.channel?.unref()
}
