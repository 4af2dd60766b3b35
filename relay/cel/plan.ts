import { CelError, noSuchOverload } from './cel-error.ts'
import type { Checked } from './checker.ts'
import { checkKey, hasKey, select } from './collections.ts'
import { contains } from './compare.ts'
import { CONVERSIONS } from './conversions.ts'
import { spend } from './cost.ts'
import type { Evaluate, Frame } from './frame.ts'
import { FUNCTIONS, patternOf } from './functions.ts'
import { collector, elementsOf, quantifier, SPECIAL } from './lazy.ts'
import type { Bind, CallNode, Element, Fold, ListNode, MapNode, Node } from './syntax-tree.ts'
import { CelMap, CelOptional, CelType, type CelValue, isKey, isList } from './values.ts'

/** A part that is ready for evaluation. `constant` is its value, if that is known. */
interface Plan {
  readonly run: Evaluate
  readonly constant?: CelValue
}

/**
 * Prepares an expression for evaluation. Errors in constants that cel-go finds before any
 * evaluation, such as a pattern or a time that is not valid, are found here too. Throws `CelError`.
 */
export function plan(checked: Checked): Evaluate {
  return new Planner(checked).plan(checked.root).run
}

const constant = (value: CelValue): Plan => ({ run: () => value, constant: value })

class Planner {
  readonly #checked: Checked
  /** The variables of macros, the innermost last. The index of a variable is its slot. */
  readonly #scope: string[] = []

  constructor(checked: Checked) {
    this.#checked = checked
  }

  plan(node: Node): Plan {
    const typeNamed = this.#checked.typeNames.get(node)
    if (typeNamed !== undefined) return constant(new CelType(typeNamed))
    switch (node.kind) {
      case 'literal':
        return constant(node.value)
      case 'ident':
        return { run: this.#variable(node.name) }
      case 'select':
        return { run: this.#select(this.plan(node.operand).run, node.field, node.test) }
      case 'call':
        return this.#call(node)
      case 'list':
        return this.#list(node)
      case 'map':
        return this.#map(node)
      case 'fold':
        return { run: this.#fold(node) }
      case 'bind':
        return { run: this.#bind(node) }
    }
  }

  #variable(name: string): Evaluate {
    const slot = this.#scope.lastIndexOf(name)
    if (slot >= 0) return ({ slots }) => slots[slot] ?? null
    const global = name.replace(/^\./, '')
    return ({ variables }) => {
      const value = variables[global]
      if (value === undefined) throw new CelError(`there is no ${global} here`)
      return value
    }
  }

  #select(operand: Evaluate, field: string, test: boolean): Evaluate {
    if (test) return (frame) => hasKey(operand(frame), field)
    return (frame) => {
      spend(1)
      return select(operand(frame), field)
    }
  }

  #call(node: CallNode): Plan {
    const qualified = this.#checked.qualified.get(node)
    const operands = node.target && !qualified ? [node.target, ...node.args] : node.args
    const plans = operands.map((operand) => this.plan(operand))
    const runs = plans.map(({ run }) => run)
    const name = qualified ?? node.name.replace(/^\./, '')
    const special = SPECIAL[name]?.(runs)
    if (special) return { run: special }
    if (name in CONVERSIONS) return convert(name, plans)
    const [, second] = plans
    if (INDEXES.has(name) && second?.constant !== undefined) checkKey(second.constant)
    if (name === '@in' && this.#isSet(node, second)) return { run: inSet(runs) }
    if (name === 'matches' && typeof second?.constant === 'string') {
      return { run: matchConstant(runs, second.constant) }
    }
    return { run: call(name, runs) }
  }

  /** Whether this is a list of constants, which cel-go turns into a set. */
  #isSet({ args: [, container] }: CallNode, part: Plan | undefined): boolean {
    if (!container || !part?.constant || !isList(part.constant)) return false
    const isSimple = part.constant.every((value) => isKey(value) || value === null)
    return isSimple && part.constant.length > 0 && this.#checked.typeOf(container).kind === 'list'
  }

  #list({ elements }: ListNode): Plan {
    const plans = elements.map(({ value }) => this.plan(value))
    const run = listOf(elements, plans)
    return isConstant(plans) && !elements.some(({ optional }) => optional)
      ? constant(plans.map(({ constant: value = null }) => value))
      : { run }
  }

