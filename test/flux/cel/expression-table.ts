import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { CelError } from '../../../relay/cel/cel-error.ts'
import {
  type CelVariables,
  compileStringExpression,
  type StringExpression,
} from '../../../relay/cel/string-expression.ts'
import { type CelStruct, fromJson } from '../../../relay/cel/values.ts'
import { jsonLines } from '../reference-program.ts'

/** What an expression is in Flux: `main.go` tells what the fields say. */
export const ExpressionRow = z.object({
  expression: z.string(),
  value: z.string().optional(),
  outcome: z.enum(['refused', 'failed']).optional(),
  dyn: z.boolean().optional(),
})
export type ExpressionRow = z.infer<typeof ExpressionRow>

const read = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8')

/** The table that `main.go` made of its own expressions. */
export function readExpressionTable(): readonly ExpressionRow[] {
  return jsonLines(read('expressions.jsonl')).map((line) => ExpressionRow.parse(line))
}

/** The variables that the expressions see, there and here. */
export function readVariables(): Readonly<Record<'event' | 'alert' | 'provider', unknown>> {
  return JSON.parse(read('variables.json'))
}

const { event, alert, provider } = readVariables()
const variables: CelVariables = {
  event: fromJson(event) as CelStruct,
  alert: fromJson(alert) as CelStruct,
  provider: fromJson(provider) as CelStruct,
  cluster: 'prod',
}

interface Own {
  readonly value?: string
  readonly outcome?: 'refused' | 'failed'
  readonly why?: string
}

/** What the relay makes of the expression. Anything but a `CelError` is thrown. */
export function ownResult(expression: string): Own {
  let compiled: StringExpression
  try {
    compiled = compileStringExpression(expression)
  } catch (error) {
    return { outcome: 'refused', why: reason(error) }
  }
  try {
    return { value: compiled.evaluate(variables) }
  } catch (error) {
    return { outcome: 'failed', why: reason(error) }
  }
}

function reason(error: unknown): string {
  if (error instanceof CelError) return error.message
  throw error
}

/** What Flux takes and the relay refuses on purpose, with these words: ADR 0035. */
const REFUSED_ON_PURPOSE =
  /protobuf messages .* are not supported|json\.encode is not supported|cannot be a map key here|\(\?i\) here/
/** What Flux gives a value and the relay fails to, with these words. */
const FAILED_ON_PURPOSE = /costs too much|format: the bytes are not valid UTF-8/

/** Undefined when both say the same, or the relay refuses what Flux cannot evaluate either. */
export function difference({ value, outcome, expression }: ExpressionRow): string | undefined {
  const own = ownResult(expression)
  const why = own.why ?? ''
  if (own.outcome === 'refused' && REFUSED_ON_PURPOSE.test(why)) return undefined
  if (own.outcome === 'failed' && FAILED_ON_PURPOSE.test(why)) return undefined
  if (own.outcome === 'refused' && outcome === 'failed') return undefined
  if (own.value === value && own.outcome === outcome) return undefined
  return `${JSON.stringify(own)} here, ${JSON.stringify({ value, outcome })} in Flux`
}
