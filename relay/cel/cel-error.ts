/** A CEL expression that does not compile, or whose evaluation fails. */
export class CelError extends Error {
  override readonly name: string = 'CelError'
}

/**
 * The error of an evaluation that costs more than it may. `||`, `&&`, `all` and `exists` do not
 * absorb it.
 */
export class CelCostError extends CelError {
  override readonly name = 'CelCostError'
}

/** The error that cel-go reports when a function is called with values of the wrong types. */
export function noSuchOverload(name: string): CelError {
  return new CelError(`${name} does not take values of these types`)
}
