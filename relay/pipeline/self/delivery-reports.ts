import type { DeliveryRecord, LedgerRecord } from '../../model/delivery.ts'
import { objectName } from '../../model/event.ts'
import { namespacedName } from '../../model/kubernetes.ts'
import { LaterVersion } from '../../model/stored/errors.ts'
import type { RoutingTables } from '../routing-tables.ts'
import { rememberFailing } from './failing-providers.ts'
import { DELIVERY_DEAD, isSelfEvent, reportSelf, type SelfEvent } from './self-event.ts'
import { beginTrouble, endTrouble, type TroublePorts, troubleKey } from './troubles.ts'
import { Untroubled } from './untroubled.ts'

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
  const untroubled = new Untroubled(ports.clock)
  return {
    report(record) {
      if (record.kind === 'event') return undefined
      const news = newsOf(record, ports.clock.now())
      const { cluster, event, provider } = record
      if (news === undefined || provider === undefined || isSelfEvent(event)) return undefined
      if (!tables.known(cluster)?.tellsOfProviders) return undefined
      const key = troubleKey(cluster, provider.uid)
      if (news === 'arrived' && untroubled.has(key)) return undefined
      const reporting = REPORTS[news](ports, record, provider, key).then(() => {
        if (news === 'failing') untroubled.delete(key)
        if (news === 'arrived') untroubled.add(key)
      })
      return reporting.catch(leaveToLater)
    },
  }
}

/** A delivery that was sent, and is not recorded, would be sent again. Throws any other error. */
function leaveToLater(error: unknown): void {
  if (!(error instanceof LaterVersion)) throw error
}

/** What a decision may tell of its Provider. */
type News = 'dead' | 'failing' | 'arrived'

/**
 * What a decision may tell of its Provider; undefined when that is nothing. Any delivery that arrives may end what was
 * told of another one, which may have died or begun a new chain since.
 */
function newsOf(record: DeliveryRecord, now: number): News | undefined {
  const { id, status, tries, toldIn, chainStartedAt } = record
  // One that ended with the message of another says nothing that the other one has not said.
  if (toldIn !== undefined && toldIn !== id && tries === 0) return undefined
  if (status.kind === 'waiting') {
    const isFailing = status.why === 'failed' && now - chainStartedAt >= FAILING_AFTER_MS
    return isFailing ? 'failing' : undefined
  }
  if (status.outcome === 'dead') return 'dead'
  return status.outcome === 'delivered' ? 'arrived' : undefined
}

type Provider = NonNullable<DeliveryRecord['provider']>

const REPORTS = { dead: reportDeath, failing: begin, arrived: end } as const

function reportDeath(ports: TroublePorts, record: DeliveryRecord, provider: Provider) {
  return reportSelf(ports, [deadReport(record, provider)])
}

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

async function begin(
  ports: TroublePorts,
  record: DeliveryRecord,
  provider: Provider,
  key: string,
): Promise<void> {
  const { cluster, status, chainStartedAt: since } = record
  const minutes = Math.floor((ports.clock.now() - since) / 60_000)
  const name = namespacedName(provider)
  await rememberFailing(ports, cluster, provider)
  await beginTrouble(ports, key, since, {
    ...{ cluster, kind: 'Provider', object: provider, severity: 'error' },
    reason: 'DestinationFailing',
    message: `Deliveries to Provider ${name} have failed for ${minutes} minutes: ${status.reason}`,
    occasion: ['failing', provider.uid, String(since)],
  })
}

function end(
  ports: TroublePorts,
  { cluster }: DeliveryRecord,
  provider: Provider,
  key: string,
): Promise<void> {
  const name = namespacedName(provider)
  return endTrouble(ports, key, ports.clock.now(), (since) => ({
    ...{ cluster, kind: 'Provider', object: provider, severity: 'info' },
    reason: 'DestinationRecovered',
    message: `Deliveries to Provider ${name} arrive again; they had failed since ${new Date(since).toISOString()}`,
    occasion: ['recovered', provider.uid, String(since)],
  }))
}
