import { compileRoutingTable, type RoutingTable } from './pipeline/routing-table.ts'
import type { ConfigStore } from './ports.ts'

/** Most clusters whose compiled configuration is kept; the least recently used goes first. */
const MAX_TABLES = 500

/** The compiled configuration of each cluster, compiled once a revision. */
export interface RoutingTables {
  /** Undefined for a cluster without configuration. Rejects when the store cannot be read. */
  of(cluster: string): Promise<RoutingTable | undefined>
}

export function createRoutingTables(configs: ConfigStore): RoutingTables {
  const tables = new Map<string, RoutingTable>()
  return {
    async of(cluster) {
      const known = tables.get(cluster)
      const read = await configs.read(cluster, known?.revision)
      tables.delete(cluster)
      if (read === undefined) return undefined
      const table = read === 'unchanged' ? known : compileRoutingTable(read)
      if (!table) throw new Error(`configuration of ${cluster}: unchanged since no revision`)
      tables.set(cluster, table)
      evictOldest(tables)
      return table
    },
  }
}

function evictOldest(tables: Map<string, RoutingTable>): void {
  const [oldest] = tables.keys()
  if (tables.size > MAX_TABLES && oldest !== undefined) tables.delete(oldest)
}
