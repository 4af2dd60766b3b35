/** When knowledge that came from elsewhere expires. */
export interface Expiry {
  /** The end by `Clock.elapsed`, in milliseconds. */
  readonly elapsed: number
  /** The end in milliseconds since the epoch. */
  readonly time: number
}

/** The part of `Clock` that expiry needs. */
export interface ExpiryClock {
  now(): number
  elapsed(): number
}

/** The expiry of what is valid for `ms` milliseconds from now on. */
export function expiresIn(clock: ExpiryClock, ms: number): Expiry {
  return { elapsed: clock.elapsed() + ms, time: clock.now() + ms }
}

/**
 * Whether the time is over, by `elapsed` or by `now`. So a clock that was set back does not prolong
 * anything. A clock that was set forward, as after a machine slept, only costs an extra look.
 */
export function isOver(clock: ExpiryClock, { elapsed, time }: Expiry): boolean {
  return clock.elapsed() >= elapsed || clock.now() >= time
}
