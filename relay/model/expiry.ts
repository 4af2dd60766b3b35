/** The end of a time for which something that came from elsewhere is believed. */
export interface Expiry {
  /** By `Clock.elapsed`. */
  readonly elapsed: number
  /** Milliseconds since the epoch. */
  readonly time: number
}

/** What is asked of a clock; `Clock` is one. */
export interface ExpiryClock {
  now(): number
  elapsed(): number
}

/** What is believed for `ms` from now on. */
export function expiresIn(clock: ExpiryClock, ms: number): Expiry {
  return { elapsed: clock.elapsed() + ms, time: clock.now() + ms }
}

/**
 * Whether it is over, by what elapsed or by the time. A clock that was set back makes nothing last for
 * longer. One that was set forward, as after a machine slept, which counts no elapsed time meanwhile,
 * costs one more look.
 */
export function isOver(clock: ExpiryClock, { elapsed, time }: Expiry): boolean {
  return clock.elapsed() >= elapsed || clock.now() >= time
}
