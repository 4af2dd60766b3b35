/** What a kill can be timed by. */
export type Moment = 'arrival' | 'decision' | 'acknowledgement'

export interface Moments {
  happened(moment: Moment): void
  /** Resolves when the moment has happened `count` times from now. */
  nth(moment: Moment, count: number): Promise<void>
}

export function createMoments(): Moments {
  let waiting: { readonly moment: Moment; left: number; resolve(): void } | undefined
  return {
    happened(moment) {
      if (waiting?.moment !== moment) return
      waiting.left -= 1
      if (waiting.left === 0) waiting.resolve()
    },
    nth(moment, count) {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting = { moment, left: count, resolve }
      return promise
    },
  }
}
