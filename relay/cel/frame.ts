import type { CelValue } from './values.ts'

/** What one evaluation works on. */
export interface Frame {
  readonly variables: Readonly<Record<string, CelValue>>
  /** The variables of the macros under way. */
  readonly slots: CelValue[]
}

/** Evaluates a part of an expression. Throws `CelError`. */
export type Evaluate = (frame: Frame) => CelValue
