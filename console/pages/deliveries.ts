import { linkedDeliveriesTable } from '../deliveries-table.ts'
import { filterForm, filtersOf } from '../delivery-filters.ts'
import { type FoundDeliveries, findDeliveries } from '../delivery-search.ts'
import { firstRun } from '../first-run.ts'
import { type Html, html } from '../html.ts'
import { type Asked, type ConsolePage, mayChange, type Shown } from '../page.ts'
import { noMatch } from '../states.ts'
import { absolute } from '../times.ts'

const PATH = '/console/deliveries'

/** The list of deliveries, the latest first. */
export const deliveriesPage: ConsolePage = { path: PATH, show }

async function show(asked: Asked): Promise<Shown> {
  const filters = filtersOf(asked.query)
  const cursor = asked.query.get('cursor') ?? undefined
  const found = await findDeliveries(asked.relay, filters, cursor)
  const isFirstRun = found.deliveries.length === 0 && filters.size === 0 && cursor === undefined
  const content = isFirstRun
    ? html`<h1>Deliveries</h1>\n${firstRun(asked.origin)}`
    : html`<h1>Deliveries</h1>
${filterForm(filters)}
<div id="results" aria-live="polite">
${results(asked, filters, found)}
</div>`
  return { title: 'Deliveries', section: 'deliveries', content }
}

function results(
  { now, person, query }: Asked,
  filters: ReadonlyMap<string, string>,
  found: FoundDeliveries,
): Html {
  const { deliveries, older } = found
  const isLater = query.has('cursor')
  if (deliveries.length === 0 && older === undefined && !isLater) return noMatch(PATH)
  const isSelectable = mayChange(person)
  const caption = `${deliveries.length} deliveries, the latest first`
  const table = linkedDeliveriesTable(deliveries, { now, isSelectable, caption })
  const selecting = isSelectable
    ? html`<form method="post" action="/console/replay">
<div class="actions"><button data-needs-pick>Replay the selected</button></div>
${table}
</form>`
    : table
  return html`${summary(filters)}${selecting}\n${pager(filters, found, isLater)}`
}

/** The filters in use, each with a link that drops it, and what can be kept of the list. */
function summary(filters: ReadonlyMap<string, string>): Html {
  const without = (name: string) => pathOf([...filters].filter(([other]) => other !== name))
  const chips = [...filters].map(
    ([name, value]) =>
      html`<a class="chip" href="${without(name)}" title="Drop this filter">${name}: <b>${value}</b> <span aria-hidden="true">×</span></a>\n`,
  )
  const clear = filters.size > 0 ? html`<a href="${PATH}">Clear filters</a>\n` : []
  const query = new URLSearchParams([...filters]).toString()
  return html`<p class="summary">${chips}${clear}<span class="end">Export <a href="${PATH}.csv?${query}">CSV</a> <a href="${PATH}.json?${query}">JSON</a></span></p>\n`
}

function pager(
  filters: ReadonlyMap<string, string>,
  { older, gaveUpAt }: FoundDeliveries,
  isLater: boolean,
): Html {
  const note = gaveUpAt
    ? html`<span>Looked at 5,000 deliveries, back to ${absolute(gaveUpAt)}.</span> `
    : []
  const latest = isLater ? html`<a href="${pathOf([...filters])}">Latest</a> ` : []
  const next =
    older === undefined
      ? []
      : html`<a rel="next" href="${pathOf([...filters, ['cursor', older]])}">Older</a>`
  return html`<p class="pager">${note}${latest}${next}</p>`
}

function pathOf(parameters: ReadonlyArray<readonly [string, string]>): string {
  const query = new URLSearchParams(Object.fromEntries(parameters)).toString()
  return query === '' ? PATH : `${PATH}?${query}`
}
