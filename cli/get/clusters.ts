import { UsageError } from '../../client/usage-error.ts'
import type { ListedCluster, NotTakenEvents } from '../../relay/api/schemas/clusters.ts'
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
  const { clusters: all, notTaken = [] } = await withRelay(flags, (api) => api.clusters())
  const found = all.filter(({ name }) => names.length === 0 || names.includes(name))
  const missing = names.filter((name) => !all.some((cluster) => cluster.name === name))
  if (output === 'json' || output === 'yaml') print(await formatDocument(found, output))
  else if (found.length > 0) print(clusterTable(found, output === 'wide'))
  else if (missing.length === 0) warnLine('No clusters found.')
  const [last] = notTaken
  if (last && names.length === 0) {
    const from = last.address === undefined ? '' : `, the last from ${last.address}`
    warnLine(`not taken, and from no known cluster: ${notTakenText(notTaken)}${from}`)
  }
  if (missing.length > 0) throw new UsageError(`there is no cluster ${missing.join(', ')}`, 1)
}

/** With `isWide` times are as they are, and not ages. */
function clusterTable(clusters: readonly ListedCluster[], isWide: boolean): string {
  const now = Date.now()
  const timeOf = (time: string | undefined) => {
    if (time === undefined) return ''
    return isWide ? time : formatAge(time, now)
  }
  const rows = clusters.map((cluster) => [
    cluster.name,
    cluster.observed ? 'observed' : 'live',
    timeOf(cluster.lastEventAt),
    timeOf(cluster.lastConfigurationAt),
    cluster.shipperVersion ?? '',
    cluster.silentSince?.replace(/\.\d+Z$/, 'Z') ?? '',
    notTakenText(cluster.notTaken ?? []),
  ])
  const heading = ['NAME', 'MODE', 'LAST EVENT', 'LAST CONFIGURATION', 'SHIPPER', 'SILENT SINCE']
  // A relay on AWS does not count it, and an empty column would say that there was none.
  const isCounted = clusters.some(({ notTaken }) => notTaken !== undefined)
  return isCounted
    ? formatTable([...heading, 'NOT TAKEN'], rows)
    : formatTable(
        heading,
        rows.map((row) => row.slice(0, -1)),
      )
}

/** Such as `3 unauthorized (5m ago), 1 duplicate (2h ago)`. */
function notTakenText(notTaken: readonly NotTakenEvents[]): string {
  const now = Date.now()
  return notTaken
    .map(({ cause, count, lastAt }) => `${count} ${cause} (${formatAge(lastAt, now)} ago)`)
    .join(', ')
}
