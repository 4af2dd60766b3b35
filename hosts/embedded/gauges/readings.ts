import type { DiskSpace } from '../../../adapters/sqlite/disk-space.ts'

/** A cluster's configuration, as metrics tell it. */
export interface ConfigurationReading {
  readonly cluster: string
  /** When it was taken, in milliseconds since the epoch. */
  readonly takenAt: number
  /** How many of its objects take no effect. */
  readonly notReady: number
  /** `folder`: the relay read it from its manifests; `sent`: the cluster sent it. */
  readonly source: 'folder' | 'sent'
  /** When a shipper last sent it, in milliseconds since the epoch. */
  readonly heardAt?: number | null
  /** The version of that shipper. */
  readonly shipper?: string | null
}

/** What the host knows of its clusters, asked at every scrape. */
export interface ClusterReadings {
  /** When the last event of each cluster was accepted before this process began. Milliseconds since the epoch. */
  earlierEvents(): Promise<ReadonlyMap<string, number>>
  configurations(): Promise<readonly ConfigurationReading[]>
  /** Whether the cluster may send; of one that was deleted nothing is told, though there are records. */
  isServed(cluster: string): boolean
  /** How many destinations are parked, by cluster. */
  parkedCounts(): ReadonlyMap<string, number>
}

/** What the host knows of its store, asked at every scrape. */
export interface StoreReadings {
  /** When the oldest event was accepted of which something is still to be delivered. Milliseconds since the epoch. */
  oldestOpen(): Promise<number | undefined>
  /** How many deliveries are dead and not dismissed; 10,000 when there are more. */
  deadCount(): Promise<number>
  /** The space of the disk; undefined when the system does not tell it. */
  diskSpace(): Promise<DiskSpace | undefined>
}
