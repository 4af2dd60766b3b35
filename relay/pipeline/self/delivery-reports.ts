import type { DeliveryRecord, LedgerRecord } from '../../model/delivery.ts'
import { objectName } from '../../model/event.ts'
import { namespacedName } from '../../model/kubernetes.ts'
import { LaterVersion } from '../../model/stored/errors.ts'
import type { RoutingTables } from '../routing-tables.ts'
import { DELIVERY_DEAD, isSelfEvent, reportSelf, type SelfEvent } from './self-event.ts'
import { beginTrouble, endTrouble, type TroublePorts, troubleKey } from './troubles.ts'

/** A destination whose deliveries fail for this long is told of, in milliseconds. */
const FAILING_AFTER_MS = 15 * 60_000

/** Reports what becomes of deliveries, as events of the relay about itself. */
export interface DeliveryReports {
  /**
   * Reports what a decision tells of its Provider, before the decision is stored: after a crash it is decided,
   * and reported, once more. Undefined where nobody would be told; what a later version remembers of a destination is
   * that one's to tell. Rejects when a store fails.
   */
  report(record: LedgerRecord): Promise<void> | undefined
}

/** `tables` tells whose Alerts want to be told of deliveries. */
export function createDeliveryReports(
  ports: TroublePorts,
  tables: Pick<RoutingTables, 'known'>,
): DeliveryReports {
  return {
    report(record) {
      if (record.kind === 'event' || !isNews(record, ports.clock.now())) return undefined
      const { cluster, event } = record
      if (isSelfEvent(event) || !tables.known(cluster)?.tellsOfProviders) return undefined
      return report(ports, record).catch(leaveToLater)
    },
  }
}

/** A delivery that was sent, and is not recorded, would be sent again. Throws any other error. */
function leaveToLater(error: unknown): void {
  if (!(error instanceof LaterVersion)) throw error
}

/** Whether a decision may tell something of its Provider. Most tell that it works, as it did. */
function isNews(record: DeliveryRecord, now: number): boolean {
  const { id, status, tries, toldIn, failures, chainStartedAt } = record
  // One that ended with the message of another says nothing that the other one has not said.
  if (toldIn !== undefined && toldIn !== id && tries === 0) return false
  if (status.kind === 'final' && status.outcome === 'dead') return true
  return failures > 0 && now - chainStartedAt >= FAILING_AFTER_MS
}

async function report(ports: TroublePorts, record: DeliveryRecord): Promise<void> {
  const { status, provider } = record
  if (provider === undefined) return
  if (status.kind === 'final' && status.outcome === 'dead') {
    await reportSelf(ports, [deadReport(record, provider)])
  }
  if (status.kind === 'waiting' && status.why === 'failed') await begin(ports, record, provider)
  if (status.kind === 'final' && status.outcome === 'delivered') await end(ports, record, provider)
}

type Provider = NonNullable<DeliveryRecord['provider']>

function deadReport(record: DeliveryRecord, provider: Provider): SelfEvent {
  const { id, cluster, status, event, alert, attempt } = record
  return {
    cluster,
    kind: 'Provider',
    object: provider,
    severity: 'error',
    reason: DELIVERY_DEAD,
    message: `A delivery to Provider ${namespacedName(provider)} is dead: ${status.reason}`,
    facts: {
      delivery: id,
      object: objectName(event.involvedObject),
      alert: namespacedName(alert),
    },
    occasion: ['dead', id, String(attempt)],
  }
}

function begin(ports: TroublePorts, record: DeliveryRecord, provider: Provider): Promise<void> {
  const { cluster, status, chainStartedAt: since } = record
  const minutes = Math.floor((ports.clock.now() - since) / 60_000)
  const name = namespacedName(provider)
  return beginTrouble(ports, keyOf(cluster, provider), since, {
    ...{ cluster, kind: 'Provider', object: provider, severity: 'error' },
    reason: 'DestinationFailing',
    message: `Deliveries to Provider ${name} have failed for ${minutes} minutes: ${status.reason}`,
    occasion: ['failing', provider.uid, String(since)],
  })
}

function end(ports: TroublePorts, { cluster }: DeliveryRecord, provider: Provider): Promise<void> {
  const name = namespacedName(provider)
  return endTrouble(ports, keyOf(cluster, provider), (since) => ({
    ...{ cluster, kind: 'Provider', object: provider, severity: 'info' },
    reason: 'DestinationRecovered',
    message: `Deliveries to Provider ${name} arrive again; they had failed since ${new Date(since).toISOString()}`,
    occasion: ['recovered', provider.uid, String(since)],
  }))
}

function keyOf(cluster: string, { uid }: Provider): string {
  return troubleKey(cluster, uid)
}
