import { InvalidSecret } from '../../../relay/ports/secret-store.ts'
import type { ThreadResult } from './messages.ts'

/** What comes of work, as data for another thread. Never rejects. */
export async function resultOf<T>(work: Promise<T>): Promise<ThreadResult<T>> {
  try {
    return { value: await work }
  } catch (cause) {
    // A copy keeps neither the class nor what an error has beside its text.
    const error = cause instanceof Error ? cause : new Error(String(cause))
    return { error: plainError(error), isInvalidSecret: error instanceof InvalidSecret }
  }
}

/** Throws what the work in the other thread threw. */
export function settledValue<T>(result: ThreadResult<T>): T {
  if ('value' in result) return result.value
  throw result.isInvalidSecret ? new InvalidSecret(result.error.message) : result.error
}

function plainError({ message, stack }: Error): Error {
  const plain = new Error(message)
  if (stack !== undefined) plain.stack = stack
  return plain
}
