import type { OutcomeCount } from '../model/outcome-count.ts'
import type { OutcomeTotals } from './schemas/overview.ts'

/** The counts of one thing by their outcomes. What is 0 is left out. */
export function outcomeTotals(
  counts: Iterable<Pick<OutcomeCount, 'outcome' | 'count'>>,
): OutcomeTotals {
  const totals: Record<string, number> = {}
  for (const { outcome, count } of counts) {
    if (count > 0) totals[outcome] = (totals[outcome] ?? 0) + count
  }
  return totals
}
