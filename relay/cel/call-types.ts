import type { CelError } from './cel-error.ts'
import { type Overload, overloadsOf, UNSUPPORTED } from './declarations.ts'
import { describeMisfit } from './misfit.ts'
import * as types from './static-types.ts'
import { formatType, rename, type StaticType } from './static-types.ts'
import type { CallNode, Node } from './syntax-tree.ts'
import type { Unifier } from './unify.ts'

type MakeError = (node: Node, problem: string) => CelError

/**
 * Finds the types of calls by the overloads of their functions. Throws `CelError` when no overload
 * fits.
 */
export class CallTypes {
  readonly #unifier: Unifier
  readonly #error: MakeError
  #freshCount = 0

  constructor(unifier: Unifier, error: MakeError) {
    this.#unifier = unifier
    this.#error = error
  }

  /** The type of a call of this name. For a member call, the target is the first of `args`. */
  resolve(node: CallNode, name: string, member: boolean, args: readonly StaticType[]): StaticType {
    const overloads = overloadsOf(name)
    if (!overloads) {
      const problem = UNSUPPORTED.has(name)
        ? `${name} is not supported here`
        : `there is no function ${name}`
      throw this.#error(node, problem)
    }
    if (name === '_&&_' || name === '_||_') return this.#logical(node, args)
    let result: StaticType | undefined
    for (const overload of overloads) {
      if (overload.member !== member) continue
      const { args: wanted, result: type } = this.#freshOverload(overload)
      if (!this.#unifier.assignAll(args, wanted)) continue
      const own = this.#unifier.substitute(type, false)
      if (!result) result = own
      else if (result.kind !== 'dyn' && !types.isSameType(own, result, true)) result = types.DYN
    }
    return result ?? this.#noOverload(node, name, member, args)
  }

  #logical(node: CallNode, args: readonly StaticType[]): StaticType {
    for (const [index, type] of args.entries()) {
      if (this.#unifier.assign(type, types.BOOL)) continue
      throw this.#error(node.args[index] ?? node, `a ${formatType(type)} where a bool is needed`)
    }
    return types.BOOL
  }

  #noOverload(node: CallNode, name: string, member: boolean, args: readonly StaticType[]): never {
    const given = args.map((type) => formatType(this.#unifier.substitute(type, true)))
    throw this.#error(node, describeMisfit(name, member, given))
  }

  /** Copies an overload, with new type parameters. */
  #freshOverload(overload: Overload): Pick<Overload, 'args' | 'result'> {
    if (overload.params.length === 0) return overload
    const fresh = new Map(overload.params.map((name) => [name, this.fresh()]))
    return {
      args: overload.args.map((type) => rename(type, fresh)),
      result: rename(overload.result, fresh),
    }
  }

  /** Copies a type, with new type parameters. */
  instantiate(type: StaticType): StaticType {
    const names = ['A', 'B', 'V'].map((name) => [name, this.fresh()] as const)
    return rename(type, new Map(names))
  }

  /** A type parameter that is used nowhere else. */
  fresh(): StaticType {
    this.#freshCount += 1
    return types.typeParam(`_${this.#freshCount}`)
  }
}
