/**
 * The items in their order, in slices of at most `size`. Takes no item before its slice is asked
 * for.
 */
export function* slicesOf<T>(items: Iterable<T>, size: number): Generator<readonly T[]> {
  let slice: T[] = []
  for (const item of items) {
    slice.push(item)
    if (slice.length < size) continue
    yield slice
    slice = []
  }
  if (slice.length > 0) yield slice
}

/** Lets other work run, on a host that has some. */
export type Pause = () => Promise<void>

/** Does work that yields between its parts, with a pause after each of them. */
export async function inSlices<T>(work: Generator<void, T>, pause: Pause): Promise<T> {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
    await pause()
  }
}

export async function noPause(): Promise<void> {}
