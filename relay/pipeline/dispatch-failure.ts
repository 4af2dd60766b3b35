import { DamagedRecord, LaterVersion, type StoredForm } from '../model/stored/errors.ts'
import { RecordTooLarge } from '../model/stored/record-too-large.ts'
import type { Rejections } from '../model/stored/rejections.ts'
import { Contention } from './contention.ts'

/**
 * Why a message was not dispatched. `host`: a store or a service failed, which says nothing about
 * the message. `message`: whatever else was thrown, so a bug that this message met. `damaged`: what
 * is kept of it cannot be read. `later-version`: a later version of the relay can read it.
 */
export type Fault = 'host' | 'message' | 'damaged' | 'later-version'

/** Rejections of its own after which a message is set aside, so that others need not wait for it. */
export const MAX_REJECTIONS = 20

/** A message that was not dispatched. `cause` is what was thrown. */
export class DispatchFailure extends Error {
  override readonly name = 'DispatchFailure'
  readonly fault: Fault
  /** This rejection included; undefined unless the fault is the message's own. */
  readonly rejections: Rejections | undefined

  constructor(fault: Fault, cause: unknown, rejections?: Rejections) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.fault = fault
    this.rejections = rejections
  }

  /** The kind of error and what it says, for a person. */
  get causeText(): string {
    const { cause, message } = this
    return cause instanceof Error ? `${cause.name}: ${message}` : message
  }

  /** Whether it is to be kept apart with its cause; else it must come again. */
  get mustBeSetAside(): boolean {
    if (this.fault === 'damaged') return true
    return this.fault === 'message' && (this.rejections?.count ?? 0) >= MAX_REJECTIONS
  }
}

/** The forms in which a message, and what it is about, are kept. No other message needs those. */
const FORMS_OF_A_MESSAGE: ReadonlySet<StoredForm> = new Set([
  'queued event',
  'retry',
  'delivery record',
])

/** Whose fault an error is. `isOfHost`: whether it came out of a port. */
export function faultOf(error: unknown, isOfHost: (error: unknown) => boolean): Fault {
  if (error instanceof LaterVersion) return 'later-version'
  if (error instanceof DamagedRecord && FORMS_OF_A_MESSAGE.has(error.form)) return 'damaged'
  // It comes out of a port, and would for ever.
  if (error instanceof RecordTooLarge) return 'message'
  return error instanceof Contention || isOfHost(error) ? 'host' : 'message'
}

/** What a host's own handling of a message threw; the fault is the host's unless it tells. */
export function dispatchFailureOf(error: unknown): DispatchFailure {
  if (error instanceof DispatchFailure) return error
  return new DispatchFailure(
    faultOf(error, () => true),
    error,
  )
}
