import { Logger } from '@aws-lambda-powertools/logger'
import { objectName } from '../../relay/model/event.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'
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

const LEVELS = {
  delivered: 'info',
  skipped: 'info',
  suppressed: 'info',
  retry: 'warn',
  dead: 'error',
} as const

/** One line for a decision about a Delivery, with the fields that the embedded host's has. */
export function logDecision(log: Log, { record, latencyMs }: Decision): void {
  const { outcome, alert, provider, dueAt } = record
  log[LEVELS[outcome]](outcome, {
    event: record.eventId,
    cluster: record.cluster,
    object: objectName(record.event.involvedObject),
    alert: alert && namespacedName(alert),
    provider: provider && namespacedName(provider),
    providerType: provider?.type,
    outcome,
    reason: record.reason,
    // A record that waits for a retry counts the try to come.
    attempt: outcome === 'retry' ? record.attempt - 1 : record.attempt,
    latencyMs,
    delivery: record.id,
    dueAt: dueAt === undefined ? undefined : new Date(dueAt).toISOString(),
  })
}
