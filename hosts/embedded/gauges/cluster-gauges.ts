import { Gauge, type Registry } from 'prom-client'
import type { Clock } from '../../../relay/ports/clock.ts'
import type { ClusterReadings } from './readings.ts'
import { sharedReading } from './shared-reading.ts'

/** Notes that events of a cluster came now. */
export type HeardOf = (cluster: string) => void

/** Registers what there is to tell of each cluster. It is all looked up when it is asked for. */
export function clusterGauges(
  registry: Registry,
  readings: ClusterReadings,
  clock: Pick<Clock, 'now'>,
): HeardOf {
  const configurations = sharedReading(async () => {
    const known = await readings.configurations()
    return known.filter(({ cluster }) => readings.isServed(cluster))
  })
  configurationGauges(registry, configurations)
  parkedGauge(registry, configurations, readings)
  return lastEventGauge(registry, readings, clock)
}

function lastEventGauge(
  registry: Registry,
  { earlierEvents, isServed }: ClusterReadings,
  clock: Pick<Clock, 'now'>,
): HeardOf {
  const heardAt = new Map<string, number>()
  let earlier: ReadonlyMap<string, number> | undefined
  const gauge: Gauge = new Gauge({
    name: 'flux_relay_last_event_timestamp_seconds',
    help: 'When events of a cluster last came, seconds since the epoch.',
    labelNames: ['cluster'],
    registers: [registry],
    async collect() {
      earlier ??= await earlierEvents()
      gauge.reset()
      for (const [cluster, at] of [...earlier, ...heardAt]) {
        if (isServed(cluster)) gauge.set({ cluster }, at / 1_000)
      }
    },
  })
  return (cluster) => heardAt.set(cluster, clock.now())
}

function configurationGauges(
  registry: Registry,
  configurations: ClusterReadings['configurations'],
): void {
  const taken: Gauge = new Gauge({
    name: 'flux_relay_last_configuration_timestamp_seconds',
    help: 'When the configuration of a cluster was last taken, seconds since the epoch; the source is folder, or sent.',
    labelNames: ['cluster', 'source'],
    registers: [registry],
    async collect() {
      const known = await configurations()
      taken.reset()
      for (const { cluster, source, takenAt } of known) {
        taken.set({ cluster, source }, takenAt / 1_000)
      }
    },
  })
  const notReady: Gauge = new Gauge({
    name: 'flux_relay_objects_not_ready',
    help: 'Alerts and Providers of a cluster that take no effect.',
    labelNames: ['cluster'],
    registers: [registry],
    async collect() {
      const known = await configurations()
      notReady.reset()
      for (const { cluster, notReady: count } of known) {
        notReady.set({ cluster }, count)
      }
    },
  })
}

function parkedGauge(
  registry: Registry,
  configurations: ClusterReadings['configurations'],
  { parkedCounts }: ClusterReadings,
): void {
  const gauge: Gauge = new Gauge({
    name: 'flux_relay_parked_destinations',
    help: 'Destinations of a cluster that fail, or asked to be left alone, whose deliveries wait until one is answered.',
    labelNames: ['cluster'],
    registers: [registry],
    async collect() {
      const clusters = (await configurations()).map(({ cluster }) => cluster)
      gauge.reset()
      for (const cluster of clusters) gauge.set({ cluster }, 0)
      for (const [cluster, count] of parkedCounts()) gauge.set({ cluster }, count)
    },
  })
}
