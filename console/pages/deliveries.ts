import { countText } from '../count-text.ts'
import { linkedDeliveriesTable } from '../deliveries-table.ts'
import { filterForm, filtersOf, listFiltersOf } from '../delivery-filters.ts'
import { type FoundDeliveries, findDeliveries } from '../delivery-search.ts'
import { firstRun } from '../first-run.ts'
import { type Html, html } from '../html.ts'
import { type Asked, type ConsolePage, mayChange, type Shown } from '../page.ts'
import { noMatch, wrongFilters } from '../states.ts'
import { absolute } from '../times.ts'

const PATH = '/console/deliveries'

/** The list of deliveries, the latest first. */
export const deliveriesPage: ConsolePage = { path: PATH, show }

async function show(asked: Asked): Promise<Shown> {
  const cursor = asked.query.get('cursor') ?? undefined
  // Before the list is read, so that what changes meanwhile is told live.
  const position = cursor === undefined ? await asked.relay.livePosition?.() : undefined
  const found = await foundBy(asked, cursor)
  const filters = filtersOf(asked.query)
  if ('wrong' in found) return { ...FRAME, status: 400, content: page(filters, found.wrong) }
  const isFirstRun = found.deliveries.length === 0 && filters.size === 0 && cursor === undefined
  const content = isFirstRun
    ? html`<h1>Deliveries</h1>\n${firstRun(asked.origin)}`
    : page(filters, results(asked, filters, found, position))
  return { ...FRAME, content }
}

const FRAME = { title: 'Deliveries', section: 'deliveries' } as const

function page(filters: ReadonlyMap<string, string>, content: Html): Html {
  return html`<h1>Deliveries</h1>
${filterForm(filters)}
<div id="results">
${content}
</div>`
}

/** What is wrong with a filter is shown beside the filters, so that it can be mended. */
async function foundBy(
  { relay, query }: Asked,
  cursor: string | undefined,
): Promise<FoundDeliveries | { readonly wrong: Html }> {
  try {
    return await findDeliveries(relay, listFiltersOf(query), cursor)
  } catch (error) {
    return { wrong: wrongFilters(error, PATH) }
  }
}

function results(
  { now, person, query }: Asked,
  filters: ReadonlyMap<string, string>,
  found: FoundDeliveries,
  position: string | undefined,
): Html {
  const { deliveries, older } = found
  const isLater = query.has('cursor')
  const live: ToolbarParts['live'] = isLater ? [] : liveTail(filters, position)
  if (deliveries.length === 0 && older === undefined && !isLater) {
    return html`<div class="toolbar">\n${live}</div>\n${noMatch(PATH)}`
  }
  const isSelectable = mayChange(person)
  const count = countText(deliveries.length, 'delivery', 'deliveries')
  const caption = `${count}, the latest first`
  const table = linkedDeliveriesTable(deliveries, { now, isSelectable, caption })
  const list = isSelectable
    ? html`<form id="picked" method="post" action="/console/replay">\n${table}\n</form>`
    : table
  return html`${chips(filters)}${toolbar(filters, { isSelectable, live })}${list}
${pager(filters, found, isLater)}`
}

interface ToolbarParts {
  readonly isSelectable: boolean
  readonly live: Html | readonly []
}

/** What can be done with the list. */
function toolbar(filters: ReadonlyMap<string, string>, { isSelectable, live }: ToolbarParts): Html {
  const query = new URLSearchParams([...filters]).toString()
  const act = isSelectable
    ? html`<button form="picked" data-needs-pick>Replay the selected</button>\n<button form="picked" formaction="/console/dismiss" data-needs-pick>Dismiss the selected</button>\n`
    : []
  return html`<div class="toolbar">
${act}${live}<span class="end">Export <a href="${PATH}.csv?${query}">CSV</a> <a href="${PATH}.json?${query}">JSON</a></span>
</div>
`
}

/**
 * What tells of deliveries that come or change, until it is paused; nothing without a script. `position`: that of the
 * list, since the script connects when something may have come that the list does not have.
 */
function liveTail(filters: ReadonlyMap<string, string>, position: string | undefined): Html {
  const query = new URLSearchParams([...filters])
  if (position !== undefined) query.set('after', position)
  return html`<div class="live" data-live hidden hx-sse:connect="/console/deliveries/live?${query.toString()}" hx-swap="none">
<span class="muted" role="status" data-live-state>● Live</span>
<button type="button" data-pause>Pause</button>
<button type="button" data-arrived hidden></button>
</div>
`
}

/** The filters in use, each with a link that drops it. */
function chips(filters: ReadonlyMap<string, string>): Html | readonly [] {
  if (filters.size === 0) return []
  const without = (name: string) => pathOf([...filters].filter(([other]) => other !== name))
  const links = [...filters].map(
    ([name, value]) =>
      html`<a class="chip" href="${without(name)}" title="Drop this filter">${name}: <b>${value}</b> <span aria-hidden="true">×</span></a>\n`,
  )
  return html`<p class="summary">${links}<a href="${PATH}">Clear filters</a></p>\n`
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
  // The script shows it in the place of the next page once rows have left the list.
  const cut = isLater
    ? []
    : html`<a href="${pathOf([...filters])}" data-cut hidden>Load the list anew for older ones</a>`
  return html`<p class="pager">${note}${latest}${next}${cut}</p>`
}

function pathOf(parameters: ReadonlyArray<readonly [string, string]>): string {
  const query = new URLSearchParams(Object.fromEntries(parameters)).toString()
  return query === '' ? PATH : `${PATH}?${query}`
}
