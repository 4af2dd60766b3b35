/**
 * The thread in which the relay's database lives: commits and checkpoints wait for the disk here, and
 * the event loop of the relay goes on. It is a program of its own, for `new Worker`.
 */
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { errorData } from './error-data.ts'
import { openFile } from './open-file.ts'
import type { Batch } from './relay-database.ts'
import { RELAY_SCHEMA } from './schema.ts'
import { type Answer, SqlEngine } from './sql-engine.ts'
import { BatchReader } from './thread-batch.ts'
import type { AnswerData, FromThread, ThreadData, ToThread } from './thread-messages.ts'
import { resultsData } from './thread-results.ts'

const { file, port } = workerData as ThreadData

try {
  const { path, connection } = openFile(file, RELAY_SCHEMA)
  serve(new SqlEngine(path, connection), port)
  tell({ kind: 'opened', path })
} catch (error) {
  tell({ kind: 'failed', error: errorData(error) })
  port.close()
}

/** Takes all that has arrived while the disk was busy, and commits it at once. */
function serve(engine: SqlEngine, from: MessagePort): void {
  const reader = new BatchReader()
  from.on('message', (first: ToThread) => {
    const messages = [first]
    for (let next = receiveMessageOnPort(from); next; next = receiveMessageOnPort(from)) {
      messages.push(next.message as ToThread)
    }
    run(
      engine,
      messages.flatMap((message) => (message.kind === 'batch' ? reader.read(message.batch) : [])),
    )
    if (messages.some(({ kind }) => kind === 'close')) close(engine, from)
  })
}

function run(engine: SqlEngine, batches: readonly Batch[]): void {
  const queries = batches.flatMap((batch) => batch.queries)
  if (queries.length > 0) {
    tell({ kind: 'rows', answers: queries.map((query) => dataOf(engine.query(query))) })
  }
  const units = batches.flatMap((batch) => batch.units)
  if (units.length > 0) tell({ kind: 'results', results: resultsData(engine.commit(units)) })
}

function close(engine: SqlEngine, from: MessagePort): void {
  try {
    engine.close()
    tell({ kind: 'closed' })
  } catch (error) {
    tell({ kind: 'failed', error: errorData(error) })
  }
  from.close()
}

function dataOf<T>(answer: Answer<T>): AnswerData<T> {
  return answer.kind === 'ok' ? answer : { kind: 'failed', error: errorData(answer.error) }
}

function tell(message: FromThread): void {
  port.postMessage(message)
}
