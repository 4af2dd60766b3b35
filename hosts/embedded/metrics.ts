import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import manifest from '../../package.json' with { type: 'json' }
import type { EventCounts } from '../../relay/api/receive-events.ts'
import type { RefusedRequest } from '../../relay/api/refused-request.ts'
import { countedAs, reachedBy } from '../../relay/model/delivery.ts'
import type { StoredForm } from '../../relay/model/stored/errors.ts'
import type { Fault } from '../../relay/pipeline/dispatch-failure.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { Decision } from '../../relay/ports/observer.ts'
import type { MessageKind } from '../../relay/ports/quarantine.ts'
import { providerTypes } from '../../relay/providers/registry.ts'
import { createReadGauges } from '../kit/read-gauges.ts'
import { clusterGauges } from './gauges/cluster-gauges.ts'
import {
  type QuarantineDepth,
  type QueueDepth,
  quarantineGauges,
  queueGauges,
} from './gauges/queue-gauges.ts'
import type { ClusterReadings, StoreReadings } from './gauges/readings.ts'
import { sharedReading } from './gauges/shared-reading.ts'
import { storeGauges } from './gauges/store-gauges.ts'

/** What the embedded host counts, for Prometheus. */
export interface Metrics {
  readonly contentType: string
  /** The metrics in Prometheus' text format. */
  text(): Promise<string>
  /** Counts a request's events. The cluster must be a known one: it becomes a label. */
  received(cluster: string, counts: EventCounts): void
  /** Counts a request with events whose sender proved nothing. */
  unauthorized(): void
  /** Counts a request that was refused, whatever it was for. */
  refused(request: RefusedRequest): void
  decided(decision: Decision): void
  /** Counts a message that dispatch did not take. */
  rejected(fault: Fault): void
  setAside(kind: MessageKind): void
  /** Counts a memory that is damaged, and begins anew. */
  memoryDamaged(memory: StoredForm): void
}

export interface MetricsOptions {
  /** Called at every scrape. */
  readonly queueDepth: () => Promise<QueueDepth>
  /** Called at every scrape. */
  readonly quarantineDepth: () => Promise<QuarantineDepth>
  /** Whether the database can be written, asked at every scrape. */
  readonly isWritable?: () => boolean
  /** How many deliveries were found long past due so far, asked at every scrape. */
  readonly overdue?: () => number
  /** Reads the gauges of clusters; without it only counters tell of clusters. */
  readonly clusters?: ClusterReadings
  /** Reads the gauges of the store; without it only whether it can be written is told. */
  readonly store?: StoreReadings
  /** Called once for a scrape in which something could not be read, and so is not told. */
  readonly onFailure?: (error: unknown) => void
  readonly clock: Pick<Clock, 'now'>
}

/** The buckets of the latency, in seconds: from a fast chat post to the last retry of a day. */
const LATENCY_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 43_200, 90_000]

/** How often the delay of the event loop is looked at; every 10 ms cost half of what an idle relay needs. */
const EVENT_LOOP_PERIOD_MS = 50

/** Makes the host's metrics, in a registry of their own, with those of the process. */
export function createMetrics({
  queueDepth,
  quarantineDepth,
  isWritable = () => true,
  overdue = () => 0,
  clusters,
  store,
  onFailure = () => undefined,
  clock,
}: MetricsOptions): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: EVENT_LOOP_PERIOD_MS,
  })
  buildInfo(registry)
  const countEvents = eventCounters(registry)
  const gauges = createReadGauges((options) => new Gauge({ ...options, registers: [registry] }))
  const heardOf = clusters && clusterGauges(gauges, clusters, clock)
  if (store) storeGauges(gauges, store, clock)
  const decided = deliveryMetrics(registry)
  const unauthorized = new Counter({
    name: 'flux_relay_events_unauthorized_total',
    help: 'Requests with events that were refused because their token was missing or wrong.',
    registers: [registry],
  })
  queueGauges(gauges, sharedReading(queueDepth), clock)
  quarantineGauges(gauges, sharedReading(quarantineDepth))
  storageGauge(registry, isWritable)
  overdueCounter(registry, overdue)
  return {
    contentType: registry.contentType,
    async text() {
      const text = await registry.metrics()
      const failure = gauges.takeFailure()
      if (failure) onFailure(failure.error)
      return text
    },
    received(cluster, counts) {
      countEvents(cluster, counts)
      if (counts.accepted + counts.duplicates > 0) heardOf?.(cluster)
    },
    unauthorized: () => unauthorized.inc(),
    refused: refusalCounter(registry),
    decided,
    ...rejectionCounters(registry),
    memoryDamaged: damageCounter(registry),
  }
}

function buildInfo(registry: Registry): void {
  const info = new Gauge({
    name: 'flux_relay_build_info',
    help: 'Always 1; the labels tell the version of the relay and that of Node.',
    labelNames: ['version', 'node_version'],
    registers: [registry],
  })
  info.set({ version: manifest.version, node_version: process.versions.node }, 1)
}

