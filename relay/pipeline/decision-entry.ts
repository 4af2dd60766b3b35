import { countedAs, isTest, reachedBy } from '../model/delivery.ts'
import { objectName } from '../model/event.ts'
import { namespacedName } from '../model/kubernetes.ts'
import type { Decision } from '../ports/observer.ts'

const LEVELS = {
  delivered: 'info',
  skipped: 'info',
  observed: 'info',
  suppressed: 'info',
  held: 'info',
  retry: 'warn',
  dead: 'error',
  failed: 'warn',
} as const

/** A decision as every host logs it: one entry, whose message is the outcome. */
export function decisionEntry({ record, latencyMs }: Decision) {
  const { status, attempt } = record
  const counted = countedAs(record)
  const outcome = isTest(record) && counted !== 'delivered' ? 'failed' : counted
  const { alert, provider } = reachedBy(record)
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
      reason: status.reason,
      // A record that waits for a retry counts the try to come.
      attempt: status.kind === 'waiting' ? attempt - 1 : attempt,
      tries: record.tries,
      latencyMs,
      delivery: record.id,
      test: isTest(record) || undefined,
      askedBy: record.kind === 'delivery' ? record.test?.by : undefined,
      dueAt: status.kind === 'waiting' ? new Date(status.dueAt).toISOString() : undefined,
    },
  }
}
