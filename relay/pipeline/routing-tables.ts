import { type Awaitable, whenThere } from '../model/awaitable.ts'
import type { ConfigSnapshot } from '../model/config.ts'
import { FLEET } from '../model/fleet.ts'
import type { Ports } from '../ports/ports.ts'
import { usesFleet } from './fleet.ts'
import { compileInSlices, type RoutingTable } from './routing-table.ts'
import { type SharedReads, shareReads } from './shared-reads.ts'
import { noPause, type Pause } from './slices.ts'

/**
 * The most Alerts and Providers of all clusters whose compiled form is kept. The least recently used cluster is forgotten
 * first; the one that is used now never is.
 */
const MAX_OBJECTS = 100_000

/**
 * What the compiled form of one object takes of the memory: 4 kB of an ordinary Alert, 7 kB of one with three rules.
 * Bytes.
 */
const OBJECT_BYTES = 6_000

/** The part of the memory that all of them may take: as much again is what they are made of, until that is collected. */
const MEMORY_SHARE = 1 / 3

/** As many objects each cluster counts as at least, so that there is a bound for clusters without any. */
const LEAST_OBJECTS = 20

/** The compiled configuration of a cluster, and the mode in which it is used. */
export interface TableInForce extends RoutingTable {
  /** Whether the cluster is observed: what its events lead to is recorded, and nothing is sent. */
  readonly isObserved: boolean
}

/** The compiled configuration of each cluster. */
export interface RoutingTables {
  /**
   * The compiled form of the configuration that is stored at the time of this call, so that an
   * event which was accepted after a change never meets older rules, or an older mode. However many callers ask, each
   * revision is read and compiled once; while it is the compiled one, only its name is read.
   * Undefined for a cluster without a configuration. Rejects when the store cannot be read or the
   * configuration cannot be compiled; the next caller tries again.
   */
  of(cluster: string): Awaitable<TableInForce | undefined>
  /**
   * The table that `of` gave last, which may be out of date. `of` gives the same object again while
   * the stored configuration and the mode are the same. Undefined before the first call of `of` for this cluster.
   */
  known(cluster: string): TableInForce | undefined
}

/** Where sets and modes are read. */
export type TablePorts = Pick<Ports, 'configs' | 'modes'>

/** How many objects are kept by a process that may take so much memory; undefined: nobody knows. */
export function objectsKeptIn(memoryBytes: number | undefined): number {
  if (memoryBytes === undefined) return MAX_OBJECTS
  return Math.min(MAX_OBJECTS, Math.floor((memoryBytes * MEMORY_SHARE) / OBJECT_BYTES))
}

/** Waits for `pause` between the parts of a set that is compiled. `maxObjects` is how many objects are kept. */
export function createRoutingTables(
  ports: TablePorts,
  pause: Pause = noPause,
  maxObjects = MAX_OBJECTS,
): RoutingTables {
  const clusters = new Map<string, TableReader>()
  let objects = 0
  const onGrowth = (by: number) => {
    objects += by
  }
  /** Forgets the least recently used clusters. One that is being read stays, or the next callers would read it a second time. */
  const makeRoom = (used: string) => {
    if (objects <= maxObjects) return
    for (const [cluster, reader] of clusters) {
      if (reader.isBusy || cluster === used) continue
      clusters.delete(cluster)
      objects -= reader.objects
      if (objects <= maxObjects) return
    }
  }
  const fleet = fleetReader(ports)
  const use = (cluster: string) => {
    const known = clusters.get(cluster)
    // The only one is the latest already.
    if (known !== undefined && clusters.size === 1) return known
    const reads = known ?? tableReader({ ports, fleet, pause, onGrowth }, cluster)
    clusters.delete(cluster)
    clusters.set(cluster, reads)
    return reads
  }
  return {
    of(cluster) {
      const table = use(cluster).latest()
      makeRoom(cluster)
      return table
    },
    known: (cluster) => clusters.get(cluster)?.known(),
  }
}