function eventCounters(registry: Registry): Metrics['received'] {
  const counter = (what: string, help: string) =>
    new Counter({
      name: `flux_relay_events_${what}_total`,
      help,
      labelNames: ['cluster'],
      registers: [registry],
    })
  const accepted = counter('accepted', 'Events accepted and queued, duplicates left out.')
  const duplicate = counter('duplicate', 'Events sent again within minutes, and not queued again.')
  const rejected = counter('rejected', 'Events refused as not valid.')
  const begun = new Set<string>()
  return (cluster, counts) => {
    const isFirst = !begun.has(cluster)
    if (isFirst) begun.add(cluster)
    // From 0 on, so that a rule sees the first one too. After that a 0 changes nothing, and has its price.
    const add = (counter: Counter, count: number) => {
      if (isFirst || count > 0) counter.inc({ cluster }, count)
    }
    add(accepted, counts.accepted)
    add(duplicate, counts.duplicates)
    add(rejected, counts.rejected)
  }
}

function refusalCounter(registry: Registry): Metrics['refused'] {
  const refused = new Counter({
    name: 'flux_relay_requests_refused_total',
    help: 'Requests that were refused, by the code of the problem that the sender was told.',
    labelNames: ['cause', 'status', 'method', 'path', 'cluster'],
    registers: [registry],
  })
  return ({ problem: { code, status }, method, path = '', cluster = '' }) =>
    refused.inc({ cause: code, status, method: methodLabel(method), path, cluster })
}

function deliveryMetrics(registry: Registry): Metrics['decided'] {
  const deliveries = new Counter({
    name: 'flux_relay_deliveries_total',
    help: 'Decisions about deliveries; each retry is one. Those of an observed cluster that would have been sent are observed.',
    labelNames: ['outcome', 'provider_type'],
    registers: [registry],
  })
  // From 0 on, so that a rule sees the first one too.
  for (const type of ['none', 'unknown', ...providerTypes.keys()]) {
    deliveries.inc({ outcome: 'dead', provider_type: type }, 0)
  }
  const latency = new Histogram({
    name: 'flux_relay_delivery_latency_seconds',
    help: 'From the acceptance of an event to its delivery.',
    labelNames: ['provider_type'],
    buckets: LATENCY_BUCKETS,
    registers: [registry],
  })
  return ({ record, latencyMs }) => {
    const provider_type = typeLabel(reachedBy(record).provider?.type)
    const outcome = countedAs(record)
    deliveries.inc({ outcome, provider_type })
    if (outcome === 'delivered') latency.observe({ provider_type }, latencyMs / 1_000)
  }
}

function overdueCounter(registry: Registry, overdue: () => number): void {
  new Counter({
    name: 'flux_relay_found_overdue_total',
    help: 'Deliveries that were half an hour past due, and had lost their messages; they are tried again.',
    registers: [registry],
    collect() {
      this.reset()
      this.inc(overdue())
    },
  })
}

function rejectionCounters(registry: Registry): Pick<Metrics, 'rejected' | 'setAside'> {
  const rejected = new Counter({
    name: 'flux_relay_dispatch_rejections_total',
    help: 'Messages that were not dispatched, by whose fault it was: host or message; or damaged, or of a later version.',
    labelNames: ['fault'],
    registers: [registry],
  })
  const setAside = new Counter({
    name: 'flux_relay_set_aside_total',
    help: 'Messages that were set aside, with their cause in the log.',
    labelNames: ['kind'],
    registers: [registry],
  })
  return {
    rejected: (fault) => rejected.inc({ fault }),
    setAside: (kind) => setAside.inc({ kind }),
  }
}

function damageCounter(registry: Registry): Metrics['memoryDamaged'] {
  const damaged = new Counter({
    name: 'flux_relay_damaged_memories_total',
    help: 'Memories of the relay that no version can read, and that begin anew; the log names each.',
    labelNames: ['memory'],
    registers: [registry],
  })
  return (memory) => damaged.inc({ memory })
}

function storageGauge(registry: Registry, isWritable: () => boolean): void {
  const writable: Gauge = new Gauge({
    name: 'flux_relay_storage_writable',
    help: 'Whether the database can be written: while it is 0, nothing is accepted or sent.',
    registers: [registry],
    collect: () => writable.set(isWritable() ? 1 : 0),
  })
}

/** A client can send any method that node:http reads, so only those of the API become labels. */
function methodLabel(method: string): string {
  return ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH'].includes(method) ? method : 'other'
}

/** A manifest can name any type, so only known ones become labels. */
function typeLabel(type: string | undefined): string {
  if (type === undefined) return 'none'
  return providerTypes.has(type) ? type : 'unknown'
}
