import { Shares } from '../model/shares.ts'

/** Bounds of a fan-out. */
export interface FanOutOptions {
  /**
   * The most items of one call that are worked on at once. It is more than may wait for one slow
   * host, so that such a host leaves places for the others.
   */
  readonly perCall?: number
  /**
   * The most items of all calls together that are worked on at once, besides one of each call. Each
   * cluster has a share.
   */
  readonly shared?: number
}

/** Works on many items, a bounded number of them at once. */
export interface FanOut {
  /**
   * Works on each item. They begin in their order, and the next item is asked for only when its
   * work can begin soon. One item never keeps another from being worked on: `failed` gets the error
   * of an item whose work rejected, and that of `items`, which then has no more. Resolves once all
   * are done.
   */
  each<T>(
    items: Iterable<T>,
    work: (item: T) => Promise<void>,
    failed: (error: unknown) => void,
    cluster?: string,
  ): Promise<void>
}

const NO_MORE = { done: true, value: undefined } as const

/**
 * Each call always works on one item, and on more while there is capacity. So no call waits for
 * another to end, however many there are.
 */
export function createFanOut({ perCall = 256, shared = 2_000 }: FanOutOptions = {}): FanOut {
  const helping = new Shares(shared)
  return {
    each(items, work, failed, cluster = '') {
      const iterator = items[Symbol.iterator]()
      const helpers: Promise<void>[] = []
      const ask = () => {
        try {
          return iterator.next()
        } catch (error) {
          failed(error)
          return NO_MORE
        }
      }
      let next = ask()
      let working = 0

      const take = () => {
        const taken = next
        if (!taken.done) next = ask()
        return taken
      }
      const workOn = async (isFirst: boolean) => {
        working += 1
        for (let item = take(); !item.done; item = take()) {
          const worked = work(item.value)
          if (!next.done && working < perCall && helping.allows(cluster)) helpers.push(help())
          try {
            await worked
          } catch (error) {
            failed(error)
          }
        }
        working -= 1
        if (isFirst && helpers.length > 0) await Promise.all(helpers)
      }
      const help = async () => {
        helping.take(cluster)
        await workOn(false)
        helping.give(cluster)
      }
      return workOn(true)
    },
  }
}
