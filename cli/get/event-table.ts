import type { ListedEvent } from '../../relay/api/schemas/event-list.ts'
import { shownOutcomes } from '../../relay/api/shown-outcomes.ts'
import { shortId } from '../output/short-id.ts'
import { type Fit, formatTable } from '../output/table.ts'
import { secondsOf, textOf } from './cells.ts'

const HEADING = [
  ...['ID', 'TIME', 'CLUSTER', 'OBJECT', 'SEVERITY', 'REASON'],
  ...['OUTCOMES', 'MESSAGE'],
]

/** A line of 160 characters holds all columns, whatever is in them. */
const FIT: Fit = {
  width: 160,
  cuts: [
    { heading: 'MESSAGE', least: 32 },
    { heading: 'OBJECT', least: 20, from: 'start' },
    { heading: 'REASON', least: 12 },
    { heading: 'OUTCOMES', least: 24 },
    { heading: 'CLUSTER', least: 10 },
    { heading: 'SEVERITY', least: 8 },
    { heading: 'MESSAGE', least: 12 },
  ],
}

/** The outcomes as they are named, what went out first. Those of a later relay come last. */
const ORDER = [
  'delivered',
  'held',
  'retry',
  'dead',
  'dismissed',
  'observed',
  'suppressed',
  'skipped',
]

/** Events as a table that fits into 160 columns. With `isWide` nothing is left out. */
export function eventTable(events: readonly ListedEvent[], isWide: boolean): string {
  return isWide
    ? formatTable(
        HEADING,
        events.map((event) => cells(event, event.id)),
      )
    : formatTable(
        HEADING,
        events.map((event) => cells(event, shortId(event.id))),
        FIT,
      )
}

function cells(listed: ListedEvent, id: string): readonly string[] {
  const { acceptedAt, cluster, object, event } = listed
  return [
    id,
    secondsOf(acceptedAt),
    cluster,
    object,
    textOf(event.severity),
    textOf(event.reason),
    outcomesText(listed),
    textOf(event.message),
  ]
}

/** What became of an event: `2 delivered, 1 dead`, or `skipped for all` when no Alert took it. */
export function outcomesText(listed: ListedEvent): string {
  const outcomes = shownOutcomes(listed.outcomes)
  const counts = new Map<string, number>()
  for (const { outcome, alert } of outcomes) {
    if (alert !== undefined) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  }
  const placeOf = (outcome: string) =>
    ORDER.includes(outcome) ? ORDER.indexOf(outcome) : ORDER.length
  const counted = [...counts]
    .toSorted(([a], [b]) => placeOf(a) - placeOf(b))
    .map(([outcome, count]) => `${count} ${outcome}`)
  const forAll = outcomes.filter(({ alert }) => alert === undefined)
  return [...counted, ...forAll.map(({ outcome }) => `${outcome} for all`)].join(', ')
}
