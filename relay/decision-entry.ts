import { objectName } from './model/event.ts'
import { namespacedName } from './model/kubernetes.ts'
import type { Decision } from './ports.ts'

const LEVELS = {
  delivered: 'info',
  skipped: 'info',
  suppressed: 'info',
  retry: 'warn',
  dead: 'error',
} as const

/** A decision as every host logs it: one entry, whose message is the outcome. */
export function decisionEntry({ record, latencyMs }: Decision) {
  const { outcome, alert, provider, dueAt } = record
  return {
    level: LEVELS[outcome],
    message: outcome,
    fields: {
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
    },
  }
}
