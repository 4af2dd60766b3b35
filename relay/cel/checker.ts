import { CallTypes } from './call-types.ts'
import type { CelError } from './cel-error.ts'
import { overloadsOf, TYPE_NAMES, UNSUPPORTED } from './declarations.ts'
import { syntaxError } from './lexer.ts'
import * as types from './static-types.ts'
import { formatType, type StaticType } from './static-types.ts'
import {
  type Bind,
  type CallNode,
  type Element,
  type Fold,
  type ListNode,
  type MapNode,
  type Node,
  qualifiedName,
  type Select,
} from './syntax-tree.ts'
import { mostGeneral, Unifier } from './unify.ts'
import { typeName } from './values.ts'

/** What is known of an expression before it is evaluated. */
export interface Checked {
  readonly source: string
  readonly root: Node
  /** The type of each node, with no type parameters left. */
  readonly typeOf: (node: Node) => StaticType
  /** The calls of functions whose names have dots, such as `optional.of`, with those names. */
  readonly qualified: ReadonlyMap<CallNode, string>
  /** The selections that are really the name of a type, such as google.protobuf.Duration. */
  readonly typeNames: ReadonlyMap<Node, string>
}

type Variables = ReadonlyMap<string, StaticType>

/**
 * Finds the type of each part of an expression, by the rules of cel-go's checker:
 * https://github.com/google/cel-go/blob/v0.31.0/checker/checker.go. Throws `CelError` when a part
 * has no type, or names something that does not exist.
 */
export function check(source: string, root: Node, variables: Variables): Checked {
  const checker = new Checker(source, variables)
  checker.check(root)
  return { source, root, ...checker.result() }
}

class Checker {
  readonly #source: string
  readonly #variables: Variables
  /** The variables of macros, innermost last. */
  readonly #scope: (readonly [string, StaticType])[] = []
  readonly #unifier = new Unifier()
  readonly #calls: CallTypes
  readonly #types = new Map<Node, StaticType>()
  readonly #qualified = new Map<CallNode, string>()
  readonly #typeNames = new Map<Node, string>()

  constructor(source: string, variables: Variables) {
    this.#source = source
    this.#variables = variables
    this.#calls = new CallTypes(this.#unifier, (node, problem) => this.#error(node, problem))
  }

  result() {
    const typeOf = (node: Node) =>
      this.#unifier.substitute(this.#types.get(node) ?? types.DYN, true)
    return { typeOf, qualified: this.#qualified, typeNames: this.#typeNames }
  }

  check(node: Node): StaticType {
    const type = this.#typeOf(node)
    this.#types.set(node, type)
    return type
  }

  #typeOf(node: Node): StaticType {
    switch (node.kind) {
      case 'literal':
        return TYPE_NAMES.get(typeName(node.value)) ?? types.DYN
      case 'ident':
        return this.#named(node, node.name) ?? this.#undeclared(node, node.name)
      case 'select':
        return this.#select(node)
      case 'call':
        return node.name === '_?._' ? this.#optionalSelect(node) : this.#call(node)
      case 'list':
        return this.#list(node)
      case 'map':
        return this.#map(node)
      case 'fold':
        return this.#fold(node)
      case 'bind':
        return this.#bind(node)
    }
  }

  /** The type of what has this name. A name with dots may be that of a type. */
  #named(node: Node, name: string): StaticType | undefined {
    const local = this.#scope.findLast(([variable]) => variable === name)
    if (local) return local[1]
    const global = name.replace(/^\./, '')
    const variable = this.#variables.get(global)
    if (variable) return variable
    const type = TYPE_NAMES.get(global)
    if (!type) return undefined
    this.#typeNames.set(node, global)
    return types.typeOf(this.#calls.instantiate(type))
  }

