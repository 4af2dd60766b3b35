import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { EventCounts } from '../../relay/api/receive-events.ts'
import type { RefusedRequest } from '../../relay/api/refused-request.ts'
import { outcomeOf, reachedBy } from '../../relay/model/delivery.ts'
import type { Fault } from '../../relay/pipeline/dispatch-failure.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { Decision } from '../../relay/ports/observer.ts'
import type { MessageCounts, MessageKind } from '../../relay/ports/quarantine.ts'
import { providerTypes } from '../../relay/providers/registry.ts'

/** How much waits in the queue. Times are milliseconds since the epoch. */
export interface QueueDepth {
  readonly events: number
  readonly retries: number
  /** When the event that waits longest was accepted. */
  readonly oldestEventAt?: number
  /** When the first retry is due, or was. */
  readonly oldestRetryDueAt?: number
}

/** How much is set aside. */
export interface QuarantineDepth {
  readonly messages: MessageCounts
  readonly bytes: number
}

/** What the embedded host counts, for Prometheus. */
export interface Metrics {
  readonly contentType: string
  /** The metrics in Prometheus' text form. */
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
}

export interface MetricsOptions {
  /** Asked at every scrape. */
  readonly queueDepth: () => Promise<QueueDepth>
  /** Asked at every scrape. */
  readonly quarantineDepth: () => Promise<QuarantineDepth>
  /** Whether the database can be written, asked at every scrape. */
  readonly isWritable?: () => boolean
  /** How many deliveries were found long past due so far, asked at every scrape. */
  readonly overdue?: () => number
  readonly clock: Pick<Clock, 'now'>
}

/** From a fast chat post to the last retry of a day. Seconds. */
const LATENCY_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 43_200, 90_000]

/** How often the delay of the event loop is looked at; every 10 ms cost half of what an idle relay needs. */
const EVENT_LOOP_PERIOD_MS = 50

/** Makes the host's metrics, in a registry of their own, with those of the process. */
export function createMetrics({
  queueDepth,
  quarantineDepth,
  isWritable = () => true,
  overdue = () => 0,
  clock,
}: MetricsOptions): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: EVENT_LOOP_PERIOD_MS,
  })
  const received = eventCounters(registry)
  const decided = deliveryMetrics(registry)
  const unauthorized = new Counter({
    name: 'flux_relay_events_unauthorized_total',
    help: 'Requests with events that were refused for want of a right token.',
    registers: [registry],
  })
  queueGauges(registry, queueDepth, clock)
  quarantineGauges(registry, quarantineDepth)
  storageGauge(registry, isWritable)
  overdueCounter(registry, overdue)
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    received,
    unauthorized: () => unauthorized.inc(),
    refused: refusalCounter(registry),
    decided,
    ...rejectionCounters(registry),
  }
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
  return (cluster, counts) => {
    accepted.inc({ cluster }, counts.accepted)
    duplicate.inc({ cluster }, counts.duplicates)
    rejected.inc({ cluster }, counts.rejected)
  }
}

function refusalCounter(registry: Registry): Metrics['refused'] {
  const refused = new Counter({
    name: 'flux_relay_requests_refused_total',
    help: 'Requests that were refused, by the code of the problem that the sender was told.',
    labelNames: ['cause', 'status', 'path', 'cluster'],
    registers: [registry],
  })
  return ({ problem: { code, status }, path, cluster }) =>
    refused.inc({ cause: code, status, path: path ?? '', cluster: cluster ?? '' })
}

function deliveryMetrics(registry: Registry): Metrics['decided'] {
  const deliveries = new Counter({
    name: 'flux_relay_deliveries_total',
    help: 'Decisions about deliveries; each retry is one.',
    labelNames: ['outcome', 'provider_type'],
    registers: [registry],
  })
  const latency = new Histogram({
    name: 'flux_relay_delivery_latency_seconds',
    help: 'From the acceptance of an event to its delivery.',
    labelNames: ['provider_type'],
    buckets: LATENCY_BUCKETS,
    registers: [registry],
  })
  return ({ record, latencyMs }) => {
    const provider_type = typeLabel(reachedBy(record).provider?.type)
    const outcome = outcomeOf(record)
    deliveries.inc({ outcome, provider_type })
    if (outcome === 'delivered') latency.observe({ provider_type }, latencyMs / 1_000)
  }
}

function overdueCounter(registry: Registry, overdue: () => number): void {
  new Counter({
    name: 'flux_relay_found_overdue_total',
    help: 'Deliveries that were half an hour past due and that nothing waited for; they are tried again.',
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
    help: 'Messages that dispatch did not take: by a fault of the host or the message, damaged, or of a later version.',
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

function quarantineGauges(registry: Registry, depth: () => Promise<QuarantineDepth>): void {
  const messages: Gauge = new Gauge({
    name: 'flux_relay_quarantine_messages',
    help: 'Messages that are set aside now.',
    labelNames: ['kind'],
    registers: [registry],
    collect: async () => {
      const { event, retry } = (await depth()).messages
      messages.set({ kind: 'event' }, event)
      messages.set({ kind: 'retry' }, retry)
    },
  })
  const bytes: Gauge = new Gauge({
    name: 'flux_relay_quarantine_bytes',
    help: 'Bytes of the messages that are set aside now.',
    registers: [registry],
    collect: async () => bytes.set((await depth()).bytes),
  })
}

function storageGauge(registry: Registry, isWritable: () => boolean): void {
  const writable: Gauge = new Gauge({
    name: 'flux_relay_storage_writable',
    help: 'Whether the database can be written: while it is 0, nothing is accepted or sent.',
    registers: [registry],
    collect: () => writable.set(isWritable() ? 1 : 0),
  })
}

/** A manifest can name any type, so only known ones become labels. */
function typeLabel(type: string | undefined): string {
  if (type === undefined) return 'none'
  return providerTypes.has(type) ? type : 'unknown'
}

function queueGauges(
  registry: Registry,
  queueDepth: () => Promise<QueueDepth>,
  clock: Pick<Clock, 'now'>,
): void {
  const gauge = (name: string, help: string, read: (depth: QueueDepth) => QueueValues) => {
    const created: Gauge = new Gauge({
      name,
      help,
      labelNames: ['queue'],
      registers: [registry],
      collect: async () => {
        const { events, retries } = read(await queueDepth())
        created.set({ queue: 'events' }, events)
        created.set({ queue: 'retries' }, retries)
      },
    })
  }
  const ageSeconds = (since?: number) =>
    since === undefined ? 0 : Math.max(0, clock.now() - since) / 1_000
  gauge('flux_relay_queue_depth', 'Messages that wait.', (depth) => depth)
  gauge(
    'flux_relay_queue_oldest_age_seconds',
    'How long the first event waits, and the first retry after it was due.',
    ({ oldestEventAt, oldestRetryDueAt }) => ({
      events: ageSeconds(oldestEventAt),
      retries: ageSeconds(oldestRetryDueAt),
    }),
  )
}

interface QueueValues {
  readonly events: number
  readonly retries: number
}
