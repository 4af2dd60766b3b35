import { CelError } from './cel-error.ts'
import { check } from './checker.ts'
import { resetCost } from './cost.ts'
import type { Evaluate } from './frame.ts'
import { parse } from './parser.ts'
import { plan } from './plan.ts'
import { formatType, type StaticType } from './static-types.ts'
import { validate } from './validate.ts'
import { type CelValue, typeName } from './values.ts'

/** What an expression may use, and what it gives. */
export interface ExpressionForm {
  readonly variables: ReadonlyMap<string, StaticType>
  /** The types that the result may have; the first is the one to ask for. */
  readonly results: readonly StaticType['kind'][]
}

/**
 * Compiles an expression of this form as Flux's notification-controller does: it refuses the same
 * expressions, and gives the others the same values. Unlike Flux it also accepts an expression whose
 * type is not known before evaluation. Throws `CelError`.
 */
export function compileExpression(
  source: string,
  { variables, results }: ExpressionForm,
): Evaluate {
  resetCost()
  const checked = check(source, parse(source), variables)
  validate(checked)
  const type = checked.typeOf(checked.root)
  if (type.kind !== 'dyn' && !results.includes(type.kind)) {
    throw new CelError(
      `the expression gives ${formatType(type)}, and it must give ${wanted(results)}`,
    )
  }
  return plan(checked)
}

/** The error of an evaluation whose result has another type than its form allows. */
export function wrongResult(value: CelValue, { results }: ExpressionForm): CelError {
  return new CelError(`the expression gave ${describe(value)}, and it must give ${wanted(results)}`)
}

function wanted([first]: ExpressionForm['results']): string {
  return `a ${first}`
}

function describe(value: CelValue): string {
  const name = typeName(value)
  if (name === 'optional_type') return 'an optional (add .value() or .orValue(…))'
  return name === 'null_type' ? 'null' : `a ${name}`
}
