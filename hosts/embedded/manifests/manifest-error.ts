import { ellipsize } from '../../../relay/model/text.ts'
import { ROOT } from './scan.ts'

/** What is wrong with a manifest, and where. Holds no value of any Secret. */
export interface ManifestError {
  /** Relative to the folder; `.` is the folder itself, whose path the message names. */
  readonly file: string
  /** The number counts from 1. */
  readonly line?: number
  /** The number counts from 1. */
  readonly column?: number
  /** `Alert/flux-system/on-call`, as far as it is known. */
  readonly object?: string
  /** Such as `spec.eventSources[0].kind`. */
  readonly field?: string
  readonly message: string
  /**
   * The earlier version that stays in force, as a clause: `the version loaded at … stays in force`.
   */
  readonly inForce?: string
}

/** `slack.yaml:14: Alert/flux-system/on-call: spec.suspend: expected boolean`, on one line. */
export function manifestErrorText(problem: ManifestError): string {
  const { file, line, object, field, message, inForce } = problem
  const whole = file === ROOT ? undefined : file
  const place = line === undefined ? whole : `${file}:${line}`
  const parts = [place, object, field, message].filter((part) => part !== undefined && part !== '')
  return onOneLine(inForce === undefined ? parts.join(': ') : `${parts.join(': ')}; ${inForce}`)
}

/** File names and keys may hold anything, and a log takes a line for an entry. */
function onOneLine(text: string): string {
  return ellipsize(text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' '), 2_000)
}
