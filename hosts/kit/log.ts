import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import { isoTime } from '../../relay/model/time.ts'
import { decisionEntry } from '../../relay/pipeline/decision-entry.ts'
import type { Decision } from '../../relay/ports/observer.ts'
import { createLogOutput, type LogOutput, standardOutput } from './log-output.ts'

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
  const output = destination ?? sharedOutput()
  const log = pino(options, pretty ? await forPerson(output) : output)
  if (destination === undefined) {
    sharedOutput().onLost((lost) => log.warn(lost, 'lines before this one were lost'))
  }
  return log
}

async function forPerson(output: DestinationStream): Promise<DestinationStream> {
  // Only a terminal needs it, and it is heavy.
  const { prettyStream } = await import('./pretty-log.ts')
  return prettyStream(output)
}

let shared: LogOutput | undefined

/** Standard output for all logs of this process: its end is heard of once. */
function sharedOutput(): LogOutput {
  if (shared === undefined) {
    const output = createLogOutput(standardOutput())
    process.on('exit', () => output.end())
    shared = output
  }
  return shared
}

/** One line for a decision about a Delivery; its message is the outcome. */
export function logDecision(log: Log, decision: Decision): void {
  const { level, message, fields } = decisionEntry(decision)
  log[level](fields, message)
}