  #map({ entries }: MapNode): Plan {
    const keys = entries.map(({ key }) => this.plan(key))
    const values = entries.map(({ value }) => this.plan(value))
    const run = mapOf(entries, keys, values)
    return isConstant([...keys, ...values]) && !entries.some(({ optional }) => optional)
      ? constant(run({ variables: {}, slots: [] }))
      : { run }
  }

  #fold(node: Fold): Evaluate {
    const range = this.plan(node.range).run
    const slot = this.#scope.push(node.variable) - 1
    const predicate = node.predicate && this.plan(node.predicate).run
    const transform = node.transform && this.plan(node.transform).run
    this.#scope.pop()
    const each = (frame: Frame, body: (element: CelValue) => boolean) => {
      for (const element of elementsOf(range(frame))) {
        spend(1)
        frame.slots[slot] = element
        if (body(element)) return true
      }
      return false
    }
    if (node.macro === 'all' || node.macro === 'exists') {
      return quantifier(each, predicate ?? (() => true), node.macro === 'exists')
    }
    return collector(each, node.macro, predicate, transform)
  }

  #bind({ variable, value, body }: Bind): Evaluate {
    const held = this.plan(value).run
    const slot = this.#scope.push(variable) - 1
    const inner = this.plan(body).run
    this.#scope.pop()
    return (frame) => {
      frame.slots[slot] = held(frame)
      return inner(frame)
    }
  }
}

const INDEXES: ReadonlySet<string> = new Set(['_[_]', '_[?_]'])

function isConstant(plans: readonly Plan[]): boolean {
  return plans.every((part) => part.constant !== undefined)
}

/** Plans a conversion. A constant is converted at once, and its errors are found at once. */
function convert(name: string, plans: readonly Plan[]): Plan {
  const [{ run, constant: known } = constant(null)] = plans
  const conversion = CONVERSIONS[name] ?? ((value: CelValue) => value)
  if (known !== undefined) return constant(conversion(known))
  return {
    run: (frame) => {
      spend(1)
      return conversion(run(frame))
    },
  }
}

function matchConstant([subject = () => null]: readonly Evaluate[], source: string): Evaluate {
  const test = patternOf(source)
  return (frame) => {
    const value = subject(frame)
    if (typeof value !== 'string') throw noSuchOverload('matches')
    return test(value)
  }
}

/**
 * Evaluates `in` for a list that cel-go turns into a set. Bytes cannot be looked up in a set of
 * Go's.
 */
function inSet([element = () => null, container = element]: readonly Evaluate[]): Evaluate {
  return (frame) => {
    const value = element(frame)
    if (value instanceof Uint8Array) throw noSuchOverload('in')
    return contains(container(frame), value)
  }
}

function call(name: string, runs: readonly Evaluate[]): Evaluate {
  const run = FUNCTIONS[name]
  if (!run) throw new CelError(`${name} is not supported here`)
  const [a, b, c] = runs
  if (a && !b) {
    return (frame) => {
      spend(1)
      return run(a(frame))
    }
  }
  if (a && b && !c) {
    return (frame) => {
      spend(1)
      return run(a(frame), b(frame))
    }
  }
  return (frame) => {
    spend(1)
    return run(...runs.map((operand) => operand(frame)))
  }
}

/** The value of an element; undefined for an optional element without a value. */
function present(value: CelValue, { optional }: Element): CelValue | undefined {
  if (!optional) return value
  if (value instanceof CelOptional) return value.value
  throw noSuchOverload('?')
}

function listOf(elements: readonly Element[], plans: readonly Plan[]): Evaluate {
  const runs = plans.map(({ run }, index) => [run, elements[index]] as const)
  return (frame) => {
    spend(1 + runs.length)
    return runs
      .map(([run, element]) => (element ? present(run(frame), element) : run(frame)))
      .filter((value) => value !== undefined)
  }
}

function mapOf(
  entries: readonly Element[],
  keys: readonly Plan[],
  values: readonly Plan[],
): Evaluate {
  return (frame) => {
    spend(1 + entries.length)
    const map = new CelMap()
    for (const [index, entry] of entries.entries()) {
      const key = keys[index]?.run(frame) ?? null
      const value = present(values[index]?.run(frame) ?? null, entry)
      if (value === undefined) map.delete(key)
      else map.set(key, value)
    }
    return map
  }
}
