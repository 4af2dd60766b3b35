import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { DatabaseError } from './database-error.ts'
import { type ErrorData, errorOf } from './error-data.ts'
import {
  type Backend,
  type BackendListener,
  BatchingDatabase,
  type Pace,
  type RelayDatabase,
} from './relay-database.ts'
import type { SqlResult } from './sql-engine.ts'
import { BatchWriter } from './thread-batch.ts'
import type {
  AnswerData,
  FromDatabaseThread,
  ThreadData,
  ToDatabaseThread,
} from './thread-messages.ts'
import { resultsOf } from './thread-results.ts'

/**
 * The URL of the thread's program. It is beside this file, whether that is a source or part of a
 * bundle.
 */
const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './database-thread.ts' : './database-thread.mjs',
  import.meta.url,
)

/**
 * Room for young objects in the thread, in MiB. They are messages, and garbage once they are answered: V8 alone
 * takes 33 MB for them in a long load.
 */
const MAX_YOUNG_MB = 8

/**
 * Opens the relay's database in a thread of its own. Rejects with `DatabaseError`; see `openFile`.
 * `onDeath` is called when the thread ends before it is closed: nothing that was asked for since is
 * answered, and nothing will be, so the process has to end. `pace` does what follows from the answers,
 * of which hundreds may come at once.
 */
export async function openThreadedDatabase(
  file: string,
  onDeath: (error: Error) => void,
  pace?: Pace,
): Promise<RelayDatabase> {
  const { port1: port, port2 } = new MessageChannel()
  const data: ThreadData = { file, port: port2 }
  const worker = new Worker(PROGRAM, {
    workerData: data,
    transferList: [port2],
    resourceLimits: { maxYoungGenerationSizeMb: MAX_YOUNG_MB },
  })
  const opened = Promise.withResolvers<string>()
  const closed = Promise.withResolvers<void>()
  // Only who closes it waits for that.
  closed.promise.catch(() => undefined)
  let answers: BackendListener | undefined
  let trouble: DatabaseError | undefined
  let isOver = false
  const fail = (error: Error) => {
    isOver = true
    opened.reject(error)
    closed.reject(error)
  }
  const take = (message: FromDatabaseThread) => {
    if (message.kind === 'rows') answers?.rows(message.answers.map(answerOf))
    if (message.kind === 'results') answers?.results(resultsOf(message.results))
    if (message.kind === 'trouble') {
      trouble = troubleOf(message.error)
      answers?.trouble(trouble)
    }
    if (message.kind === 'opened') opened.resolve(message.path)
    if (message.kind === 'failed') fail(errorOf(message.error))
    if (message.kind === 'closed') {
      isOver = true
      closed.resolve()
    }
  }
  port.on('message', take)
  let reason = 'it ended by itself'
  worker.on('error', (error) => {
    reason = error instanceof Error ? error.message : String(error)
  })
  worker.on('exit', () => {
    for (let last = receiveMessageOnPort(port); last; last = receiveMessageOnPort(port)) {
      take(last.message as FromDatabaseThread)
    }
    if (isOver) return
    const died = new Error(`the thread of the database ${file} died: ${reason}`)
    fail(died)
    onDeath(died)
  })
  const path = await opened.promise
  const backend = (told: BackendListener) => {
    answers = told
    told.trouble(trouble)
    return backendOf(port, closed.promise)
  }
  return new BatchingDatabase(path, backend, pace)
}

function backendOf(port: MessagePort, closed: Promise<void>): Backend {
  const tell = (message: ToDatabaseThread) => port.postMessage(message)
  const writer = new BatchWriter()
  return {
    run: (batch) => tell({ kind: 'batch', batch: writer.write(batch) }),
    async close() {
      tell({ kind: 'close' })
      await closed
    },
  }
}

function troubleOf(data: ErrorData | undefined): DatabaseError | undefined {
  const error = data && errorOf(data)
  return error instanceof DatabaseError ? error : undefined
}

function answerOf<T>(answer: AnswerData<T>): SqlResult<T> {
  return answer.kind === 'ok' ? answer : { kind: 'failed', error: errorOf(answer.error) }
}
