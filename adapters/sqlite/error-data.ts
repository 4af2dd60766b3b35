import { DatabaseError, type DatabaseErrorKind } from './database-error.ts'

/** An error as plain data, from which another thread can make the error again. */
export interface ErrorData {
  readonly text: string
  /** Present for a `DatabaseError`. */
  readonly problem?: { readonly file: string; readonly kind: DatabaseErrorKind }
  /** The message of its cause. */
  readonly cause?: string
}

export function errorData(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { text: String(error) }
  const { message } = error
  const cause = error.cause instanceof Error ? { cause: error.cause.message } : {}
  if (!(error instanceof DatabaseError)) return { text: message, ...cause }
  const { file, problem: kind } = error
  return { text: message.slice(`${file}: `.length), problem: { file, kind }, ...cause }
}

export function errorOf({ text, problem, cause }: ErrorData): Error {
  const reason = cause === undefined ? undefined : new Error(cause)
  if (problem === undefined) return new Error(text, { cause: reason })
  return new DatabaseError(problem.file, problem.kind, text, reason)
}
