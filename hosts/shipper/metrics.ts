import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Clock } from '../../relay/ports/clock.ts'
import { createReadGauges, type ReadGauges } from '../kit/read-gauges.ts'
import type { SpoolDepth } from './spool/spool.ts'

/** What the Kubernetes API is used for. */
export type KubernetesPart = 'events' | 'objects' | 'config' | 'labels' | 'status'

/** The number of objects in the set that the relay has. */
export interface ConfigCounts {
  readonly alerts: number
  readonly providers: number
  readonly notReady: number
}

/** The counters of the shipper, for Prometheus. */
export interface ShipperMetrics {
  readonly contentType: string
  /** The metrics in Prometheus' text format. */
  text(): Promise<string>
  spooled(events: number): void
  /** Counts events that the other source had brought already. */
  known(events: number): void
  /** Counts a Kubernetes Event that no relay would accept. */
  eventSkipped(): void
  /** Counts a post that was not taken. `cause` is the code of the problem that its sender got. */
  postRefused(cause: string): void
  sent(events: number): void
  refused(): void
  /** Counts events that were dropped because they were too old. */
  dropped(events: number): void
  sendFailed(reason: string): void
  kubernetesFailed(part: KubernetesPart): void
  configPut(counts: ConfigCounts): void
  configFailed(reason: string): void
  secretWritten(): void
  secretDeleted(): void
  secretFailed(): void
}

export interface ShipperMetricsOptions {
  /** Returns what is in the spool. Called at every scrape. */
  readonly depth: () => SpoolDepth
  /** Called once for a scrape in which the spool could not be read, and so is not told. */
  readonly onFailure?: (error: unknown) => void
  readonly clock: Pick<Clock, 'now' | 'elapsed'>
}

const PREFIX = 'flux_relay_shipper_'

/** Makes the shipper's metrics in their own registry, together with those of the process. */
export function createShipperMetrics({
  depth,
  onFailure = () => undefined,
  clock,
}: ShipperMetricsOptions): ShipperMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const gauges = createReadGauges((options) => new Gauge({ ...options, registers: [registry] }))
  addSpoolGauges(gauges, depth, clock)
  return {
    contentType: registry.contentType,
    async text() {
      const text = await registry.metrics()
      const failure = gauges.takeFailure()
      if (failure) onFailure(failure.error)
      return text
    },
    ...eventCounters(registry),
    ...configMetrics(registry, clock),
    ...secretCounters(registry),
  }
}

function eventCounters(registry: Registry) {
  const spooled = counter(registry, 'spooled', 'Events taken and kept on disk.')
  const known = counter(registry, 'known', 'Events that the other source had brought before.')
  const skipped = counter(registry, 'skipped', 'Kubernetes Events that no relay would accept.')
  const posts = counter(registry, 'posts_refused', 'Posts that were not taken, by cause.', 'cause')
  const sent = counter(registry, 'sent', 'Events that the relay has.')
  const refused = counter(registry, 'refused', 'Events that the relay will never take, set aside.')
  const dropped = counter(registry, 'dropped', 'Events deleted unsent because they were too old.')
  const failures = counter(
    registry,
    'send_failures',
    'Requests to the relay that have to be repeated, by HTTP status or what failed.',
    'reason',
  )
  return {
    spooled: (events: number) => spooled.inc(events),
    known: (events: number) => known.inc(events),
    eventSkipped: () => skipped.inc(),
    postRefused: (cause: string) => posts.inc({ cause }),
    sent: (events: number) => sent.inc(events),
    refused: () => refused.inc(),
    dropped: (events: number) => dropped.inc(events),
    sendFailed: (reason: string) => failures.inc({ reason }),
  }
}

function configMetrics(registry: Registry, clock: Pick<Clock, 'elapsed'>) {
  const kubernetesFailures = counter(
    registry,
    'kubernetes_failures',
    'Requests to the Kubernetes API that did not succeed, by what they were for.',
    'part',
  )
  const failures = counter(
    registry,
    'config_failures',
    'Uploads of Alerts and Providers that did not succeed, by HTTP status or what failed.',
    'reason',
  )
  let last: (ConfigCounts & { readonly at: number }) | undefined
  const count = (name: string, help: string, read: (counts: ConfigCounts) => number) =>
    addGauge(registry, name, help, () => (last === undefined ? 0 : read(last)))
  count('alerts', 'Alerts that the relay has.', ({ alerts }) => alerts)
  count('providers', 'Providers that the relay has.', ({ providers }) => providers)
  count(
    'not_ready_objects',
    'Alerts and Providers that take no effect.',
    ({ notReady }) => notReady,
  )
  const ageHelp = 'Time since the last upload of Alerts and Providers; -1 before the first.'
  addGauge(registry, 'config_age_seconds', ageHelp, () =>
    last === undefined ? -1 : (clock.elapsed() - last.at) / 1_000,
  )
  return {
    kubernetesFailed: (part: KubernetesPart) => kubernetesFailures.inc({ part }),
    configPut: (counts: ConfigCounts) => {
      last = { ...counts, at: clock.elapsed() }
    },
    configFailed: (reason: string) => failures.inc({ reason }),
  }
}

function secretCounters(registry: Registry) {
  const written = counter(registry, 'secrets_written', 'Copies of Secrets that were written.')
  const deleted = counter(registry, 'secrets_deleted', 'Copies of Secrets that were deleted.')
  const failures = counter(registry, 'secret_failures', 'Tries to copy that have to be repeated.')
  return {
    secretWritten: () => written.inc(),
    secretDeleted: () => deleted.inc(),
    secretFailed: () => failures.inc(),
  }
}

function addSpoolGauges(
  gauges: ReadGauges,
  depth: () => SpoolDepth,
  clock: Pick<Clock, 'now'>,
): void {
  const gauge = (name: string, help: string, read: (depth: SpoolDepth) => number) =>
    gauges.add({
      ...{ name: `${PREFIX}${name}`, help },
      read: async () => [{ value: read(depth()) }],
    })
  gauge('spool_events', 'Events that wait.', ({ events }) => events)
  const laterHelp = 'Those of them that only a later version of the shipper can send.'
  gauge('spool_later_events', laterHelp, ({ later }) => later)
  gauge('spool_bytes', 'Size of their JSON texts.', ({ bytes }) => bytes)
  gauge('spool_oldest_age_seconds', 'How long the oldest event waits.', ({ oldestAt }) =>
    oldestAt === undefined ? 0 : Math.max(0, clock.now() - oldestAt) / 1_000,
  )
  gauge('refused_events', 'Refused events that are kept aside.', ({ refused }) => refused)
}

function counter(registry: Registry, name: string, help: string, ...labelNames: string[]) {
  return new Counter({ name: `${PREFIX}${name}_total`, help, labelNames, registers: [registry] })
}

/** Adds a gauge. `read` is called at every scrape. */
function addGauge(registry: Registry, name: string, help: string, read: () => number): void {
  const gauge: Gauge = new Gauge({
    name: `${PREFIX}${name}`,
    help,
    registers: [registry],
    collect: () => gauge.set(read()),
  })
}
