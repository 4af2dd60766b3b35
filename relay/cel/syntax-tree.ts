import type { CelValue } from './values.ts'

/** A parsed expression, with its macros expanded. */
export type Node = Literal | Ident | Select | CallNode | ListNode | MapNode | Fold | Bind

/** How deep operators and brackets may nest. The limits are cel-go's. */
export const MAX_DEPTH = 250

interface Positioned {
  /** The index of the node's operator or first character, in UTF-16 units. */
  readonly at: number
  /** How deep operators, selections and calls of members nest in the node. */
  readonly depth: number
}

export interface Literal extends Positioned {
  readonly kind: 'literal'
  readonly value: CelValue
}

export interface Ident extends Positioned {
  readonly kind: 'ident'
  /** The name. It starts with a dot when it cannot be a variable of a macro. */
  readonly name: string
}

/** A selection `operand.field`; with `test` it is `has(operand.field)`. */
export interface Select extends Positioned {
  readonly kind: 'select'
  readonly operand: Node
  readonly field: string
  readonly test: boolean
}

/** A call of a function or an operator. An operator has the name of CEL's specification: `_+_`. */
export interface CallNode extends Positioned {
  readonly kind: 'call'
  readonly name: string
  /** The target of `target.name(…)`; undefined for other calls. */
  readonly target: Node | undefined
  readonly args: readonly Node[]
}

export interface ListNode extends Positioned {
  readonly kind: 'list'
  readonly elements: readonly Element[]
}

/** An element of a list. An `optional` element `?x` is present when the optional x has a value. */
export interface Element {
  readonly value: Node
  readonly optional: boolean
}

export interface MapNode extends Positioned {
  readonly kind: 'map'
  readonly entries: readonly MapEntry[]
}

export interface MapEntry extends Element {
  readonly key: Node
}

/** A macro that goes over the elements of a list or the keys of a map. */
export interface Fold extends Positioned {
  readonly kind: 'fold'
  readonly macro: 'all' | 'exists' | 'exists_one' | 'map' | 'filter'
  readonly range: Node
  readonly variable: string
  readonly predicate: Node | undefined
  /** The result of `map` for an element. */
  readonly transform: Node | undefined
}

/** A name for a value, which the body of `optMap` and `optFlatMap` sees. */
export interface Bind extends Positioned {
  readonly kind: 'bind'
  readonly variable: string
  readonly value: Node
  readonly body: Node
}

/** The names of a chain `a.b.c`; undefined for any other node. */
export function qualifiedName(node: Node): string | undefined {
  if (node.kind === 'ident') return node.name
  if (node.kind !== 'select' || node.test) return undefined
  const operand = qualifiedName(node.operand)
  return operand === undefined ? undefined : `${operand}.${node.field}`
}