  #select(node: Select): StaticType {
    const name = node.test ? undefined : qualifiedName(node)
    const type = name?.includes('.') ? this.#typeNamed(node, name) : undefined
    if (type) return type
    const result = this.#fieldType(node, node.operand, false)
    return node.test ? types.BOOL : this.#unifier.substitute(result, false)
  }

  #typeNamed(node: Node, name: string): StaticType | undefined {
    const [first] = name.split('.')
    const isLocal = this.#scope.some(([variable]) => variable === first)
    return isLocal ? undefined : this.#named(node, name)
  }

  #optionalSelect(node: CallNode): StaticType {
    const [operand = node] = node.args
    return this.#unifier.substitute(this.#fieldType(node, operand, true), false)
  }

  /** The type of a field of the operand. It is optional if the operand is. */
  #fieldType(node: Node, operand: Node, optional: boolean): StaticType {
    const given = this.#unifier.substitute(this.check(operand), false)
    const isOptional = given.kind === 'optional'
    const target = isOptional ? types.paramOf(given, 0) : given
    if (target.kind === 'param') this.#unifier.assign(types.DYN, target)
    else if (target.kind !== 'map' && target.kind !== 'dyn') {
      throw this.#error(node, `a ${formatType(target)} has no fields`)
    }
    const field = target.kind === 'map' ? types.paramOf(target, 1) : types.DYN
    return isOptional || optional ? types.optionalOf(field) : field
  }

  #call(node: CallNode): StaticType {
    for (const arg of node.args) this.check(arg)
    const args = node.args.map((arg) => this.#known(arg))
    const name = node.name.replace(/^\./, '')
    if (!node.target) return this.#calls.resolve(node, name, false, args)
    const prefix = qualifiedName(node.target)
    const qualified = `${prefix?.replace(/^\./, '')}.${name}`
    if (prefix && (overloadsOf(qualified) || UNSUPPORTED.has(qualified))) {
      this.#qualified.set(node, qualified)
      return this.#calls.resolve(node, qualified, false, args)
    }
    this.check(node.target)
    return this.#calls.resolve(node, name, true, [this.#known(node.target), ...args])
  }

  #known(node: Node): StaticType {
    return this.#types.get(node) ?? types.DYN
  }

  #list(node: ListNode): StaticType {
    let joined: StaticType | undefined
    for (const element of node.elements) {
      this.check(element.value)
      joined = this.#join(joined, this.#elementType(element))
    }
    return types.listOf(joined ?? this.#calls.fresh())
  }

  #map(node: MapNode): StaticType {
    let key: StaticType | undefined
    let value: StaticType | undefined
    for (const entry of node.entries) {
      this.#checkKey(entry.key)
      key = this.#join(key, this.#known(entry.key))
      this.check(entry.value)
      value = this.#join(value, this.#elementType(entry))
    }
    return types.mapOf(key ?? this.#calls.fresh(), value ?? this.#calls.fresh())
  }

  #checkKey(node: Node): void {
    const type = this.#unifier.substitute(this.check(node), false)
    if (KEY_KINDS.has(type.kind)) return
    throw this.#error(node, `a ${formatType(type)} cannot be a map key here`)
  }

  #elementType({ value, optional }: Element): StaticType {
    const type = this.#known(value)
    if (!optional) return type
    if (type.kind === 'optional') return types.paramOf(type, 0)
    throw this.#error(value, `a ${formatType(type)} after the ? where an optional is needed`)
  }

  #join(before: StaticType | undefined, type: StaticType): StaticType {
    if (!before) return type
    return this.#unifier.assign(before, type) ? mostGeneral(before, type) : types.DYN
  }

  #fold(node: Fold): StaticType {
    const element = this.#elementOf(node)
    this.#scope.push([node.variable, element])
    if (node.predicate) this.#checkPredicate(node, node.predicate)
    const made = node.transform ? this.check(node.transform) : element
    this.#scope.pop()
    if (node.macro !== 'map' && node.macro !== 'filter') return types.BOOL
    const result = this.#calls.fresh()
    this.#unifier.assign(made, result)
    return this.#unifier.substitute(types.listOf(result), false)
  }

  #checkPredicate({ macro }: Fold, predicate: Node): void {
    const type = this.check(predicate)
    if (this.#unifier.assign(type, types.BOOL)) return
    throw this.#error(predicate, `${macro}() needs a bool, and this is a ${formatType(type)}`)
  }

  #elementOf({ macro, range }: Fold): StaticType {
    const type = this.#unifier.substitute(this.check(range), false)
    if (type.kind === 'list' || type.kind === 'map') return types.paramOf(type, 0)
    if (type.kind === 'param') this.#unifier.assign(types.DYN, type)
    if (type.kind === 'param' || type.kind === 'dyn') return types.DYN
    throw this.#error(range, `${macro}() needs a list or a map, and this is a ${formatType(type)}`)
  }

  #bind(node: Bind): StaticType {
    this.#scope.push([node.variable, this.check(node.value)])
    const type = this.check(node.body)
    this.#scope.pop()
    return this.#unifier.substitute(type, false)
  }

  #undeclared(node: Node, name: string): never {
    throw this.#error(
      node,
      `there is no variable ${name}; expected one of ${[...this.#variables.keys()].join(', ')}`,
    )
  }

  #error(node: Node, problem: string): CelError {
    return syntaxError(this.#source, node.at, problem)
  }
}

const KEY_KINDS = new Set(['string', 'int', 'uint', 'bool', 'double', 'dyn', 'param'])
