import { EventsPage, type ListedEvent } from '../../relay/api/schemas/event-list.ts'
import { shownOutcomes } from '../../relay/api/shown-outcomes.ts'
import { ellipsize } from '../../relay/model/text.ts'
import { read } from '../answers.ts'
import { countText } from '../count-text.ts'
import { objectParts, textField } from '../fields.ts'
import {
  ALERT_FIELD,
  CLUSTER_FIELD,
  filterInput,
  OBJECT_FIELD,
  SINCE_FIELD,
  UNTIL_FIELD,
} from '../filter-fields.ts'
import { firstRun } from '../first-run.ts'
import { type Html, html } from '../html.ts'
import { outcomeMark, severityMark } from '../outcome.ts'
import type { Asked, ConsolePage, Shown } from '../page.ts'
import { noMatch, wrongFilters } from '../states.ts'
import { ago } from '../times.ts'

const PATH = '/console/events'

/** The list of events, the latest first. */
export const eventsPage: ConsolePage = { path: PATH, show }

const FIELDS = [
  CLUSTER_FIELD,
  OBJECT_FIELD,
  { ...ALERT_FIELD, label: 'Verdict of the Alert' },
  SINCE_FIELD,
  UNTIL_FIELD,
] as const

/** Records that a page is made of. */
const PAGE_SIZE = 100

const MAX_MESSAGE_LENGTH = 200

async function show(asked: Asked): Promise<Shown> {
  const filters = filtersOf(asked.query)
  const cursor = asked.query.get('cursor')
  const parameters = { limit: String(PAGE_SIZE), ...filters, ...(cursor && { cursor }) }
  const found = await foundBy(asked, new URLSearchParams(parameters))
  if ('wrong' in found) return { ...FRAME, status: 400, content: page(filters, found.wrong) }
  const isFirst = cursor === null && Object.keys(filters).length === 0
  const content =
    isFirst && found.events.length === 0 && found.unreadable === undefined
      ? html`<h1>Events</h1>\n${firstRun(asked.origin)}`
      : page(filters, html`${results(asked, filters, found)}${missing(found)}`)
  return { ...FRAME, content }
}

const FRAME = { title: 'Events', section: 'events' } as const

function page(filters: Filters, content: Html): Html {
  return html`<h1>Events</h1>\n${form(filters)}\n<div id="results">\n${content}\n</div>`
}

/** What is wrong with a filter is shown beside the filters, so that it can be mended. */
async function foundBy(
  { relay }: Asked,
  parameters: URLSearchParams,
): Promise<EventsPage | { readonly wrong: Html }> {
  try {
    return read(EventsPage, await relay.listEvents(parameters))
  } catch (error) {
    return { wrong: wrongFilters(error, PATH) }
  }
}

type Filters = Readonly<Record<string, string>>

function filtersOf(query: URLSearchParams): Filters {
  const given = FIELDS.map(({ name }) => [name, query.get(name)?.trim() ?? ''] as const)
  return Object.fromEntries(given.filter(([, value]) => value !== ''))
}

function form(filters: Filters): Html {
  const inputs = FIELDS.map((field, at) => filterInput(field, filters[field.name], at === 0))
  return html`<form class="filters" role="search" action="${PATH}" hx-get="${PATH}" hx-target="#results" hx-select="#results" hx-swap="outerHTML" hx-push-url="true" hx-sync="this:replace" hx-trigger="change, submit">
<div class="grid">
${inputs}<div class="bottom"><button>Filter</button></div>
</div>
</form>`
}

function results(
  { now }: Asked,
  filters: Filters,
  { events, nextCursor, unreadable }: EventsPage,
): Html {
  if (events.length === 0 && nextCursor === undefined) {
    return unreadable === undefined ? noMatch(PATH) : html``
  }
  const { alert } = filters
  const verdict = alert === undefined ? [] : html`<th scope="col">Verdict of ${alert}</th>`
  const older = new URLSearchParams({ ...filters, cursor: nextCursor ?? '' }).toString()
  const verdicts = alert === undefined ? '' : ' has-verdicts'
  return html`<table class="list rows events${verdicts}">
<caption>${countText(events.length, 'event')}, the latest first</caption>
<thead><tr><th scope="col">Time</th><th scope="col">Object</th><th scope="col">Event</th>${verdict}<th scope="col">What became of it</th></tr></thead>
<tbody id="rows">
${events.map((event) => row(event, now, alert !== undefined))}</tbody>
</table>
<p class="pager">${nextCursor === undefined ? [] : html`<a rel="next" href="${PATH}?${older}">Older</a>`}</p>`
}

/** Says that what cannot be read is not among the events: nobody knows of which event that is. */
function missing({ unreadable = 0 }: EventsPage): Html {
  if (unreadable === 0) return html``
  const records = countText(unreadable, 'record')
  return html`\n<p>${records} cannot be read, so events may be missing here, or what became of them. The <a href="/console/deliveries">deliveries</a> have a row for each.</p>`
}

function row(listed: ListedEvent, now: number, withVerdict: boolean): Html {
  const { id, cluster, acceptedAt, object, event, outcomes, verdict } = listed
  const { kind, namespace, name } = objectParts(object)
  const query = new URLSearchParams({ cluster }).toString()
  const message = ellipsize(textField(event, 'message'), MAX_MESSAGE_LENGTH)
  const judged = verdict
    ? html`<td>${outcomeMark(verdict.outcome)} <small>${verdict.reason}</small></td>`
    : html`<td>–</td>`
  return html`<tr><td class="time">${ago(acceptedAt, now)}</td><td><a href="${PATH}/${id}?${query}">${name}</a> <small>${kind} ${namespace}</small><small>${cluster}</small></td><td>${severityMark(textField(event, 'severity'))}<b>${textField(event, 'reason')}</b> <span class="message" dir="auto">${message}</span></td>${withVerdict ? judged : []}<td>${shownOutcomes(outcomes).map(outcomeText)}</td></tr>\n`
}

function outcomeText({ delivery, alert, outcome }: ListedEvent['outcomes'][number]): Html {
  const who =
    alert === undefined ? [] : html` <a href="/console/deliveries/${delivery}">${alert.name}</a>`
  return html`<div>${outcomeMark(outcome)}${who}</div>`
}
