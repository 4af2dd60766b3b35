import type { Clock } from '../../../relay/ports/clock.ts'
import type { ReadGauges } from '../../kit/read-gauges.ts'
import type { ClusterReadings } from './readings.ts'
import { sharedReading } from './shared-reading.ts'

/** Notes that events of a cluster came now. */
export type HeardOf = (cluster: string) => void

/** Registers what there is to tell of each cluster. It is all looked up when it is asked for. */
export function clusterGauges(
  gauges: ReadGauges,
  readings: ClusterReadings,
  clock: Pick<Clock, 'now'>,
): HeardOf {
  const configurations = sharedReading(async () => {
    const known = await readings.configurations()
    return known.filter(({ cluster }) => readings.isServed(cluster))
  })
  configurationGauges(gauges, configurations)
  parkedGauge(gauges, configurations, readings)
  return lastEventGauge(gauges, readings, clock)
}

function lastEventGauge(
  gauges: ReadGauges,
  { earlierEvents, isServed }: ClusterReadings,
  clock: Pick<Clock, 'now'>,
): HeardOf {
  const heardAt = new Map<string, number>()
  let earlier: ReadonlyMap<string, number> | undefined
  gauges.add({
    name: 'flux_relay_last_event_timestamp_seconds',
    help: 'When events of a cluster last came, seconds since the epoch.',
    labelNames: ['cluster'],
    async read() {
      earlier ??= await earlierEvents()
      return [...earlier, ...heardAt]
        .filter(([cluster]) => isServed(cluster))
        .map(([cluster, at]) => ({ labels: { cluster }, value: at / 1_000 }))
    },
  })
  return (cluster) => heardAt.set(cluster, clock.now())
}

function configurationGauges(
  gauges: ReadGauges,
  configurations: ClusterReadings['configurations'],
): void {
  gauges.add({
    name: 'flux_relay_last_configuration_timestamp_seconds',
    help: 'When the configuration of a cluster was last taken, seconds since the epoch; the source is folder, or sent.',
    labelNames: ['cluster', 'source'],
    async read() {
      const known = await configurations()
      return known.map(({ cluster, source, takenAt }) => ({
        labels: { cluster, source },
        value: takenAt / 1_000,
      }))
    },
  })
  gauges.add({
    name: 'flux_relay_objects_not_ready',
    help: 'Alerts and Providers of a cluster that take no effect.',
    labelNames: ['cluster'],
    async read() {
      const known = await configurations()
      return known.map(({ cluster, notReady }) => ({ labels: { cluster }, value: notReady }))
    },
  })
}

function parkedGauge(
  gauges: ReadGauges,
  configurations: ClusterReadings['configurations'],
  { parkedCounts }: ClusterReadings,
): void {
  gauges.add({
    name: 'flux_relay_parked_destinations',
    help: 'Destinations of a cluster that fail, or asked to be left alone, whose deliveries wait until one is answered.',
    labelNames: ['cluster'],
    async read() {
      const known = await configurations()
      const none = known.map(({ cluster }) => [cluster, 0] as const)
      const counts = new Map([...none, ...parkedCounts()])
      return [...counts].map(([cluster, value]) => ({ labels: { cluster }, value }))
    },
  })
}
