/** A value with the version that a conditional write names. */
export interface Versioned<T> {
  readonly value: T
  readonly version: number
}

/** What a conditional write expects to find: a version, or no item. */
export type ExpectedVersion = number | 'absent'
