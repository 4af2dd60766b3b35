import { resetCost, spentCost } from './cost.ts'
import { compileExpression, type ExpressionForm, wrongResult } from './expression.ts'
import { DYN, mapOf, STRING } from './static-types.ts'
import { type CelVariables, VARIABLES } from './string-expression.ts'
import type { CelStruct } from './values.ts'

/**
 * The variables of a rule: those of a commit status expression, the labels of the event's object, and what its
 * Alert was last told about that.
 */
export interface RuleVariables extends CelVariables {
  readonly labels: CelStruct
  readonly last: CelStruct
}

/** The types of `RuleVariables`. */
export const RULE_VARIABLES = new Map([
  ...VARIABLES,
  ['labels', mapOf(STRING, STRING)],
  ['last', mapOf(STRING, DYN)],
])

/**
 * The most that one evaluation of a condition may cost: some milliseconds. Each event meets the
 * conditions of all Alerts whose sources fit.
 */
export const MAX_CONDITION_COST = 100_000

/** A compiled CEL expression that says yes or no. */
export interface Condition {
  /** Its text, as its author wrote it. */
  readonly source: string
  /**
   * Evaluates the condition. `cost` is in the steps of CEL. Throws `CelError` for an error of CEL, a
   * result that is not a bool, and a cost beyond the limit.
   */
  test(variables: RuleVariables): { readonly holds: boolean; readonly cost: number }
}

const FORM: ExpressionForm = { variables: RULE_VARIABLES, results: ['bool'] }

/** Compiles a condition. Throws `CelError`. */
export function compileCondition(source: string): Condition {
  const run = compileExpression(source, FORM)
  return {
    source,
    test(variables) {
      resetCost(MAX_CONDITION_COST)
      const result = run({ variables: { ...variables }, slots: [] })
      if (typeof result !== 'boolean') throw wrongResult(result, FORM)
      return { holds: result, cost: spentCost() }
    },
  }
}
