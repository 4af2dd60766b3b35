import type { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'
import { shortId } from '../output/short-id.ts'
import { type Fit, formatTable } from '../output/table.ts'
import { secondsOf, textOf } from './cells.ts'

const HEADING = [
  ...['ID', 'TIME', 'CLUSTER', 'OBJECT', 'SEVERITY', 'REASON'],
  ...['ALERT', 'PROVIDER', 'OUTCOME', 'TRY', 'WHY'],
]

/** A line of 160 characters holds all columns, whatever is in them. */
const FIT: Fit = {
  width: 160,
  cuts: [
    { heading: 'WHY', least: 24 },
    { heading: 'OBJECT', least: 20, from: 'start' },
    { heading: 'REASON', least: 12 },
    { heading: 'ALERT', least: 12 },
    { heading: 'PROVIDER', least: 10 },
    { heading: 'CLUSTER', least: 10 },
    { heading: 'SEVERITY', least: 8 },
    { heading: 'OUTCOME', least: 10 },
    { heading: 'WHY', least: 12 },
  ],
}

/**
 * Deliveries as a table that fits into 160 columns. In it an Alert of the object's own namespace is without
 * it, and so is a Provider, which is always of its Alert's. With `isWide` nothing is left out.
 */
export function deliveryTable(deliveries: readonly Delivery[], isWide: boolean): string {
  return isWide
    ? formatTable([...HEADING, 'NEXT'], deliveries.map(wideRow))
    : formatTable(HEADING, deliveries.map(row), FIT)
}

function row(delivery: Delivery): readonly string[] {
  const { alert, provider, object } = delivery
  const isOwn = object.split('/')[1] === alert?.namespace
  return cells(delivery, {
    id: shortId(delivery.id),
    alert: alert && (isOwn ? alert.name : namespacedName(alert)),
    provider: provider?.name,
  })
}

function wideRow(delivery: Delivery): readonly string[] {
  const { id, alert, provider, dueAt } = delivery
  const names = {
    id,
    alert: alert && namespacedName(alert),
    provider: provider && namespacedName(provider),
  }
  return [...cells(delivery, names), dueAt ?? '']
}

interface Names {
  readonly id: string
  readonly alert: string | undefined
  readonly provider: string | undefined
}

function cells(delivery: Delivery, { id, alert = '', provider = '' }: Names): readonly string[] {
  const { acceptedAt, cluster, object, event, outcome, tries, unreadable, reason } = delivery
  return [
    id,
    secondsOf(acceptedAt),
    cluster,
    object,
    textOf(event?.severity),
    textOf(event?.reason),
    alert,
    provider,
    outcome,
    tries === undefined || unreadable ? '' : String(tries),
    reason,
  ]
}
