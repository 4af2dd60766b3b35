import { CelCostError, CelError, noSuchOverload } from './cel-error.ts'
import { mapKeys } from './collections.ts'
import { ERROR_COST, spend } from './cost.ts'
import type { Evaluate, Frame } from './frame.ts'
import type { Fold } from './syntax-tree.ts'
import { CelOptional, type CelValue, isList, isMap } from './values.ts'

/*
 * What evaluates its parts when it needs them: macros, logic, and alternatives.
 */

export type Each = (frame: Frame, body: (element: CelValue) => boolean) => boolean

export function elementsOf(range: CelValue): readonly CelValue[] {
  if (isList(range)) return range
  if (isMap(range)) return mapKeys(range)
  throw noSuchOverload('a macro')
}

function condition(value: CelValue): boolean {
  if (typeof value === 'boolean') return value
  throw noSuchOverload('a condition')
}

/** The error, if logic operators may absorb it. Throws any other. */
function absorbed(error: unknown): CelError {
  if (!(error instanceof CelError) || error instanceof CelCostError) throw error
  spend(ERROR_COST)
  return error
}

/**
 * Runs code that absorbs errors, without their stacks. Nobody reads them, and making one takes
 * milliseconds in a process that maps stacks to sources.
 */
function withoutStacks<T>(run: () => T): T {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return run()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/**
 * Evaluates `all` and `exists`: `all` ends with the first false, `exists` with the first true.
 * Errors count only when there is none.
 */
export function quantifier(each: Each, predicate: Evaluate, sought: boolean): Evaluate {
  return (frame) => {
    let failure: CelError | undefined
    const found = each(frame, () => {
      try {
        return condition(withoutStacks(() => predicate(frame))) === sought
      } catch (error) {
        failure ??= absorbed(error)
        return false
      }
    })
    if (!found && failure) throw failure
    return found === sought
  }
}

export function collector(
  each: Each,
  macro: Fold['macro'],
  predicate: Evaluate | undefined,
  transform: Evaluate | undefined,
): Evaluate {
  return (frame) => {
    const kept: CelValue[] = []
    each(frame, (element) => {
      if (!predicate || condition(predicate(frame))) {
        kept.push(transform ? transform(frame) : element)
      }
      return false
    })
    return macro === 'exists_one' ? kept.length === 1 : kept
  }
}

/** The operators that do not evaluate all of their operands, by name. */
export const SPECIAL: Readonly<Record<string, (operands: readonly Evaluate[]) => Evaluate>> = {
  '_&&_': (operands) => logic(operands, false),
  '_||_': (operands) => logic(operands, true),
  '_?_:_':
    ([test = () => null, yes = test, no = test]) =>
    (frame) => {
      spend(1)
      return condition(test(frame)) ? yes(frame) : no(frame)
    },
  or: ([first = () => null, second = first]) => otherwise('or', first, second, (held) => held),
  orValue: ([first = () => null, second = first]) =>
    otherwise('orValue', first, second, ({ value = null }) => value),
}

function otherwise(
  name: string,
  first: Evaluate,
  second: Evaluate,
  use: (held: CelOptional) => CelValue,
): Evaluate {
  return (frame) => {
    spend(1)
    const held = first(frame)
    if (!(held instanceof CelOptional)) throw noSuchOverload(name)
    return held.value === undefined ? second(frame) : use(held)
  }
}

/**
 * Evaluates `&&`, which a false decides, or `||`, which a true decides, whatever errors come
 * before.
 */
function logic(operands: readonly Evaluate[], decides: boolean): Evaluate {
  return (frame) => {
    spend(1)
    let failure: CelError | undefined
    for (const operand of operands) {
      try {
        if (condition(withoutStacks(() => operand(frame))) === decides) return decides
      } catch (error) {
        failure ??= absorbed(error)
      }
    }
    if (failure) throw failure
    return !decides
  }
}
