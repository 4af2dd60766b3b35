/** Remembers, across restarts, when the set was taken that the relay last accepted. */
export interface ConfigMemory {
  /**
   * The time in milliseconds since the epoch; undefined before the first set. May throw when the
   * store fails.
   */
  lastTakenAt(): number | undefined
  /** Stores the time. Rejects when the store fails. */
  remember(takenAt: number): Promise<void>
}
