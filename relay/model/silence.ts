/** A silence of a cluster that a person has made. Times are milliseconds since the epoch. */
export interface Silence {
  /** Names it among those of its cluster. */
  readonly id: string
  /** The CEL condition of the events that it silences. */
  readonly match: string
  /** Why there is silence, as the person wrote it. */
  readonly reason: string
  readonly createdAt: number
  /** The name of an operator, or the ARN of a caller on AWS. Absent when nobody knows. */
  readonly createdBy?: string
  /** When it ends by itself. */
  readonly endsAt: number
  /** Present when a person has ended it before that. */
  readonly expiry?: SilenceExpiry
}

/** Who ended a silence, and when. */
export interface SilenceExpiry {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The name of an operator, or the ARN of a caller on AWS. Absent when nobody knows. */
  readonly by?: string
}

/** The longest time of a silence, in milliseconds. */
export const MAX_SILENCE_MS = 31 * 24 * 3_600_000

/** The longest condition and the longest reason, in UTF-16 units. */
export const MAX_SILENCE_MATCH = 1_000
export const MAX_SILENCE_REASON = 500

/** When a silence ends, or has ended. Milliseconds since the epoch. */
export function endOf({ endsAt, expiry }: Silence): number {
  return Math.min(endsAt, expiry?.at ?? endsAt)
}

/** Whether a silence is in force. */
export function isActive(silence: Silence, now: number): boolean {
  return endOf(silence) > now
}
