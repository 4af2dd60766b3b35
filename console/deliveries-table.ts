import type { Delivery, DeliveryLeft } from '../relay/api/schemas/deliveries.ts'
import { ellipsize } from '../relay/model/text.ts'
import { roughly, roughlyAhead } from './age.ts'
import { objectParts, textField } from './fields.ts'
import { type Html, html } from './html.ts'
import { outcomeMark, severityMark } from './outcome.ts'
import { ago, ahead } from './times.ts'

export interface DeliveriesTableOptions {
  /** What ages count from. Milliseconds since the epoch. */
  readonly now: number
  /** What a person can do with a delivery; without it there is no such column. */
  readonly action?: (delivery: Delivery) => Html
}

interface Column {
  readonly title: string
  readonly cell: (delivery: Delivery, now: number) => Html
}

/** UTF-16 units of a reason that are shown; the ledger has the whole. */
const MAX_REASON_LENGTH = 300

/** UTF-16 units of a message that a row shows; the page of the delivery has the whole. */
const MAX_ROW_MESSAGE_LENGTH = 160

const NOTHING = '–'

const WIDGET_COLUMNS: readonly Column[] = [
  { title: 'Cluster', cell: ({ cluster }) => html`<td>${cluster}</td>` },
  { title: 'Object', cell: objectWithId },
  { title: 'Alert', cell: (delivery) => html`<td>${alertName(delivery)}</td>` },
  { title: 'Provider', cell: (delivery) => html`<td>${providerName(delivery)}</td>` },
  { title: 'Outcome', cell: ({ outcome }) => html`<td>${outcome}</td>` },
  {
    title: 'Reason',
    cell: ({ reason }) => html`<td>${ellipsize(reason, MAX_REASON_LENGTH)}</td>`,
  },
  { title: 'Tries', cell: (delivery) => html`<td>${triesText(delivery)}</td>` },
  {
    title: 'Age',
    cell: ({ acceptedAt }, now) =>
      html`<td title="accepted ${acceptedAt}">${roughly(now - Date.parse(acceptedAt))}</td>`,
  },
  { title: 'Next try', cell: nextTryCell },
]

/** The table of CloudWatch's widget, where nothing is linked: a row for each delivery, in the order given. */
export function deliveriesTable(
  deliveries: readonly Delivery[],
  { now, action }: DeliveriesTableOptions,
): Html {
  const columns = action
    ? [
        ...WIDGET_COLUMNS,
        { title: '', cell: (delivery: Delivery) => html`<td>${action(delivery)}</td>` },
      ]
    : WIDGET_COLUMNS
  const heads = columns.map(({ title }) => html`<th>${title}</th>`)
  const rows = deliveries.map(
    (delivery) => html`<tr>${columns.map(({ cell }) => cell(delivery, now))}</tr>\n`,
  )
  return html`<table>\n<thead><tr>${heads}</tr></thead>\n<tbody>\n${rows}</tbody>\n</table>`
}

/** How the console shows the rows of its table. */
export interface RowOptions {
  readonly now: number
  /** Whether each row has a box to select it by. */
  readonly isSelectable: boolean
}

/** The table of the console's list, whose rows lead to the deliveries. */
export function linkedDeliveriesTable(
  deliveries: readonly Delivery[],
  options: RowOptions & { readonly caption: string },
): Html {
  const select = options.isSelectable
    ? html`<th class="pick" scope="col"><input type="checkbox" data-pick-all aria-label="Select all" hidden></th>`
    : []
  const boxes = options.isSelectable ? ' has-boxes' : ''
  return html`<table class="list rows deliveries${boxes}">
<caption>${options.caption}</caption>
<thead><tr>${select}<th scope="col">Time</th><th scope="col">Outcome</th><th scope="col">Object</th><th scope="col">Event</th><th scope="col">Alert → Provider</th><th scope="col">Why</th><th scope="col" class="number">Tries</th></tr></thead>
<tbody id="rows">
${deliveries.map((delivery) => deliveryRow(delivery, options))}</tbody>
</table>`
}

/** A row of the console's list. Its id is that of the delivery, so that a later state takes its place. */
export function deliveryRow(delivery: Delivery, { now, isSelectable }: RowOptions): Html {
  const { id, cluster, object, outcome, reason, acceptedAt, dueAt } = delivery
  const { kind, namespace, name } = objectParts(object)
  const pick = isSelectable
    ? html`<td class="pick"><input type="checkbox" name="id" value="${id}" aria-label="Select ${object}"></td>`
    : []
  const next =
    dueAt === undefined ? [] : html` <span class="muted">next ${ahead(dueAt, now)}</span>`
  return html`<tr id="d-${id}">${pick}<td class="time">${ago(acceptedAt, now)}</td><td class="became">${outcomeMark(outcome)}</td><td><a href="/console/deliveries/${id}">${name}</a> <small>${kind} ${namespace}</small><small>${cluster}</small></td><td>${eventText(delivery)}</td><td>${route(delivery)}</td><td class="why">${ellipsize(reason, MAX_ROW_MESSAGE_LENGTH)}${next}</td><td class="number">${triesText(delivery)}</td></tr>\n`
}

/** The cells of a row that tell what became of a delivery which does not fit the filters of its list any more. */
export function leftRow(left: DeliveryLeft): Html {
  const { id, outcome, reason } = left
  return html`<tr id="d-${id}"><td class="became">${outcomeMark(outcome)}</td><td class="why">${ellipsize(reason, MAX_ROW_MESSAGE_LENGTH)} <small>does not fit the filters any more</small></td><td class="number">${triesText(left)}</td></tr>\n`
}

function eventText({ event }: Delivery): Html {
  const message = ellipsize(textField(event, 'message'), MAX_ROW_MESSAGE_LENGTH)
  return html`${severityMark(textField(event, 'severity'))}<b>${textField(event, 'reason')}</b> <span class="message" dir="auto">${message}</span>`
}

function route(delivery: Delivery): Html {
  const { alert, provider } = delivery
  if (alert === undefined) return html`<span class="muted">${NOTHING}</span>`
  const to = provider
    ? html` → <span title="${provider.namespace}/${provider.name}">${provider.name} <small>${provider.type}</small></span>`
    : []
  return html`<span title="${alertName(delivery)}">${alert.name}</span>${to}`
}

/** The id is what the command line takes, and too long for a column. */
function objectWithId({ id, object }: Delivery): Html {
  return html`<td><details><summary>${object}</summary><code>${id}</code></details></td>`
}

/** `namespace/name` of the Alert, or a dash. */
export function alertName({ alert }: Pick<Delivery, 'alert'>): string {
  return alert ? `${alert.namespace}/${alert.name}` : NOTHING
}

/** `namespace/name (type)` of the Provider, or a dash. */
export function providerName({ provider }: Pick<Delivery, 'provider'>): string {
  return provider ? `${provider.namespace}/${provider.name} (${provider.type})` : NOTHING
}

function triesText({ unreadable, tries }: Pick<Delivery, 'unreadable' | 'tries'>): string {
  return unreadable || tries === undefined ? NOTHING : String(tries)
}

function nextTryCell({ dueAt }: Delivery, now: number): Html {
  if (dueAt === undefined) return html`<td>${NOTHING}</td>`
  return html`<td title="${dueAt}">${roughlyAhead(Date.parse(dueAt) - now)}</td>`
}
