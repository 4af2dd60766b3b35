import { Shares } from './destinations/shares.ts'

/** Bounds of a fan-out. */
export interface FanOutOptions {
  /**
   * Items of one call that are worked on at once. More than wait for one slow host, so that such a
   * host leaves places for the others.
   */
  readonly perCall?: number
  /** Items of all calls that are worked on at once, beside one of each call; each cluster has a share. */
  readonly shared?: number
}

/** Does the work that many items of one thing need, a bounded number of them at once. */
export interface FanOut {
  /**
   * Works on each item; they begin in their order, and one is asked for when its work can begin soon.
   * What one of them does keeps no other from being worked on: `failed` is told with what the work of
   * an item rejected. Resolves once all are done.
   */
  each<T>(
    items: Iterable<T>,
    work: (item: T) => Promise<void>,
    failed: (error: unknown) => void,
    cluster?: string,
  ): Promise<void>
}

/**
 * Each call always works on one item, and on more while there is room for more: so none waits for
 * another one to end, however many there are.
 */
export function createFanOut({ perCall = 256, shared = 2_000 }: FanOutOptions = {}): FanOut {
  const helping = new Shares(shared)
  return {
    async each(items, work, failed, cluster = '') {
      const iterator = items[Symbol.iterator]()
      const helpers: Promise<void>[] = []
      let next = iterator.next()
      let working = 0

      const take = () => {
        const taken = next
        if (!taken.done) next = iterator.next()
        return taken
      }
      const workOn = async () => {
        working += 1
        for (let item = take(); !item.done; item = take()) {
          const worked = work(item.value).catch(failed)
          if (!next.done && working < perCall && helping.allows(cluster)) helpers.push(help())
          await worked
        }
        working -= 1
      }
      const help = async () => {
        helping.take(cluster)
        await workOn()
        helping.give(cluster)
      }
      await workOn()
      await Promise.all(helpers)
    },
  }
}
