import { Logger } from '@aws-lambda-powertools/logger'
import { decisionEntry } from '../../relay/decision-entry.ts'
import type { Decision } from '../../relay/ports.ts'
import type { Environment } from './environment.ts'

type Write = (message: string, fields: Readonly<Record<string, unknown>>) => void

/** What the functions log with: one JSON line each. */
export interface Log {
  readonly info: Write
  readonly warn: Write
  readonly error: Write
}

/** A log on stdout, which Lambda hands to CloudWatch Logs. */
export function createLog({ logLevel }: Pick<Environment, 'logLevel'>): Log {
  const logger = new Logger({ serviceName: 'flux-relay', logLevel })
  return {
    info: (message, fields) => logger.info(message, fields),
    warn: (message, fields) => logger.warn(message, fields),
    error: (message, fields) => logger.error(message, fields),
  }
}

/** One line for a decision about a Delivery, with the fields that the embedded host's has. */
export function logDecision(log: Log, decision: Decision): void {
  const { level, message, fields } = decisionEntry(decision)
  log[level](message, fields)
}
