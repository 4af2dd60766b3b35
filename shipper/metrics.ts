import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Clock } from '../relay/ports.ts'
import type { SpoolDepth } from './spool/spool.ts'

/** What the shipper counts, for Prometheus. */
export interface ShipperMetrics {
  readonly contentType: string
  /** The metrics in Prometheus' text form. */
  text(): Promise<string>
  spooled(): void
  sent(events: number): void
  refused(): void
  /** Events that were too old. */
  dropped(events: number): void
  sendFailed(reason: string): void
}

export interface ShipperMetricsOptions {
  /** Asked at every scrape. */
  readonly depth: () => SpoolDepth
  readonly clock: Pick<Clock, 'now'>
}

const PREFIX = 'flux_relay_shipper_'

/** Makes the shipper's metrics, in a registry of their own, with those of the process. */
export function createShipperMetrics({ depth, clock }: ShipperMetricsOptions): ShipperMetrics {
  const registers = [new Registry()]
  const [registry = new Registry()] = registers
  collectDefaultMetrics({ register: registry })
  spoolGauges(registry, depth, clock)
  const counter = (name: string, help: string) =>
    new Counter({ name: `${PREFIX}${name}_total`, help, registers })
  const spooled = counter('spooled', 'Events taken and kept on disk.')
  const sent = counter('sent', 'Events that the relay has.')
  const refused = counter('refused', 'Events that the relay will never take, set aside.')
  const dropped = counter('dropped', 'Events deleted unsent because they were too old.')
  const failures = new Counter({
    name: `${PREFIX}send_failures_total`,
    help: 'Requests to the relay that have to be repeated, by HTTP status or what failed.',
    labelNames: ['reason'],
    registers,
  })
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    spooled: () => spooled.inc(),
    sent: (events) => sent.inc(events),
    refused: () => refused.inc(),
    dropped: (events) => dropped.inc(events),
    sendFailed: (reason) => failures.inc({ reason }),
  }
}

function spoolGauges(registry: Registry, depth: () => SpoolDepth, clock: Pick<Clock, 'now'>): void {
  const gauge = (name: string, help: string, read: (depth: SpoolDepth) => number) => {
    const created: Gauge = new Gauge({
      name: `${PREFIX}${name}`,
      help,
      registers: [registry],
      collect: () => created.set(read(depth())),
    })
  }
  gauge('spool_events', 'Events that wait.', ({ events }) => events)
  gauge('spool_bytes', 'Size of their JSON texts.', ({ bytes }) => bytes)
  gauge('spool_oldest_age_seconds', 'How long the oldest event waits.', ({ oldestAt }) =>
    oldestAt === undefined ? 0 : Math.max(0, clock.now() - oldestAt) / 1_000,
  )
  gauge('refused_events', 'Refused events that are kept aside.', ({ refused }) => refused)
}
