import type { DeliveryRecord } from '../relay/model/delivery.ts'
import { objectName } from '../relay/model/event.ts'
import { namespacedName } from '../relay/model/kubernetes.ts'
import { ellipsize } from '../relay/model/text.ts'
import { roughly } from './age.ts'
import { type Html, html } from './html.ts'

export interface DeliveriesTableOptions {
  /** What ages count from. Milliseconds since the epoch. */
  readonly now: number
  /** What a person can do with a delivery; without it there is no such column. */
  readonly action?: (record: DeliveryRecord) => Html
}

interface Column {
  readonly title: string
  readonly cell: (record: DeliveryRecord, now: number) => Html
}

/** UTF-16 units of a reason that are shown; the ledger has the whole. */
const MAX_REASON_LENGTH = 300

const NOTHING = '–'

const COLUMNS: readonly Column[] = [
  { title: 'Cluster', cell: ({ cluster }) => html`<td>${cluster}</td>` },
  { title: 'Object', cell: objectCell },
  {
    title: 'Alert',
    cell: ({ alert }) => html`<td>${alert ? namespacedName(alert) : NOTHING}</td>`,
  },
  { title: 'Provider', cell: ({ provider }) => html`<td>${providerText(provider)}</td>` },
  { title: 'Outcome', cell: ({ outcome }) => html`<td>${outcome}</td>` },
  { title: 'Reason', cell: ({ reason }) => html`<td>${ellipsize(reason, MAX_REASON_LENGTH)}</td>` },
  { title: 'Attempts', cell: (record) => html`<td>${attemptsMade(record)}</td>` },
  {
    title: 'Age',
    cell: ({ acceptedAt }, now) =>
      html`<td title="accepted ${isoTime(acceptedAt)}">${roughly(now - acceptedAt)}</td>`,
  },
  { title: 'Next try', cell: nextTryCell },
]

/** A table with a row for each delivery, in the order given. */
export function deliveriesTable(
  records: readonly DeliveryRecord[],
  { now, action }: DeliveriesTableOptions,
): Html {
  const columns = action
    ? [
        ...COLUMNS,
        { title: '', cell: (record: DeliveryRecord) => html`<td>${action(record)}</td>` },
      ]
    : COLUMNS
  const heads = columns.map(({ title }) => html`<th>${title}</th>`)
  const rows = records.map(
    (record) => html`<tr>${columns.map(({ cell }) => cell(record, now))}</tr>\n`,
  )
  return html`<table>\n<thead><tr>${heads}</tr></thead>\n<tbody>\n${rows}</tbody>\n</table>`
}

/** The id is what the command line takes, and too long for a column. */
function objectCell({ id, event }: DeliveryRecord): Html {
  const object = objectName(event.involvedObject)
  return html`<td><details><summary>${object}</summary><code>${id}</code></details></td>`
}

function providerText(provider: DeliveryRecord['provider']): string {
  return provider ? `${namespacedName(provider)} (${provider.type})` : NOTHING
}

/** A record that waits for a retry counts the try to come. */
function attemptsMade({ outcome, attempt }: DeliveryRecord): number {
  return outcome === 'retry' ? attempt - 1 : attempt
}

function nextTryCell({ outcome, dueAt }: DeliveryRecord, now: number): Html {
  if (outcome !== 'retry' || dueAt === undefined) return html`<td>${NOTHING}</td>`
  const when = dueAt > now ? `in ${roughly(dueAt - now)}` : 'now'
  return html`<td title="${isoTime(dueAt)}">${when}</td>`
}

function isoTime(time: number): string {
  return new Date(time).toISOString()
}
