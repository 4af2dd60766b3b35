/** Remembers, through restarts, when the set was taken that the relay accepted last. */
export interface ConfigMemory {
  /** Milliseconds since the epoch; undefined before the first. May throw when the store fails. */
  lastTakenAt(): number | undefined
  /** Rejects when the store fails. */
  remember(takenAt: number): Promise<void>
}
