import {
  ClusterList,
  type ListedCluster,
  type NotTakenEvents,
} from '../../relay/api/schemas/clusters.ts'
import { read } from '../answers.ts'
import { countText } from '../count-text.ts'
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
${table(clusters, now)}
${strangers(notTaken, now)}`
  return { title: 'Clusters', section: 'clusters', content }
}

const NOTHING = '–'

interface Column {
  readonly title: string
  readonly cell: (cluster: ListedCluster, now: number) => Html | string | number
}

/** The columns after the name. */
const COLUMNS: readonly Column[] = [
  { title: 'Last event', cell: ({ lastEventAt }, now) => when(lastEventAt, now) },
  {
    title: 'Last configuration',
    cell: ({ lastConfigurationAt }, now) => when(lastConfigurationAt, now),
  },
  { title: 'Shipper', cell: ({ shipperVersion }) => shipperVersion ?? NOTHING },
  { title: 'Spool', cell: spoolCell },
  { title: 'Not ready', cell: notReadyCell },
  { title: 'Tokens', cell: tokensCell },
  { title: 'Sent in vain, 24 h', cell: ({ notTaken }, now) => inVain(notTaken, now) },
]

function table(clusters: readonly ListedCluster[], now: number): Html {
  const heads = COLUMNS.map(({ title }) => html`<th scope="col">${title}</th>`)
  return html`<table class="list labelled">
<caption>${countText(clusters.length, 'cluster')}, by name</caption>
<thead><tr><th scope="col">Cluster</th>${heads}</tr></thead>
<tbody id="rows">
${clusters.map((cluster) => row(cluster, now))}</tbody>
</table>`
}

function row(cluster: ListedCluster, now: number): Html {
  const { name, observed } = cluster
  const cells = COLUMNS.map(
    ({ title, cell }) => html`<td data-label="${title}">${cell(cluster, now)}</td>`,
  )
  return html`<tr><td><a href="/console/deliveries?${queryOf(name)}">${name}</a>${observedMark(observed)}${silence(cluster, now)}</td>${cells}</tr>\n`
}

function when(time: string | undefined, now: number): Html | string {
  return time === undefined ? NOTHING : ago(time, now)
}

function queryOf(cluster: string): string {
  return new URLSearchParams({ cluster }).toString()
}

function silence({ silentSince }: ListedCluster, now: number): Html | readonly [] {
  if (silentSince === undefined) return []
  return html` <span class="outcome is-dead"><span aria-hidden="true">✕</span> silent</span> <small>shipper last heard ${ago(silentSince, now)}</small>`
}

function notReadyCell({ name, objectsNotReady: count }: ListedCluster): Html | string {
  if (count === undefined) return NOTHING
  return count === 0
    ? '0'
    : html`<a class="bad" href="/console/alerts?${queryOf(name)}">${count}</a>`
}

/** How many events wait at the shipper, as far as it told: after an outage it tells how far behind it is. */
function spoolCell({ spool }: ListedCluster, now: number): Html | string {
  if (spool === undefined) return NOTHING
  return html`${spool.events} <small>told ${ago(spool.toldAt, now)}</small>`
}

/** How many tokens there are, and how old the newest is; a tokens file does not tell. */
function tokensCell({ tokens, newestTokenAt }: ListedCluster, now: number): Html | string {
  if (tokens === undefined) return NOTHING
  if (tokens === 0) return '0'
  const age =
    newestTokenAt === undefined ? 'age not known' : html`newest made ${ago(newestTokenAt, now)}`
  return html`${tokens} <small>${age}</small>`
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
