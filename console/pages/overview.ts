import {
  type ClusterAtAGlance,
  type FailingDestination,
  Overview,
  type UnreadyObject,
} from '../../relay/api/schemas/overview.ts'
import { read } from '../answers.ts'
import { linkedDeliveriesTable } from '../deliveries-table.ts'
import { firstRun } from '../first-run.ts'
import { type Html, html } from '../html.ts'
import { outcomeChart } from '../outcome-chart.ts'
import type { Asked, ConsolePage, Shown } from '../page.ts'
import { observedMark } from '../readiness.ts'
import { ago, ahead } from '../times.ts'
import { aboutNumbers, success } from '../totals.ts'

const PATH = '/console/overview'

/** What a person on call looks at first. */
export const overviewPage: ConsolePage = { path: PATH, show }

/** The most clusters that are shown here; their own page has all. */
const MOST_CARDS = 24

/** A delivery that waits is counted up to here by the relay. */
const MOST_COUNTED = 10_000

async function show(asked: Asked): Promise<Shown> {
  const { relay, origin } = asked
  const overview = read(Overview, await relay.showOverview())
  const hasEvents = overview.clusters.some(({ lastEventAt }) => lastEventAt !== undefined)
  const content = hasEvents ? glance(overview, asked) : html`<h1>Overview</h1>\n${firstRun(origin)}`
  return { title: 'Overview', section: 'overview', content }
}

/** The whole page is asked for again now and then; what is open in it stays open. */
function glance(overview: Overview, { now, numbers }: Asked): Html {
  // Numbers that are not counted as it goes are read anew once in a minute.
  const every = numbers === undefined ? '10s' : '60s'
  return html`<div id="overview" hx-get="${PATH}" hx-trigger="every ${every}" hx-select="#overview" hx-swap="outerMorph">
<h1>Overview</h1>
${failing(overview, now)}
${outcomeChart(overview.hours)}
${aboutNumbers(numbers)}${clusterCards(overview, now)}
${notReady(overview)}
${dead(overview, now)}
</div>`
}

function failing({ failing: shown, failingCount }: Overview, now: number): Html {
  if (failingCount === 0) {
    return html`<p class="banner is-good" role="status"><span aria-hidden="true">✓</span> No destination fails now.</p>`
  }
  const rows = shown.map((destination) => failingRow(destination, now))
  const more = failingCount > shown.length ? `, ${shown.length} of them shown` : ''
  const destinations =
    failingCount === 1 ? '1 destination fails' : `${failingCount} destinations fail`
  return html`<section class="banner is-bad" aria-labelledby="failing">
<div role="status"><h2 id="failing"><span aria-hidden="true">✕</span> ${destinations} now${more}</h2></div>
<table class="list labelled shares failing">
<caption>Destinations that fail, those with the most waiting first</caption>
<thead><tr><th scope="col">Provider</th><th scope="col">Last error</th><th scope="col" class="number">Failed in a row</th><th scope="col" class="number">Waiting</th><th scope="col">Next probe</th></tr></thead>
<tbody>
${rows}</tbody>
</table>
</section>`
}

function failingRow(destination: FailingDestination, now: number): Html {
  const { cluster, provider, host, failures, error, waiting, probeAt } = destination
  const count = waiting >= MOST_COUNTED ? '10,000 or more' : waiting
  const name = provider
    ? html`<a href="${deliveriesPath({ cluster, provider, outcome: 'retry,dead' })}">${provider}</a>`
    : html`<b>a Provider that is gone</b>`
  const next = probeAt === undefined ? 'with each delivery' : ahead(probeAt, now)
  return html`<tr><td>${name} <small>${host === '' ? [] : html`${host} · `}${cluster}</small></td><td dir="auto">${error ?? '–'}</td><td class="number" data-label="Failed in a row">${failures}</td><td class="number" data-label="Waiting">${count}</td><td data-label="Next probe">${next}</td></tr>\n`
}

