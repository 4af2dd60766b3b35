/** Bounds how much memory concurrent work takes. */
export interface Room {
  /**
   * Does the work when there is room for its `size`. Work begins in the order of asking. Work that
   * is larger than the whole room is done alone.
   */
  hold<T>(size: number, work: () => Promise<T>): Promise<T>
}

interface Waiter {
  readonly size: number
  begin(): void
}

/** A room for concurrent work whose sizes add up to `capacity` at most. */
export function createRoom(capacity: number): Room {
  const waiting: Waiter[] = []
  let held = 0
  const fits = (size: number) => held === 0 || held + size <= capacity
  const enter = async (size: number) => {
    if (waiting.length > 0 || !fits(size)) {
      await new Promise<void>((begin) => waiting.push({ size, begin }))
    } else {
      held += size
    }
  }
  const leave = (size: number) => {
    held -= size
    for (let [next] = waiting; next && fits(next.size); [next] = waiting) {
      waiting.shift()
      held += next.size
      next.begin()
    }
  }
  return {
    async hold(size, work) {
      await enter(size)
      try {
        return await work()
      } finally {
        leave(size)
      }
    },
  }
}
