import { monitorEventLoopDelay } from 'node:perf_hooks'
import { DatabaseSync } from 'node:sqlite'
import { BroadcastChannel, isMainThread } from 'node:worker_threads'
import { answerParent } from './asking.ts'

/** What the probe in a relay's process is asked. */
export type ProbeQuestion = 'begin' | 'event-loop' | 'rows'

/** How late the event loop was, in milliseconds. */
export interface EventLoopDelay {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** A sample is the time between two ticks of a timer, so as much of each is no delay. */
const RESOLUTION_MS = 1

const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
const connections = new Set<DatabaseSync>()

/** Between the main thread and that of the database, which loads this too. */
const threads = new BroadcastChannel('flux-relay-bench-rows')
threads.unref()

// Loaded before the relay (`node --import`), and before each thread that it starts.
if (isMainThread) answerParent((question) => answer(question as ProbeQuestion))
else {
  rememberConnections()
  threads.onmessage = (event) => {
    const { data } = event as { readonly data: unknown }
    // Another thread of the relay has no database, and hears what that of the database answers.
    if (data === 'rows' && connections.size > 0) threads.postMessage(rowsChanged())
  }
}

function answer(question: ProbeQuestion): unknown {
  if (question === 'rows') return rowsOfThread()
  if (question === 'event-loop') return eventLoopDelay()
  histogram.reset()
  histogram.enable()
  return undefined
}

/** Every connection begins with a statement that is executed at once. */
function rememberConnections(): void {
  const execute = DatabaseSync.prototype.exec
  DatabaseSync.prototype.exec = function (sql) {
    connections.add(this)
    return execute.call(this, sql)
  }
}

/** One thread of the relay has its database. */
function rowsOfThread(): Promise<unknown> {
  return new Promise((resolve) => {
    threads.onmessage = (event) => resolve((event as { readonly data: unknown }).data)
    threads.postMessage('rows')
  })
}

/** https://sqlite.org/lang_corefunc.html#total_changes */
function rowsChanged(): number {
  const open = [...connections].filter(({ isOpen }) => isOpen)
  const rows = open.map((it) => Number(it.prepare('SELECT total_changes() AS rows').get()?.rows))
  return rows.reduce((sum, count) => sum + count, 0)
}

function eventLoopDelay(): EventLoopDelay {
  histogram.disable()
  const late = (nanoseconds: number) => Math.max(nanoseconds / 1e6 - RESOLUTION_MS, 0)
  return {
    p50: late(histogram.percentile(50)),
    p99: late(histogram.percentile(99)),
    max: late(histogram.max),
  }
}
