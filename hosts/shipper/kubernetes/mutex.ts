/** Lets one caller at a time do something that takes much memory. */
export interface Mutex {
  /** Resolves when it is the caller's turn, with a function that ends the turn. */
  take(): Promise<() => void>
}

export function createMutex(): Mutex {
  let last: Promise<void> = Promise.resolve()
  return {
    async take() {
      const before = last
      const { promise, resolve } = Promise.withResolvers<void>()
      last = promise
      await before
      return () => resolve()
    },
  }
}
