import { UsageError } from '../../client/usage-error.ts'
import type { ListedCluster } from '../../relay/api/schemas/clusters.ts'
import { formatAge } from '../output/age.ts'
import { formatDocument, type OutputFormat, print, warnLine } from '../output/print.ts'
import { formatTable } from '../output/table.ts'
import { type RelayFlags, withRelay } from '../relay/options.ts'

export interface GetClustersFlags extends RelayFlags {
  readonly output: OutputFormat
}

/** Shows the clusters of a relay, and when each was last heard of. */
export async function getClusters(
  names: readonly string[],
  { output, ...flags }: GetClustersFlags,
): Promise<void> {
  const all = await withRelay(flags, (api) => api.clusters())
  const found = all.filter(({ name }) => names.length === 0 || names.includes(name))
  const missing = names.filter((name) => !all.some((cluster) => cluster.name === name))
  if (output === 'json' || output === 'yaml') print(await formatDocument(found, output))
  else if (found.length > 0) print(clusterTable(found, output === 'wide'))
  else if (missing.length === 0) warnLine('No clusters found.')
  if (missing.length > 0) throw new UsageError(`there is no cluster ${missing.join(', ')}`, 1)
}

/** With `isWide` times are as they are, and not ages. */
function clusterTable(clusters: readonly ListedCluster[], isWide: boolean): string {
  const now = Date.now()
  const timeOf = (time: string | undefined) => {
    if (time === undefined) return ''
    return isWide ? time : formatAge(time, now)
  }
  return formatTable(
    ['NAME', 'LAST EVENT', 'LAST CONFIGURATION', 'SHIPPER', 'SILENT SINCE'],
    clusters.map(({ name, lastEventAt, lastConfigurationAt, shipperVersion, silentSince }) => [
      name,
      timeOf(lastEventAt),
      timeOf(lastConfigurationAt),
      shipperVersion ?? '',
      silentSince?.replace(/\.\d+Z$/, 'Z') ?? '',
    ]),
  )
}