/** The reads of one cluster's routing table. */
interface TableReader extends Pick<SharedReads<unknown>, 'isBusy'> {
  /** The table that is in force after this call. */
  latest(): Awaitable<TableInForce | undefined>
  /** The table that was read last. */
  known(): TableInForce | undefined
  /** How many objects it counts as. */
  readonly objects: number
}

/** What the tables of all clusters are read with. */
interface TableParts {
  readonly ports: TablePorts
  readonly fleet: FleetReader
  readonly pause: Pause
  /** Told by how many objects a table has more than before; by fewer than 0 when it has less. */
  onGrowth(by: number): void
}

/**
 * Reads the routing table of a cluster. Compiles it when the revision has changed since the last
 * read, or the set of the fleet that it uses. Asks for all of it at once, which a host may have in one item
 * or one request.
 */
function tableReader({ ports, fleet, pause, onGrowth }: TableParts, cluster: string): TableReader {
  const { configs, modes } = ports
  let known: TableInForce | undefined
  let knownFleet: ConfigSnapshot | undefined
  let objects = 0
  const count = () => {
    const held = known ? known.alertsByUid.size + known.providers.size : 0
    const before = objects
    objects = Math.max(held, LEAST_OBJECTS)
    onGrowth(objects - before)
  }
  count()
  const reads = shareReads(async () => {
    const [read, isObserved, ahead] = await Promise.all([
      configs.read(cluster, known?.revision),
      modes.isObserved(cluster),
      known?.usesFleet ? fleet.latest() : undefined,
    ])
    if (read === 'unchanged') {
      if (!known) throw new Error(`configuration of ${cluster}: unchanged since no revision`)
      if (!known.usesFleet || ahead === knownFleet) {
        known = inMode(known, isObserved)
        return known
      }
    }
    const snapshot = read === 'unchanged' ? await configs.read(cluster) : read
    if (typeof snapshot !== 'object') {
      known = undefined
      count()
      return known
    }
    knownFleet = usesFleet(snapshot.manifests) ? (ahead ?? (await fleet.latest())) : undefined
    known = { ...(await compileInSlices(snapshot, pause, knownFleet)), isObserved }
    count()
    return known
  })
  const isCurrent = (table: TableInForce) =>
    configs.isCurrent?.(cluster, table.revision) === true &&
    (!table.usesFleet || fleet.isCurrent(knownFleet))
  return {
    latest() {
      const table = known
      if (!table || !isCurrent(table)) return reads.latest()
      return whenThere(modes.isObserved(cluster), (isObserved) => {
        const inForce = inMode(table, isObserved)
        // A newer one may have been read meanwhile.
        if (known === table) known = inForce
        return inForce
      })
    },
    get isBusy() {
      return reads.isBusy
    },
    get objects() {
      return objects
    },
    known: () => known,
  }
}

/** The reads of the set of the fleet. */
interface FleetReader {
  /** The set that is in force after this call. The same object while it is the same set. */
  latest(): Promise<ConfigSnapshot | undefined>
  /** Whether that set is in force now, as far as this can be told without a read. */
  isCurrent(set: ConfigSnapshot | undefined): boolean
}

function fleetReader({ configs }: Pick<TablePorts, 'configs'>): FleetReader {
  let known: ConfigSnapshot | undefined
  const reads = shareReads(async () => {
    const read = await configs.read(FLEET, known?.revision)
    if (read !== 'unchanged') known = read
    return known
  })
  return {
    latest: reads.latest,
    isCurrent: (set) =>
      set !== undefined && set === known && configs.isCurrent?.(FLEET, set.revision) === true,
  }
}

/** The same object while the mode is the same. */
function inMode(table: TableInForce, isObserved: boolean): TableInForce {
  return table.isObserved === isObserved ? table : { ...table, isObserved }
}
