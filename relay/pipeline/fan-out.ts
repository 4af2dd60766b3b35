/** Bounds of a fan-out. */
export interface FanOutOptions {
  /**
   * Items of one call that are worked on at once. More than wait for one slow host, so that such a
   * host leaves places for the others.
   */
  readonly perCall?: number
  /** Items of all calls that are worked on at once, beside one of each call. */
  readonly shared?: number
}

/** Does the work that many items of one thing need, a bounded number of them at once. */
export interface FanOut {
  /**
   * Works on each item; they begin in their order. What one of them does keeps no other from being
   * worked on. Resolves, once all are done, with what the work of those that failed rejected with.
   */
  each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<readonly unknown[]>
}

/**
 * Each call always works on one item, and on more while there is room for more: so none waits for
 * another one to end, however many there are.
 */
export function createFanOut({ perCall = 256, shared = 1_000 }: FanOutOptions = {}): FanOut {
  let helping = 0
  return {
    async each(items, work) {
      const waiting = items.values()
      const failures: unknown[] = []
      const helpers: Promise<void>[] = []
      let left = items.length
      let working = 0

      const workOnOne = async (item: (typeof items)[number]) => {
        try {
          await work(item)
        } catch (error) {
          failures.push(error)
        }
      }
      const workOn = async () => {
        working += 1
        for (const item of waiting) {
          left -= 1
          const worked = workOnOne(item)
          if (left > 0 && working < perCall && helping < shared) helpers.push(help())
          await worked
        }
        working -= 1
      }
      const help = async () => {
        helping += 1
        await workOn()
        helping -= 1
      }
      await workOn()
      await Promise.all(helpers)
      return failures
    },
  }
}

/** The items in their order, at most `size` in each slice. */
export function* slicesOf<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}
