/** Bounds how much is held by works that go on at the same time. */
export interface Room {
  /**
   * Does the work when there is room for its `size`; works begin in the order of asking. One that is
   * larger than the room is done alone.
   */
  hold<T>(size: number, work: () => Promise<T>): Promise<T>
}

interface Waiting {
  readonly size: number
  begin(): void
}

/** A room that holds works of `capacity` altogether. */
export function createRoom(capacity: number): Room {
  const waiting: Waiting[] = []
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