/** The clusters, of many those with something wrong first: what is below them has to be in reach. */
function clusterCards({ clusters }: Overview, now: number): Html {
  const shown =
    clusters.length > MOST_CARDS
      ? clusters.toSorted((a, b) => trouble(b) - trouble(a)).slice(0, MOST_CARDS)
      : clusters
  const silent = clusters.filter(({ silentSince }) => silentSince !== undefined).length
  const more =
    shown === clusters
      ? []
      : html` <small>${shown.length} of ${clusters.length} shown, ${silent} silent · <a href="/console/clusters">All</a></small>`
  return html`<section aria-labelledby="clusters">
<h2 id="clusters">Clusters${more}</h2>
<ul class="cards">
${shown.map((cluster) => card(cluster, now))}</ul>
</section>`
}

/** How much is wrong with a cluster, to compare it with others. */
function trouble({ silentSince, objectsNotReady = 0 }: ClusterAtAGlance): number {
  return (silentSince === undefined ? 0 : 2) + (objectsNotReady > 0 ? 1 : 0)
}

function card(cluster: ClusterAtAGlance, now: number): Html {
  const { name, lastEventAt, lastConfigurationAt, silentSince, observed } = cluster
  const { objectsNotReady = 0 } = cluster
  const when = (time: string | undefined) => (time === undefined ? 'never' : ago(time, now))
  const silent = silentSince
    ? html`<p class="bad"><span aria-hidden="true">✕</span> Silent: its shipper was last heard ${ago(silentSince, now)}.</p>\n`
    : []
  const unready =
    objectsNotReady > 0 ? html`<dt>Not ready</dt><dd class="bad">${objectsNotReady}</dd>\n` : []
  return html`<li class="card"><h3><a href="${deliveriesPath({ cluster: name })}">${name}</a>${observedMark(observed)}</h3>
${silent}<dl class="facts">
<dt>Last event</dt><dd>${when(lastEventAt)}</dd>
<dt>Last configuration</dt><dd>${when(lastConfigurationAt)}</dd>
<dt>Success in 24 h</dt><dd>${success(cluster.outcomes)}</dd>
${unready}</dl></li>\n`
}

function notReady({ notReady: shown, notReadyCount }: Overview): Html | readonly [] {
  if (notReadyCount === 0) return []
  const more =
    notReadyCount > shown.length ? html` <small>${shown.length} of them shown</small>` : []
  return html`<section aria-labelledby="not-ready">
<h2 id="not-ready">${notReadyCount} not ready${more}</h2>
<table class="list shares unready">
<caption>Alerts and Providers that take no effect</caption>
<thead><tr><th scope="col">Object</th><th scope="col">Reason</th><th scope="col">Message</th></tr></thead>
<tbody>
${shown.map(notReadyRow)}</tbody>
</table>
</section>`
}

function notReadyRow({ cluster, kind, namespace, name, reason, message }: UnreadyObject): Html {
  const page = kind === 'Alert' ? 'alerts' : 'providers'
  const query = new URLSearchParams({ cluster, name: `${namespace}/${name}` })
  return html`<tr><td><a href="/console/${page}?${query.toString()}">${namespace}/${name}</a> <small>${kind} · ${cluster}</small></td><td>${reason}</td><td dir="auto">${message}</td></tr>\n`
}

function dead({ dead: newest }: Overview, now: number): Html {
  if (newest.length === 0) {
    return html`<h2>Newest dead</h2>\n<p class="muted">Nothing is dead.</p>`
  }
  const caption = 'The newest deliveries that the relay gave up'
  return html`<h2>Newest dead <small><a href="${deliveriesPath({ outcome: 'dead' })}">All</a></small></h2>
${linkedDeliveriesTable(newest, { now, isSelectable: false, caption })}`
}

function deliveriesPath(filters: Readonly<Record<string, string>>): string {
  return `/console/deliveries?${new URLSearchParams(filters)}`
}
