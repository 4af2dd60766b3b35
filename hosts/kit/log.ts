import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import { isoTime } from '../../relay/model/time.ts'
import { decisionEntry } from '../../relay/pipeline/decision-entry.ts'
import type { Decision } from '../../relay/ports/observer.ts'

/** What the embedded host logs with. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

export interface LogOptions {
  /** Whether lines are written for a person's eyes instead of as JSON, such as on a terminal. */
  readonly pretty: boolean
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Default: stdout. */
  readonly destination?: DestinationStream
}

/** Makes the log. JSON lines have `level` as a word and `time` as RFC 3339. */
export async function createLog({ pretty, level, destination }: LogOptions): Promise<Logger> {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: () => `,"time":"${isoTime(Date.now())}"`,
    formatters: { level: (label) => ({ level: label }) },
  }
  if (!pretty) return pino(options, destination ?? sharedOutput())
  // Only a terminal needs it, and it is heavy.
  const { prettyStream } = await import('./pretty-log.ts')
  return pino(options, prettyStream(destination))
}

/** How long a line waits for others at most. Milliseconds. */
const FLUSH_MS = 10

let shared: DestinationStream | undefined

/** Standard output for all logs of this process: what listens for its end does so once. */
function sharedOutput(): DestinationStream {
  shared ??= standardOutput()
  return shared
}

/**
 * Standard output, to which the lines of some milliseconds go at once: a write of its own for each
 * decision is a tenth of what a delivery costs. What was logged is out soon, and when the process exits.
 */
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: true })
  let lines = ''
  const flush = () => {
    if (lines === '') return
    output.write(lines)
    lines = ''
  }
  process.on('exit', flush)
  return {
    write(line) {
      if (lines === '') setTimeout(flush, FLUSH_MS)
      lines += line
    },
  }
}

/** One line for a decision about a Delivery; its message is the outcome. */
export function logDecision(log: Log, decision: Decision): void {
  const { level, message, fields } = decisionEntry(decision)
  log[level](fields, message)
}
