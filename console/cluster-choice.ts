import { ClusterList, type ListedCluster } from '../relay/api/schemas/clusters.ts'
import { read } from './answers.ts'
import { type Html, html } from './html.ts'
import type { ConsoleRelay } from './relay.ts'

/** The clusters of a relay, and which of them a page is about. */
export interface ClusterChoice {
  /** Those that have a configuration. */
  readonly clusters: readonly ListedCluster[]
  /** The one that the address names, else the first; undefined while there is none. */
  readonly chosen: string | undefined
}

/** Finds out which cluster a page is about. */
export async function chooseCluster(
  relay: ConsoleRelay,
  query: URLSearchParams,
): Promise<ClusterChoice> {
  const { clusters } = read(ClusterList, await relay.listClusters())
  const configured = clusters.filter((it) => it.lastConfigurationAt !== undefined)
  return { clusters: configured, chosen: query.get('cluster') ?? configured[0]?.name }
}

/** The field to choose a cluster by, for a form. */
export function clusterSelect({ clusters, chosen }: ClusterChoice): Html {
  const options = clusters.map(({ name }) => {
    const isOn = name === chosen ? html` selected` : []
    return html`<option${isOn}>${name}</option>`
  })
  return html`<label><span>Cluster</span><select name="cluster">${options}</select></label>`
}
