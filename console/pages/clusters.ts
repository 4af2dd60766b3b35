import {
  ClusterList,
  type ListedCluster,
  type NotTakenEvents,
} from '../../relay/api/schemas/clusters.ts'
import { read } from '../answers.ts'
import { firstRun } from '../first-run.ts'
import { type Html, html } from '../html.ts'
import type { Asked, ConsolePage, Shown } from '../page.ts'
import { observedMark } from '../readiness.ts'
import { ago } from '../times.ts'

/** The clusters of the relay, and when each was last heard of. */
export const clustersPage: ConsolePage = { path: '/console/clusters', show }

async function show({ relay, now, origin }: Asked): Promise<Shown> {
  const { clusters, notTaken } = read(ClusterList, await relay.listClusters())
  const content =
    clusters.length === 0
      ? html`<h1>Clusters</h1>\n${firstRun(origin)}`
      : html`<h1>Clusters</h1>
<table class="list labelled">
<caption>${clusters.length} clusters that may send, or have a configuration</caption>
<thead><tr><th scope="col">Cluster</th><th scope="col">Last event</th><th scope="col">Last configuration</th><th scope="col">Shipper</th><th scope="col">Not ready</th><th scope="col">Tokens</th><th scope="col">Sent in vain, 24 h</th></tr></thead>
<tbody id="rows">
${clusters.map((cluster) => row(cluster, now))}</tbody>
</table>
${strangers(notTaken, now)}`
  return { title: 'Clusters', section: 'clusters', content }
}

const NOTHING = '–'

function row(cluster: ListedCluster, now: number): Html {
  const {
    name,
    lastEventAt,
    lastConfigurationAt,
    shipperVersion,
    objectsNotReady,
    tokens,
    notTaken,
    observed,
  } = cluster
  const when = (time: string | undefined) => (time === undefined ? NOTHING : ago(time, now))
  const query = new URLSearchParams({ cluster: name }).toString()
  return html`<tr><td><a href="/console/deliveries?${query}">${name}</a>${observedMark(observed)}${silence(cluster, now)}</td><td data-label="Last event">${when(lastEventAt)}</td><td data-label="Last configuration">${when(lastConfigurationAt)}</td><td data-label="Shipper">${shipperVersion ?? NOTHING}</td><td data-label="Not ready">${notReady(objectsNotReady, query)}</td><td data-label="Tokens">${tokens ?? NOTHING}</td><td data-label="Sent in vain, 24 h">${inVain(notTaken, now)}</td></tr>\n`
}

function silence({ silentSince }: ListedCluster, now: number): Html | readonly [] {
  if (silentSince === undefined) return []
  return html` <span class="outcome is-dead"><span aria-hidden="true">✕</span> silent</span> <small>shipper last heard ${ago(silentSince, now)}</small>`
}

function notReady(count: number | undefined, query: string): Html | string {
  if (count === undefined) return NOTHING
  return count === 0 ? '0' : html`<a class="bad" href="/console/alerts?${query}">${count}</a>`
}

/** What a sender sent that the relay did not take, by cause. */
function inVain(notTaken: readonly NotTakenEvents[] | undefined, now: number): Html | string {
  if (notTaken === undefined) return NOTHING
  if (notTaken.length === 0) return 'nothing'
  return html`${notTaken.map(
    ({ cause, count, lastAt, address }) =>
      html`${count} ${cause} <small>${ago(lastAt, now)}${address ? html` from ${address}` : []}</small>`,
  )}`
}

/** What came from nobody that the relay knows, such as with a wrong token. */
function strangers(notTaken: readonly NotTakenEvents[] = [], now: number): Html | readonly [] {
  if (notTaken.length === 0) return []
  return html`<h2>From no known cluster</h2>
<p>Sent in vain in 24 hours: ${inVain(notTaken, now)}</p>`
}
