import type { AddressGuardOptions } from './address-guard.ts'
import type { Resolve } from './guarded-lookup.ts'

/** What a client of a protocol other than HTTP is given for its connections. */
export interface ConnectionOptions extends AddressGuardOptions {
  /** The time until the server is ready to be spoken to, in milliseconds. The default is 5,000. */
  readonly connectTimeoutMs?: number
  /** Resolves names; the default is the system's resolver. */
  readonly resolve?: Resolve
  /**
   * The trusted root certificates as PEM texts, for transports without a CA; the default are
   * Node's.
   */
  readonly roots?: readonly string[]
}
