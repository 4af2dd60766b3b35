import { resetCost } from './cost.ts'
import { compileExpression, type ExpressionForm, wrongResult } from './expression.ts'
import { DYN, mapOf, STRING } from './static-types.ts'
import type { CelStruct } from './values.ts'

/** The variables of a commit status expression. Flux has all of them except `cluster`. */
export interface CelVariables {
  readonly event: CelStruct
  readonly alert: CelStruct
  readonly provider: CelStruct
  readonly cluster: string
}

/** A compiled CEL expression with a string result. */
export interface StringExpression {
  /**
   * Evaluates the expression. Throws `CelError` for an error of CEL, a result that is not a string,
   * and a cost beyond the limit.
   */
  evaluate(variables: CelVariables): string
}

const OBJECT = mapOf(STRING, DYN)

/** The types of `CelVariables`. */
export const VARIABLES = new Map([
  ['event', OBJECT],
  ['alert', OBJECT],
  ['provider', OBJECT],
  ['cluster', STRING],
])

const FORM: ExpressionForm = { variables: VARIABLES, results: ['string'] }

/** Compiles an expression that Flux's notification-controller takes too. Throws `CelError`. */
export function compileStringExpression(source: string): StringExpression {
  const run = compileExpression(source, FORM)
  return {
    evaluate(variables) {
      resetCost()
      const result = run({ variables: { ...variables }, slots: [] })
      if (typeof result === 'string') return result
      throw wrongResult(result, FORM)
    },
  }
}
