import { type ListedRecord, outcomeOf, reachedBy } from '../relay/model/delivery.ts'
import { objectName } from '../relay/model/event.ts'
import { namespacedName } from '../relay/model/kubernetes.ts'
import { ellipsize } from '../relay/model/text.ts'
import { roughly } from './age.ts'
import { type Html, html } from './html.ts'

export interface DeliveriesTableOptions {
  /** What ages count from. Milliseconds since the epoch. */
  readonly now: number
  /** What a person can do with a delivery; without it there is no such column. */
  readonly action?: (record: ListedRecord) => Html
}

interface Column {
  readonly title: string
  readonly cell: (record: ListedRecord, now: number) => Html
}

/** UTF-16 units of a reason that are shown; the ledger has the whole. */
const MAX_REASON_LENGTH = 300

const NOTHING = '–'

const COLUMNS: readonly Column[] = [
  { title: 'Cluster', cell: ({ cluster }) => html`<td>${cluster}</td>` },
  { title: 'Object', cell: objectCell },
  { title: 'Alert', cell: (record) => html`<td>${alertText(record)}</td>` },
  { title: 'Provider', cell: (record) => html`<td>${providerText(record)}</td>` },
  { title: 'Outcome', cell: (record) => html`<td>${shownOutcome(record)}</td>` },
  {
    title: 'Reason',
    cell: (record) => html`<td>${ellipsize(reasonText(record), MAX_REASON_LENGTH)}</td>`,
  },
  { title: 'Tries', cell: (record) => html`<td>${triesText(record)}</td>` },
  {
    title: 'Age',
    cell: ({ acceptedAt }, now) =>
      html`<td title="accepted ${isoTime(acceptedAt)}">${roughly(now - acceptedAt)}</td>`,
  },
  { title: 'Next try', cell: nextTryCell },
]

/** A table with a row for each delivery, in the order given. */
export function deliveriesTable(
  records: readonly ListedRecord[],
  { now, action }: DeliveriesTableOptions,
): Html {
  const columns = action
    ? [...COLUMNS, { title: '', cell: (record: ListedRecord) => html`<td>${action(record)}</td>` }]
    : COLUMNS
  const heads = columns.map(({ title }) => html`<th>${title}</th>`)
  const rows = records.map(
    (record) => html`<tr>${columns.map(({ cell }) => cell(record, now))}</tr>\n`,
  )
  return html`<table>\n<thead><tr>${heads}</tr></thead>\n<tbody>\n${rows}</tbody>\n</table>`
}

/** The id is what the command line takes, and too long for a column. */
function objectCell(record: ListedRecord): Html {
  const { id } = record
  const object =
    record.kind === 'unreadable' ? record.object : objectName(record.event.involvedObject)
  return html`<td><details><summary>${object}</summary><code>${id}</code></details></td>`
}

function alertText(record: ListedRecord): string {
  if (record.kind === 'unreadable') return record.alert ?? NOTHING
  const { alert } = reachedBy(record)
  return alert ? namespacedName(alert) : NOTHING
}

function providerText(record: ListedRecord): string {
  const { provider } = record.kind === 'unreadable' ? {} : reachedBy(record)
  return provider ? `${namespacedName(provider)} (${provider.type})` : NOTHING
}

function shownOutcome(record: ListedRecord): string {
  return record.kind === 'unreadable' ? record.outcome : outcomeOf(record)
}

function reasonText(record: ListedRecord): string {
  return record.kind === 'unreadable' ? record.reason : record.status.reason
}

function triesText(record: ListedRecord): string {
  return record.kind === 'unreadable' ? NOTHING : String(record.tries)
}

function nextTryCell(record: ListedRecord, now: number): Html {
  if (record.kind === 'unreadable' || record.status.kind !== 'waiting') {
    return html`<td>${NOTHING}</td>`
  }
  const { dueAt } = record.status
  const when = dueAt > now ? `in ${roughly(dueAt - now)}` : 'now'
  return html`<td title="${isoTime(dueAt)}">${when}</td>`
}

function isoTime(time: number): string {
  return new Date(time).toISOString()
}
