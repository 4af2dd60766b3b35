import { CelError } from './cel-error.ts'
import { RULE_VARIABLES, type RuleVariables } from './condition.ts'
import { resetCost } from './cost.ts'
import { compileExpression, type ExpressionForm, wrongResult } from './expression.ts'

/** The most that one evaluation may cost, in the steps of CEL: some milliseconds. */
const MAX_COST = 100_000

/** The longest text that an expression may give, in UTF-16 units. */
const MAX_TEXT_LENGTH = 1_024

/** A compiled CEL expression of a rule that gives a text. */
export interface TextExpression {
  /**
   * Evaluates the expression. Throws `CelError` for an error of CEL, a result that is no text or too long,
   * and a cost beyond the limit.
   */
  evaluate(variables: RuleVariables): string
}

const FORM: ExpressionForm = { variables: RULE_VARIABLES, results: ['string'] }

/** Compiles an expression that gives a text. Throws `CelError`. */
export function compileTextExpression(source: string): TextExpression {
  const run = compileExpression(source, FORM)
  return {
    evaluate(variables) {
      resetCost(MAX_COST)
      const result = run({ variables: { ...variables }, slots: [] })
      if (typeof result !== 'string') throw wrongResult(result, FORM)
      if (result.length > MAX_TEXT_LENGTH) {
        throw new CelError(`the expression gave a text of more than ${MAX_TEXT_LENGTH} characters`)
      }
      return result
    },
  }
}
