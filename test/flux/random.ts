/** A seeded generator of choices, the same on every machine. */
export interface Random {
  /** From 0 up to, and without, `count`. */
  int(count: number): number
  chance(probability: number): boolean
  pick<T>(values: readonly T[]): T
}

/** mulberry32: one word of state, which is enough to choose test inputs. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let word = Math.imul(state ^ (state >>> 15), state | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (count: number) => Math.floor(next() * count)
  return {
    int,
    chance: (probability) => next() < probability,
    pick: <T>(values: readonly T[]) => {
      if (values.length === 0) throw new Error('expected something to pick from')
      return values[int(values.length)] as T
    },
  }
}
