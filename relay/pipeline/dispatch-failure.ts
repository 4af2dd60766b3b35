import { DamagedRecord, LaterVersion, type StoredForm } from '../model/stored/errors.ts'
import { RecordTooLarge } from '../model/stored/record-too-large.ts'
import type { RejectionCount } from '../model/stored/rejections.ts'
import { HostAtLimit } from '../providers/answers/classify.ts'
import { Contention } from './contention.ts'

/**
 * Why a message was not dispatched. `host`: a store or a service failed, which says nothing about
 * the message. `message`: anything else was thrown, so this message met a bug. `damaged`: what is
 * stored of it cannot be read. `later-version`: only a later version of the relay can read it.
 */
export type Fault = 'host' | 'message' | 'damaged' | 'later-version'

/**
 * A message is set aside after so many rejections of its own, so that others need not wait for it.
 */
export const MAX_REJECTIONS = 20

/** A message that was not dispatched. `cause` is what was thrown. */
export class DispatchFailure extends Error {
  override readonly name = 'DispatchFailure'
  readonly fault: Fault
  /** The rejections, this one included; undefined unless the fault is the message's own. */
  readonly rejections: RejectionCount | undefined

  constructor(fault: Fault, cause: unknown, rejections?: RejectionCount) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.fault = fault
    this.rejections = rejections
  }

  /** The name and the message of the error, as people read them. */
  get causeText(): string {
    const { cause, message } = this
    return cause instanceof Error ? `${cause.name}: ${message}` : message
  }

  /** Whether the message must be set aside with its cause. Otherwise it must come again. */
  get mustBeSetAside(): boolean {
    if (this.fault === 'damaged') return true
    return this.fault === 'message' && (this.rejections?.count ?? 0) >= MAX_REJECTIONS
  }
}

/** The stored forms of a message and of what it is about. Other messages do not need these. */
const FORMS_OF_A_MESSAGE: ReadonlySet<StoredForm> = new Set([
  'queued event',
  'retry',
  'delivery record',
])

/** Says whose fault an error is. `isOfHost` tells whether the error came out of a port. */
export function faultOf(error: unknown, isOfHost: (error: unknown) => boolean): Fault {
  if (error instanceof LaterVersion) return 'later-version'
  if (error instanceof DamagedRecord && FORMS_OF_A_MESSAGE.has(error.form)) return 'damaged'
  // It comes out of a port, and would for ever.
  if (error instanceof RecordTooLarge) return 'message'
  if (error instanceof Contention || error instanceof HostAtLimit) return 'host'
  return isOfHost(error) ? 'host' : 'message'
}

/**
 * The failure for an error in a host's own handling of a message. The fault is the host's, unless
 * the error says otherwise.
 */
export function dispatchFailureOf(error: unknown): DispatchFailure {
  if (error instanceof DispatchFailure) return error
  return new DispatchFailure(
    faultOf(error, () => true),
    error,
  )
}
