import { Logger } from '@aws-lambda-powertools/logger'
import type { Context } from 'aws-lambda'
import { decisionEntry } from '../../relay/pipeline/decision-entry.ts'
import type { Decision } from '../../relay/ports/observer.ts'
import type { Environment } from './environment.ts'

type Write = (message: string, fields: Readonly<Record<string, unknown>>) => void

/** The log of the functions, with one JSON line for each entry. */
export interface Log {
  readonly info: Write
  readonly warn: Write
  readonly error: Write
}

/** The log of a function. Its lines name the invocation that they belong to. */
export interface FunctionLog extends Log {
  readonly debug: Write
  /** Begins an invocation. */
  begin(invocation: Pick<Context, 'awsRequestId'>): void
}

/** The levels, the most severe first. */
const LEVELS = ['ERROR', 'WARN', 'INFO', 'DEBUG'] as const

/**
 * A log on stdout, which Lambda hands to CloudWatch Logs. It keeps the level itself: what Lambda sets as
 * AWS_LAMBDA_LOG_LEVEL, which has to let metrics through, goes before any other for Powertools.
 *
 * `function_request_id` is the `RequestId` of Lambda's own line REPORT, and `xray_trace_id` its
 * `XRAY TraceId`; `cold_start` tells whether the invocation is the first of its container.
 */
export function createLog({ logLevel }: Pick<Environment, 'logLevel'>): FunctionLog {
  const logger = new Logger({ serviceName: 'flux-relay', logLevel })
  const at = (level: (typeof LEVELS)[number], write: Write): Write =>
    LEVELS.indexOf(level) <= LEVELS.indexOf(logLevel) ? write : () => undefined
  let isFirst = true
  return {
    begin({ awsRequestId }) {
      logger.appendKeys({ function_request_id: awsRequestId, cold_start: isFirst })
      isFirst = false
    },
    debug: at('DEBUG', (message, fields) => logger.debug(message, fields)),
    info: at('INFO', (message, fields) => logger.info(message, fields)),
    warn: at('WARN', (message, fields) => logger.warn(message, fields)),
    error: at('ERROR', (message, fields) => logger.error(message, fields)),
  }
}

/** Wraps a handler, and starts the log for each invocation. */
export function logged<Event, Invocation, Result>(
  log: FunctionLog,
  handle: (event: Event, invocation: Invocation) => Result,
): (event: Event, invocation: Invocation & Pick<Context, 'awsRequestId'>) => Result {
  return (event, invocation) => {
    log.begin(invocation)
    return handle(event, invocation)
  }
}

/**
 * Logs one line for a decision about a Delivery, with the same fields as the embedded host. A
 * delivery that its first try delivered is logged at DEBUG: it would be half of what the log costs,
 * and metrics and ledger tell the same.
 */
export function logDecision(log: Omit<FunctionLog, 'begin'>, decision: Decision): void {
  const { level, message, fields } = decisionEntry(decision)
  const isRoutine = fields.outcome === 'delivered' && fields.tries === 1
  log[isRoutine ? 'debug' : level](message, fields)
}
