import type { ListedEvent } from './schemas/event-list.ts'

type Outcomes = ListedEvent['outcomes']

/**
 * What became of an event, as people are shown it. The record of an event that waited for its configuration, or
 * that was replayed after no Alert had taken it, ends as skipped once the Alerts that take it have records of their
 * own: then it says of no Alert what became of the event, and is left out.
 */
export function shownOutcomes(outcomes: Outcomes): Outcomes {
  const isTaken = outcomes.some(({ alert }) => alert !== undefined)
  if (!isTaken) return outcomes
  return outcomes.filter(({ alert, outcome }) => alert !== undefined || outcome !== 'skipped')
}
