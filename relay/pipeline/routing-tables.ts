import { type Awaitable, whenThere } from '../model/awaitable.ts'
import type { ConfigSnapshot } from '../model/config.ts'
import { FLEET } from '../model/fleet.ts'
import type { Ports } from '../ports/ports.ts'
import { usesFleet } from './fleet.ts'
import { compileInSlices, type RoutingTable } from './routing-table.ts'
import { type SharedReads, shareReads } from './shared-reads.ts'
import { noPause, type Pause } from './slices.ts'

/**
 * The most clusters whose compiled configuration is kept. The least recently used is forgotten
 * first.
 */
const MAX_TABLES = 500

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

/** Waits for `pause` between the parts of a set that is compiled. */
export function createRoutingTables(ports: TablePorts, pause: Pause = noPause): RoutingTables {
  const clusters = new Map<string, TableReader>()
  const fleet = fleetReader(ports)
  const use = (cluster: string) => {
    const known = clusters.get(cluster)
    // The only one is the latest already.
    if (known !== undefined && clusters.size === 1) return known
    const reads = known ?? tableReader({ ports, fleet, pause }, cluster)
    clusters.delete(cluster)
    clusters.set(cluster, reads)
    return reads
  }
  return {
    of(cluster) {
      const table = use(cluster).latest()
      evictOldest(clusters)
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
}

/** What the tables of all clusters are read with. */
interface TableParts {
  readonly ports: TablePorts
  readonly fleet: FleetReader
  readonly pause: Pause
}

/**
 * Reads the routing table of a cluster. Compiles it when the revision has changed since the last
 * read, or the set of the fleet that it uses. Asks for all of it at once, which a host may have in one item
 * or one request.
 */
function tableReader({ ports, fleet, pause }: TableParts, cluster: string): TableReader {
  const { configs, modes } = ports
  let known: TableInForce | undefined
  let knownFleet: ConfigSnapshot | undefined
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
      return known
    }
    knownFleet = usesFleet(snapshot.manifests) ? (ahead ?? (await fleet.latest())) : undefined
    known = { ...(await compileInSlices(snapshot, pause, knownFleet)), isObserved }
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

/**
 * Forgets the least recently used cluster. One that is being read stays; otherwise the next callers
 * would read it a second time.
 */
function evictOldest(clusters: Map<string, TableReader>): void {
  if (clusters.size <= MAX_TABLES) return
  for (const [cluster, reads] of clusters) {
    if (reads.isBusy) continue
    clusters.delete(cluster)
    return
  }
}
