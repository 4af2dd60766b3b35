import { createHash } from 'node:crypto'
import type { Attempt, LedgerRecord } from '../../relay/model/delivery.ts'
import {
  deliveryRecord,
  event,
  eventRecord,
  type RecordChanges,
} from '../support/delivery-records.ts'

export const idOf = (text: string) => createHash('sha256').update(text).digest('hex')

const MESSAGES: ReadonlyArray<readonly [string, string, string]> = [
  ['info', 'ReconciliationSucceeded', 'Reconciliation finished in 812ms, next run in 10m0s'],
  [
    'error',
    'HealthCheckFailed',
    'Health check failed after 5m0s: timeout waiting for: [Deployment/apps/podinfo status: InProgress]',
  ],
  ['info', 'Progressing', 'Deployment/apps/podinfo configured'],
  ['error', 'BuildFailed', 'kustomize build failed: accumulating resources: no such file'],
]

const OUTCOMES: ReadonlyArray<readonly [Attempt['outcome'], string]> = [
  ['delivered', 'slack answered 200'],
  ['delivered', 'slack answered 200'],
  ['retry', 'slack answered 503; the next try is later'],
  ['dead', 'slack answered 404: channel_not_found, after 3 tries'],
  ['skipped', 'severity: the Alert wants error, the event is info'],
  ['suppressed', 'the status has not changed since 06:12:04'],
]

/** Records as an ordinary day has them, the first one the latest. */
export function ordinaryRecords(now: number, count = 40): readonly LedgerRecord[] {
  return Array.from({ length: count }, (_, index) => ordinaryRecord(index, now))
}

/** The record at a place of these, with changes. */
export function ordinaryRecord(
  index: number,
  now: number,
  others: RecordChanges = {},
): LedgerRecord {
  const [severity, reason, message] = MESSAGES[index % MESSAGES.length] ?? ['', '', '']
  const [outcome, why] = OUTCOMES[index % OUTCOMES.length] ?? ['delivered', '']
  const name = ['podinfo', 'infrastructure', 'monitoring', 'cert-manager'][index % 4] ?? ''
  const acceptedAt = now - index * 97_000 - 5_000
  const answered = outcome === 'delivered' ? 200 : 503
  const changes: RecordChanges = {
    id: idOf(`delivery ${index}`),
    eventId: idOf(`event ${index}`),
    cluster: index % 3 === 0 ? 'prod-eu-1' : 'staging',
    event: { ...event(name, message), severity, reason },
    acceptedAt,
    outcome,
    reason: why,
    dueAt: now + 240_000,
    tries: outcome === 'retry' ? 2 : 1,
    attempts:
      outcome === 'skipped' || outcome === 'suppressed'
        ? []
        : [
            {
              attempt: 1,
              startedAt: acceptedAt + 40,
              durationMs: 184,
              outcome,
              reason: why,
              status: answered,
              responseExcerpt: answered === 200 ? 'ok' : '{"error": "unavailable"}',
            },
          ],
    ...others,
  }
  return index % 13 === 12 ? eventRecord(changes) : deliveryRecord(changes)
}
