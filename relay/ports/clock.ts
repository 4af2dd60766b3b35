export interface Clock {
  /** Milliseconds since the epoch: for what is stored, shown or compared with others. It may be set. */
  now(): number
  /**
   * Whole milliseconds since some moment before this process did anything. It goes on evenly whatever
   * the clock is set to, so each duration within a process is measured by it.
   */
  elapsed(): number
  /** A number in [0, 1), for jitter. */
  random(): number
}
