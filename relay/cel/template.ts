import { CelError } from './cel-error.ts'
import { RULE_VARIABLES, type RuleVariables } from './condition.ts'
import { CONVERSIONS } from './conversions.ts'
import { resetCost } from './cost.ts'
import { compileExpression, type ExpressionForm, wrongResult } from './expression.ts'
import type { Evaluate } from './frame.ts'
import { closingBracket } from './lexer.ts'
import { typeName } from './values.ts'

/** The most that the expressions of one text may cost together: some milliseconds. */
const MAX_TEMPLATE_COST = 100_000

/** The most expressions of one text. */
const MAX_EXPRESSIONS = 50

/** A text with CEL expressions in it. */
export interface Template {
  /**
   * The text with the values of its expressions. Throws `CelError` for an error of CEL, a result that is no
   * text, number, bool, time or duration, and a cost beyond the limit. `write` changes a value before it is
   * put behind the text that precedes it.
   */
  render(variables: RuleVariables, write?: WriteValue): string
  /** The text before its first expression. */
  readonly start: string
}

/** Makes the text of a value, which stands behind `before`. */
export type WriteValue = (value: string, before: string) => string

const FORM: ExpressionForm = {
  variables: RULE_VARIABLES,
  results: ['string', 'int', 'uint', 'double', 'bool', 'timestamp', 'duration'],
}

/** The same types, as values name them. */
const TYPE_NAMES: ReadonlySet<string> = new Set([
  'string',
  'int',
  'uint',
  'double',
  'bool',
  'google.protobuf.Timestamp',
  'google.protobuf.Duration',
])

/**
 * Compiles a text in which `$(…)` holds a CEL expression. An author who wants a plain `$(` writes an expression
 * that gives it: `$('$(')`. The mark is not `${…}`, which Flux's post-build substitution replaces, nor `{{…}}`,
 * which Helm replaces. `$$(` is no escape, since that substitution makes `$(` of it. Throws `CelError`.
 * https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
 */
export function compileTemplate(source: string): Template {
  const parts: (string | Evaluate)[] = []
  let expressions = 0
  let rest = 0
  for (const { index } of source.matchAll(/\$\(/g)) {
    if (index < rest) continue
    parts.push(source.slice(rest, index))
    expressions += 1
    if (expressions > MAX_EXPRESSIONS) {
      throw new CelError(`expected at most ${MAX_EXPRESSIONS} expressions in one text`)
    }
    const begin = index + 2
    const end = closingBracket(source, begin)
    if (end === undefined) {
      throw new CelError(
        `the $( at character ${[...source.slice(0, index)].length + 1} has no closing bracket`,
      )
    }
    parts.push(compileExpression(source.slice(begin, end - 1), FORM))
    rest = end
  }
  parts.push(source.slice(rest))
  const [start] = parts
  return {
    render: (variables, write = asItIs) => render(parts, variables, write),
    start: typeof start === 'string' ? start : '',
  }
}

const asItIs: WriteValue = (value) => value

function render(
  parts: ReadonlyArray<string | Evaluate>,
  variables: RuleVariables,
  write: WriteValue,
): string {
  resetCost(MAX_TEMPLATE_COST)
  return parts.reduce<string>((before, part) => {
    if (typeof part === 'string') return before + part
    const value = part({ variables: { ...variables }, slots: [] })
    const text = TYPE_NAMES.has(typeName(value)) ? CONVERSIONS.string?.(value) : undefined
    if (typeof text !== 'string') throw wrongResult(value, FORM)
    return before + write(text, before)
  }, '')
}
