import type { DiskSpace } from '../../../adapters/sqlite/disk-space.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import type { ReadGauges } from '../../kit/read-gauges.ts'
import type { StoreReadings } from './readings.ts'
import { sharedReading } from './shared-reading.ts'

/** Registers what there is to tell of the store: what is open in it, and the room that it has. */
export function storeGauges(
  gauges: ReadGauges,
  { oldestOpen, deadCount, diskSpace }: StoreReadings,
  clock: Pick<Clock, 'now'>,
): void {
  const gauge = (name: string, help: string, read: () => Promise<number>) => {
    gauges.add({
      ...{ name: `flux_relay_${name}`, help },
      read: async () => [{ value: await read() }],
    })
  }
  const readSpace = sharedReading(diskSpace)
  // No number where the system does not say: 0 would be a full disk.
  const spaceGauge = (name: string, help: string, read: (space: DiskSpace) => number) =>
    gauge(name, help, async () => {
      const space = await readSpace()
      return space === undefined ? Number.NaN : read(space)
    })
  gauge(
    'oldest_open_age_seconds',
    'Since the oldest event came of which something is still to be delivered; 0 when nothing is.',
    async () => {
      const acceptedAt = await oldestOpen()
      return acceptedAt === undefined ? 0 : Math.max(0, clock.now() - acceptedAt) / 1_000
    },
  )
  gauge(
    'dead_deliveries',
    'Deliveries that were given up, and that nobody has sent again or dismissed since.',
    deadCount,
  )
  spaceGauge(
    'database_size_bytes',
    'Size of the database with its log.',
    ({ databaseBytes }) => databaseBytes,
  )
  spaceGauge(
    'disk_free_bytes',
    'What the relay may still use of the disk of its data folder.',
    ({ freeBytes }) => freeBytes,
  )
  spaceGauge(
    'disk_size_bytes',
    'Size of the disk of the data folder.',
    ({ diskBytes }) => diskBytes,
  )
}
