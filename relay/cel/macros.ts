import { CelError } from './cel-error.ts'
import type { Fold, Node } from './syntax-tree.ts'

/** A call as the parser read it: `target.name(args)`. */
export interface WrittenCall {
  readonly name: string
  readonly target: Node | undefined
  readonly args: readonly Node[]
  readonly at: number
}

/** The name of an internal variable. No expression can use this name. */
const BOUND = '@target'

type Expand = (call: WrittenCall) => Node

const FOLDS: Readonly<Record<string, Expand>> = {
  'all/2': (call) => fold('all', call),
  'exists/2': (call) => fold('exists', call),
  'exists_one/2': (call) => fold('exists_one', call),
  'filter/2': (call) => fold('filter', call),
  'map/2': (call) => fold('map', call),
  'map/3': (call) => fold('map', call),
  'optMap/2': (call) => bindOptional(call, (body, at) => callOf('optional.of', [body], at)),
  'optFlatMap/2': (call) => bindOptional(call, (body) => body),
}

/** Expands a macro as cel-go does; undefined when the call is one of a function. */
export function expandMacro(call: WrittenCall): Node | undefined {
  const { name, target, args } = call
  if (target === undefined) return name === 'has' && args.length === 1 ? has(call) : undefined
  const key = `${name}/${args.length}`
  return Object.hasOwn(FOLDS, key) ? FOLDS[key]?.(call) : undefined
}

function has({ args: [argument], at }: WrittenCall): Node {
  if (argument?.kind !== 'select' || argument.test) {
    throw new CelError('has() takes a field, as in has(event.metadata.key)')
  }
  return { ...argument, test: true, at }
}

function fold(macro: Fold['macro'], call: WrittenCall): Node {
  const { name, target, args, at } = call
  const [first, second, third] = args
  const range = target ?? missing(name)
  const isMap = macro === 'map'
  const predicate = isMap && !third ? undefined : second
  const transform = isMap ? (third ?? second) : undefined
  return {
    kind: 'fold',
    macro,
    range,
    variable: variableName(name, first),
    predicate,
    transform,
    at,
    depth: deepest([range, ...args]),
  }
}

/**
 * Expands to `target.hasValue() ? wrap(body) : optional.none()`, where the body sees the target's
 * value.
 */
function bindOptional(call: WrittenCall, wrap: (body: Node, at: number) => Node): Node {
  const { name, target = missing(name), args, at } = call
  const [first, body = missing(name)] = args
  const depth = deepest([target, ...args])
  const held: Node = target.kind === 'ident' ? target : { kind: 'ident', name: BOUND, at, depth: 0 }
  const value = callOf('value', [], at, held)
  const inner: Node = {
    kind: 'bind',
    variable: variableName(name, first),
    value,
    body,
    at,
    depth,
  }
  const result = callOf(
    '_?_:_',
    [callOf('hasValue', [], at, held), wrap(inner, at), callOf('optional.none', [], at)],
    at,
  )
  if (held === target) return result
  return { kind: 'bind', variable: BOUND, value: target, body: result, at, depth }
}

function callOf(name: string, args: readonly Node[], at: number, target?: Node): Node {
  return {
    kind: 'call',
    name,
    target,
    args,
    at,
    depth: deepest([...args, ...(target ? [target] : [])]),
  }
}

export function deepest(nodes: readonly Node[]): number {
  return nodes.reduce((most, { depth }) => Math.max(most, depth), 0)
}

function variableName(macro: string, node: Node | undefined): string {
  if (node?.kind !== 'ident' || !/^[A-Za-z_]/.test(node.name)) {
    throw new CelError(`${macro}() takes the name of a variable first, as in ${macro}(x, …)`)
  }
  if (node.name === '__result__') throw new CelError(`${macro}(): __result__ is reserved`)
  return node.name
}

function missing(name: string): never {
  throw new CelError(`${name}() lacks an argument`)
}
