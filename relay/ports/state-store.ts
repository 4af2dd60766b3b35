import type { Awaitable } from '../model/awaitable.ts'
import type { StoredForm } from '../model/stored/errors.ts'
import type { ExpectedVersion, Versioned } from './versioned.ts'

/** Small JSON values under keys that start with the cluster, changed by compare-and-set only. */
export interface StateStore {
  /** The value of an item is undefined when the store has it and it cannot be read any more. */
  read(key: string): Awaitable<Versioned<unknown> | undefined>
  /**
   * Stores the value when the item has the expected version; its version is then one higher (1 for
   * a new item). Otherwise changes nothing and returns false. An expired item counts as absent. The
   * store owns the value from then on: the caller must not change it. Throws, or rejects, for a
   * value that JSON cannot hold.
   */
  write(
    key: string,
    value: unknown,
    expected: ExpectedVersion,
    expiresAt: number,
    options?: StateWriteOptions,
  ): Awaitable<boolean>
  /**
   * Reports that an item holds what no version can read, so that what is remembered begins anew. Absent where nobody
   * is told. Never throws.
   */
  readonly damaged?: ((damage: DamagedMemory) => void) | undefined
}

/** An item of the State that is damaged. */
export interface DamagedMemory {
  /** What kind of memory it is, such as `object memory`. */
  readonly memory: StoredForm
  readonly key: string
  /** What is wrong with it. */
  readonly cause: string
  /** What it is about, for people: the object as `Kind/namespace/name`, or the delivery that met it. */
  readonly about?: string
}

export interface StateWriteOptions {
  /**
   * Whether the write may be delayed until the next write to any store of this host, or for a short
   * time when none comes. A host without transactions stores the item at once.
   */
  readonly withNext?: boolean
}
