import { type ASTNode, Environment, Optional, serialize } from '@marcbachmann/cel-js'
import { compilePattern } from './model/pattern.ts'

/** A compiled CEL expression with a string result. */
export interface StringExpression {
  /** Throws `CelError`. */
  evaluate(variables: Readonly<Record<string, unknown>>): string
}

/** A CEL expression that does not compile, or whose evaluation fails. */
export class CelError extends Error {
  override readonly name = 'CelError'
}

/** Bounds the expression itself. */
const LIMITS = { maxAstNodes: 500, maxDepth: 30, maxListElements: 200, maxMapEntries: 200 }

/** Bounds one evaluation: how often the bodies of macros (map, exists, …) run in all. */
const MAX_MACRO_STEPS = 1_000

/** Bounds one evaluation: how many characters `matches` reads in all. */
const MAX_MATCHED_LENGTH = 4_000_000

const MACROS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])

/** Our linear-time function behind `matches`, whose own one is a backtracking RegExp. */
const RE2_MATCHES = 're2Matches'

/**
 * Counts the elements of the range that it wraps. The range and not the body, since `all` and
 * `exists` go on past the errors of their bodies.
 */
const BOUNDED_RANGE = 'boundedRange'

/**
 * Compiles an expression over the variables `event`, `alert`, `provider` and `cluster`, with
 * optional types and the string functions of Flux's CEL environment. Throws `CelError`.
 */
export function compileStringExpression(source: string): StringExpression {
  const evaluate = guard(() => {
    const { ast } = environment.parse(source)
    boundCost(ast)
    const program = environment.parse(serialize(ast))
    const check = program.check()
    if (check.error) throw check.error
    if (check.type !== 'string' && check.type !== 'dyn') {
      throw new CelError(`the expression gives ${check.type}, and it must give a string`)
    }
    return program
  })
  return {
    evaluate(variables) {
      spent = { macroSteps: 0, matchedLength: 0 }
      const result: unknown = guard(() => evaluate({ ...variables }))
      if (typeof result === 'string') return result
      throw new CelError(`the expression gave ${describe(result)}, and it must give a string`)
    },
  }
}

function guard<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof CelError) throw error
    const { summary, message } = error as { readonly summary?: string; readonly message: string }
    throw new CelError(summary ?? message)
  }
}

function describe(value: unknown): string {
  if (value instanceof Optional) return 'an optional (add .value() or .orValue(…))'
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`
}

/** The nodes directly under one. */
function children(node: ASTNode): readonly ASTNode[] {
  return ([node.args].flat(3) as readonly unknown[]).filter(isNode)
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value
}

/** Rewrites the calls whose cost the library does not bound into ones that do. */
function boundCost(node: ASTNode): void {
  for (const child of children(node)) boundCost(child)
  if ((node.op === 'rcall' || node.op === 'call') && node.args[0] === 'matches') {
    node.args[0] = RE2_MATCHES
  }
  if (node.op === 'rcall' && MACROS.has(node.args[0])) {
    node.args[1] = environment.parse(`${BOUNDED_RANGE}(${serialize(node.args[1])})`).ast
  }
}

/** What the evaluation under way has cost; evaluation is synchronous, so one is enough. */
let spent = { macroSteps: 0, matchedLength: 0 }

const environment = createEnvironment()

function createEnvironment(): Environment {
  const env = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: LIMITS,
  })
  for (const variable of ['event', 'alert', 'provider', 'cluster']) {
    env.registerVariable(variable, variable === 'cluster' ? 'string' : 'dyn')
  }
  env.registerFunction(`${BOUNDED_RANGE}(A): A`, boundRange)
  registerMatches(env)
  registerListFunctions(env)
  registerStringFunctions(env)
  return env
}

function boundRange(range: unknown): unknown {
  spent.macroSteps += Array.isArray(range) ? range.length : Object.keys(Object(range)).length
  if (spent.macroSteps > MAX_MACRO_STEPS) {
    throw new CelError(`more than ${MAX_MACRO_STEPS} steps in map, filter, exists or all`)
  }
  return range
}

function registerMatches(env: Environment): void {
  const matches = (text: string, source: string) => {
    const pattern = compilePattern(source)
    if ('error' in pattern) throw new CelError(`matches: ${pattern.error}`)
    spent.matchedLength += text.length
    if (spent.matchedLength > MAX_MATCHED_LENGTH) throw new CelError('matches reads too much text')
    return pattern.test(text)
  }
  env.registerFunction(`string.${RE2_MATCHES}(string): bool`, matches)
  env.registerFunction(`${RE2_MATCHES}(string, string): bool`, matches)
}

function registerListFunctions(env: Environment): void {
  const optional = (list: readonly unknown[], index: number) =>
    list.length === 0 ? Optional.none() : Optional.of(list.at(index))
  env.registerFunction('list<dyn>.first(): optional<dyn>', (list) => optional(list, 0))
  env.registerFunction('list<dyn>.last(): optional<dyn>', (list) => optional(list, -1))
}

/** Longest text that a string function makes, in UTF-16 units. */
const MAX_TEXT_LENGTH = 100_000

/** What cel-go's strings extension has and the library lacks. */
function registerStringFunctions(env: Environment): void {
  env.registerFunction('string.charAt(int): string', (text: string, index: bigint) => {
    const characters = [...text]
    if (index < 0n || index > BigInt(characters.length)) throw new CelError('charAt: out of range')
    return characters[Number(index)] ?? ''
  })
  env.registerFunction('string.replace(string, string): string', replaceText)
  env.registerFunction(
    'string.replace(string, string, int): string',
    (text: string, from: string, to: string, limit: bigint) =>
      replaceText(text, from, to, Number(limit)),
  )
  env.registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''))
}

function replaceText(text: string, from: string, to: string, limit = -1): string {
  const parts = text.split(from)
  const replaced = limit < 0 ? parts.length - 1 : Math.min(limit, parts.length - 1)
  if (text.length + replaced * to.length > MAX_TEXT_LENGTH) {
    throw new CelError(`replace: a text of more than ${MAX_TEXT_LENGTH} characters`)
  }
  const head = parts.slice(0, replaced + 1).join(to)
  return [head, ...parts.slice(replaced + 1)].join(from)
}
