/**
 * The thread in which the relay's database lives: commits and checkpoints wait for the disk here, and
 * the event loop of the relay goes on. It is a program of its own, for `new Worker`.
 */
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { errorData } from './error-data.ts'
import { openFile } from './open-file.ts'
import type { Batch } from './relay-database.ts'
import { ReserveFile } from './reserve.ts'
import { ReservedEngine } from './reserved-engine.ts'
import { RELAY_SCHEMA } from './schema.ts'
import { SqlEngine, type SqlResult } from './sql-engine.ts'
import { BatchReader } from './thread-batch.ts'
import type {
  AnswerData,
  FromDatabaseThread,
  ThreadData,
  ToDatabaseThread,
} from './thread-messages.ts'
import { resultsData } from './thread-results.ts'

/**
 * After so long without a question the log is moved into the file, in milliseconds. What was answered
 * last has then been sent on, and nobody waits. A commit that had to do it would keep waiting whoever
 * asked for it.
 */
const IDLE_MS = 2

/**
 * The fewest pages for which the log is moved. Moving these takes 2.6 ms on a good disk, and half
 * of them 2.2.
 */
const IDLE_LOG_PAGES = 200

/**
 * The shortest time between two moves, in milliseconds. In a busy one each page of the log was written
 * several times, and is moved once. At 100 events a second the log needs as long for `IDLE_LOG_PAGES`.
 */
const MOVE_EVERY_MS = 200

const { file, port } = workerData as ThreadData

try {
  const { path, connection } = openFile(file, RELAY_SCHEMA)
  const engine = new ReservedEngine(new SqlEngine(path, connection), {
    reserve: new ReserveFile(path),
    onTrouble: (error) => tell({ kind: 'trouble', ...(error && { error: errorData(error) }) }),
  })
  serve(engine, port)
  tell({ kind: 'opened', path })
} catch (error) {
  tell({ kind: 'failed', error: errorData(error) })
  port.close()
}

/** Takes everything that arrived while the disk was busy, and commits it together. */
function serve(engine: ReservedEngine, from: MessagePort): void {
  const reader = new BatchReader()
  let rest: NodeJS.Timeout | undefined
  const moveLog = () => {
    if (rest !== undefined || !engine.checkpoint(IDLE_LOG_PAGES)) return
    rest = setTimeout(() => {
      rest = undefined
      idle.refresh()
    }, MOVE_EVERY_MS)
  }
  const idle = setTimeout(moveLog, IDLE_MS)
  from.on('message', (first: ToDatabaseThread) => {
    const messages = [first]
    for (let next = receiveMessageOnPort(from); next; next = receiveMessageOnPort(from)) {
      messages.push(next.message as ToDatabaseThread)
    }
    run(
      engine,
      messages.flatMap((message) => (message.kind === 'batch' ? reader.read(message.batch) : [])),
    )
    if (!messages.some(({ kind }) => kind === 'close')) idle.refresh()
    else {
      clearTimeout(idle)
      clearTimeout(rest)
      close(engine, from)
    }
  })
}

function run(engine: ReservedEngine, batches: readonly Batch[]): void {
  const queries = batches.flatMap((batch) => batch.queries)
  if (queries.length > 0) {
    tell({ kind: 'rows', answers: queries.map((query) => dataOf(engine.query(query))) })
  }
  const units = batches.flatMap((batch) => batch.units)
  if (units.length > 0) tell({ kind: 'results', results: resultsData(engine.commit(units)) })
}

function close(engine: ReservedEngine, from: MessagePort): void {
  try {
    engine.close()
    tell({ kind: 'closed' })
  } catch (error) {
    tell({ kind: 'failed', error: errorData(error) })
  }
  from.close()
}

function dataOf<T>(answer: SqlResult<T>): AnswerData<T> {
  return answer.kind === 'ok' ? answer : { kind: 'failed', error: errorData(answer.error) }
}

function tell(message: FromDatabaseThread): void {
  port.postMessage(message)
}
