/** A CEL expression that does not compile, or whose evaluation fails. */
export class CelError extends Error {
  override readonly name: string = 'CelError'
}

/** An evaluation that costs more than one may. `||`, `&&`, `all` and `exists` do not absorb it. */
export class CelCostError extends CelError {
  override readonly name = 'CelCostError'
}

/** What cel-go reports when a function is called on values of other types than it takes. */
export function noSuchOverload(name: string): CelError {
  return new CelError(`${name} does not take values of these types`)
}
