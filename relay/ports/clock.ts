export interface Clock {
  /**
   * The time in milliseconds since the epoch. It is for times that are stored, shown or compared
   * with times of others. The clock may be set at any time.
   */
  now(): number
  /**
   * Whole milliseconds since a moment before this process did anything. It runs evenly even if the
   * clock is set, so every duration within a process is measured by it.
   */
  elapsed(): number
  /** A random number in [0, 1), for jitter. */
  random(): number
}
