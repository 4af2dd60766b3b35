import type { CelValue } from './values.ts'

/** The variables of one evaluation. */
export interface Frame {
  readonly variables: Readonly<Record<string, CelValue>>
  /** The variables of the macros that are being evaluated. */
  readonly slots: CelValue[]
}

/** Evaluates a part of an expression. Throws `CelError`. */
export type Evaluate = (frame: Frame) => CelValue
