import type { MessagePort } from 'node:worker_threads'
import type { ErrorData } from './error-data.ts'
import type { BatchData } from './thread-batch.ts'
import type { ResultsData } from './thread-results.ts'

/** The data with which the thread of a database is started. */
export interface ThreadData {
  readonly file: string
  readonly port: MessagePort
}

export type ToDatabaseThread =
  | { readonly kind: 'batch'; readonly batch: BatchData }
  /** The last message. Everything before it is finished first. */
  | { readonly kind: 'close' }

/** An `SqlResult` as plain data. */
export type AnswerData<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: ErrorData }

export type FromDatabaseThread =
  | { readonly kind: 'opened'; readonly path: string }
  /** The database could not be opened, or not be closed. */
  | { readonly kind: 'failed'; readonly error: ErrorData }
  | { readonly kind: 'rows'; readonly answers: readonly AnswerData<readonly unknown[]>[] }
  | { readonly kind: 'results'; readonly results: ResultsData }
  /** Nothing new can be stored; without an error it can again. */
  | { readonly kind: 'trouble'; readonly error?: ErrorData }
  | { readonly kind: 'closed' }
