import type { ConfigStore } from '../ports/config-store.ts'
import { compileInSlices, type RoutingTable } from './routing-table.ts'
import { type SharedReads, shareReads } from './shared-reads.ts'
import { noPause, type Pause } from './slices.ts'

/** Most clusters whose compiled configuration is kept; the least recently used goes first. */
const MAX_TABLES = 500

/** The compiled configuration of each cluster. */
export interface RoutingTables {
  /**
   * The configuration that is stored after this call, so that an event which was accepted after a
   * change meets no older rules. However many ask, each revision is read and compiled once; when it
   * is still the one that was compiled, only the revision is read.
   *
   * Undefined for a cluster without configuration. Rejects when the store cannot be read or the
   * configuration cannot be compiled; whoever asks after that makes another try.
   */
  of(cluster: string): Promise<RoutingTable | undefined>
}

/** `pause` is waited for between parts of a set that is compiled. */
export function createRoutingTables(configs: ConfigStore, pause: Pause = noPause): RoutingTables {
  const clusters = new Map<string, SharedReads<RoutingTable | undefined>>()
  return {
    of(cluster) {
      const reads = clusters.get(cluster) ?? shareReads(tableReader(configs, cluster, pause))
      clusters.delete(cluster)
      clusters.set(cluster, reads)
      const table = reads.latest()
      evictOldest(clusters)
      return table
    },
  }
}

/** Reads the table of a cluster, and compiles it when it is another one than the last time. */
function tableReader(configs: ConfigStore, cluster: string, pause: Pause) {
  let known: RoutingTable | undefined
  return async () => {
    const read = await configs.read(cluster, known?.revision)
    if (read === 'unchanged') {
      if (!known) throw new Error(`configuration of ${cluster}: unchanged since no revision`)
      return known
    }
    known = read && (await compileInSlices(read, pause))
    return known
  }
}

/** One that is being read stays, or those who ask next would read it beside those who wait. */
function evictOldest(clusters: Map<string, SharedReads<unknown>>): void {
  if (clusters.size <= MAX_TABLES) return
  for (const [cluster, reads] of clusters) {
    if (reads.isBusy) continue
    clusters.delete(cluster)
    return
  }
}
