import { CelError } from './cel-error.ts'
import { compound, DYN, isSameType, paramOf, type StaticType } from './static-types.ts'

/**
 * The size of the largest type. Only expressions that were made to be expensive have larger ones.
 */
const MAX_TYPE_SIZE = 1_000

/** How many pairs of types one expression may compare. A long one compares some thousands. */
const MAX_COMPARISONS = 1_000_000

/**
 * Finds what the type parameters of an expression stand for, by the rules of cel-go's checker:
 * https://github.com/google/cel-go/blob/v0.31.0/checker/types.go
 */
export class Unifier {
  /** The types that the type parameters stand for, by their names. */
  readonly #bound = new Map<string, StaticType>()
  /** What was bound since the current attempt began, so that it can be undone. */
  readonly #trail: (readonly [string, StaticType | undefined])[] = []
  #comparisons = 0

  /**
   * Whether each type of `given` is assignable to that of `wanted`. Binds type parameters only when
   * all are.
   */
  assignAll(given: readonly StaticType[], wanted: readonly StaticType[]): boolean {
    if (given.length !== wanted.length) return false
    const start = this.#trail.length
    if (given.every((type, index) => this.#assign(type, wanted[index] ?? DYN))) return true
    while (this.#trail.length > start) {
      const [name, before] = this.#trail.pop() ?? ['', undefined]
      if (before) this.#bound.set(name, before)
      else this.#bound.delete(name)
    }
    return false
  }

  /** Whether `given` is assignable to `wanted`. */
  assign(given: StaticType, wanted: StaticType): boolean {
    return this.assignAll([given], [wanted])
  }

  /**
   * The type with everything that is known of its parameters. With `toDyn` the others become dyn.
   */
  substitute(type: StaticType, toDyn: boolean): StaticType {
    if (type.size > MAX_TYPE_SIZE) throw new CelError('the types in the expression are too large')
    if (type.kind === 'param') {
      const bound = this.#bound.get(type.name)
      if (bound) return this.substitute(bound, toDyn)
      return toDyn ? DYN : type
    }
    if (type.params.length === 0) return type
    return compound(
      type.kind,
      type.params.map((param) => this.substitute(param, toDyn)),
    )
  }

  #bind(name: string, type: StaticType): void {
    this.#trail.push([name, this.#bound.get(name)])
    this.#bound.set(name, type)
  }

  #count(): void {
    this.#comparisons += 1
    if (this.#comparisons > MAX_COMPARISONS) throw new CelError('the expression is too complex')
  }

  #assign(given: StaticType, wanted: StaticType): boolean {
    this.#count()
    if (wanted.kind === 'param') {
      const result = this.#fits(given, wanted)
      if (result !== 'never') return result === 'yes'
    }
    if (given.kind === 'param') return this.#fits(wanted, given) === 'yes'
    if (given.kind === 'dyn' || wanted.kind === 'dyn') return true
    if (given.kind === 'null') return isNullable(wanted)
    if (wanted.kind === 'null') return isNullable(given)
    if (given.kind !== wanted.kind) return false
    if (given.kind === 'type') return true
    return given.params.every((param, index) => this.#assign(param, paramOf(wanted, index)))
  }

  /**
   * Whether the parameter can stand for `type`. `never` means that the type would contain itself.
   */
  #fits(type: StaticType, param: StaticType): 'yes' | 'no' | 'never' {
    if (isSameType(type, param, true)) return 'yes'
    const bound = this.#bound.get(param.name)
    if (!bound) {
      if (!this.#isFree(param, type)) return 'never'
      this.#bind(param.name, type)
      return 'yes'
    }
    if (isSameType(type, bound, true)) return 'yes'
    if (!this.#assign(type, bound)) return 'no'
    const general = mostGeneral(type, bound)
    if (this.#isFree(param, general)) this.#bind(param.name, general)
    return 'yes'
  }

  /** Whether the parameter does not occur in the type. */
  #isFree(param: StaticType, type: StaticType): boolean {
    this.#count()
    if (isSameType(param, type, true)) return false
    if (type.kind === 'param') {
      const bound = this.#bound.get(type.name)
      return !bound || this.#isFree(param, bound)
    }
    return type.params.every((inner) => this.#isFree(param, inner))
  }
}

const NULLABLE: ReadonlySet<string> = new Set(['null', 'optional', 'duration', 'timestamp'])

function isNullable({ kind }: StaticType): boolean {
  return NULLABLE.has(kind)
}

/** The more general of two types that fit each other. */
export function mostGeneral(a: StaticType, b: StaticType): StaticType {
  return isEqualOrLessSpecific(a, b) ? a : b
}

function isEqualOrLessSpecific(a: StaticType, b: StaticType): boolean {
  if (a.kind === 'dyn' || a.kind === 'param') return true
  if (b.kind === 'dyn' || b.kind === 'param' || a.kind !== b.kind) return false
  if (a.kind === 'type') return true
  return a.params.every((param, index) => isEqualOrLessSpecific(param, paramOf(b, index)))
}
