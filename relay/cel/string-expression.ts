import { CelError } from './cel-error.ts'
import { check } from './checker.ts'
import { resetCost } from './cost.ts'
import type { Evaluate } from './frame.ts'
import { parse } from './parser.ts'
import { plan } from './plan.ts'
import { DYN, formatType, mapOf, STRING } from './static-types.ts'
import { validate } from './validate.ts'
import { type CelStruct, type CelValue, typeName } from './values.ts'

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

const VARIABLES = new Map([
  ['event', OBJECT],
  ['alert', OBJECT],
  ['provider', OBJECT],
  ['cluster', STRING],
])

/**
 * Compiles an expression as Flux's notification-controller does: it refuses the same expressions,
 * and gives the others the same values. Unlike Flux it also accepts an expression whose type is not
 * known before evaluation. Throws `CelError`.
 */
export function compileStringExpression(source: string): StringExpression {
  const run = compile(source)
  return {
    evaluate(variables) {
      resetCost()
      const result = run({ variables: { ...variables }, slots: [] })
      if (typeof result === 'string') return result
      throw new CelError(`the expression gave ${describe(result)}, and it must give a string`)
    },
  }
}

function compile(source: string): Evaluate {
  resetCost()
  const checked = check(source, parse(source), VARIABLES)
  validate(checked)
  const { kind } = checked.typeOf(checked.root)
  if (kind !== 'string' && kind !== 'dyn') {
    const type = formatType(checked.typeOf(checked.root))
    throw new CelError(`the expression gives ${type}, and it must give a string`)
  }
  return plan(checked)
}

function describe(value: CelValue): string {
  const name = typeName(value)
  if (name === 'optional_type') return 'an optional (add .value() or .orValue(…))'
  return name === 'null_type' ? 'null' : `a ${name}`
}
