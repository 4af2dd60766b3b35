import { CelCostError } from './cel-error.ts'

/**
 * The most that one evaluation may cost. A step of the evaluation costs 1, and so do 8 characters
 * that a function reads or writes, one character that `matches` reads, and one element of a list
 * that is made or compared. The whole amount is spent in some tens of milliseconds.
 */
export const MAX_COST = 1_000_000

/**
 * The cost of an absorbed error, in addition to its own evaluation: JavaScript's exceptions are
 * slow.
 */
export const ERROR_COST = 500

/**
 * The cost that is left for the current evaluation. Evaluation is synchronous, so one variable is
 * enough.
 */
let left = 0

let limit = MAX_COST

/** Starts the count for a new evaluation, which may cost `most`. */
export function resetCost(most = MAX_COST): void {
  limit = most
  left = most
}

/** What the current evaluation has cost. */
export function spentCost(): number {
  return limit - left
}

/** Throws `CelCostError` when the evaluation has spent more than it may. */
export function spend(cost: number): void {
  left -= cost
  if (left < 0) {
    throw new CelCostError(`the evaluation costs too much (more than ${limit} steps)`)
  }
}

/**
 * Spends the cost of reading or writing a text of this length in UTF-16 units, or as many bytes.
 */
export function spendText(length: number): void {
  spend(length / 8)
}
