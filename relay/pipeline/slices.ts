/** What the items of a slice may weigh together, and what each of them weighs. */
export interface SliceWeight<T> {
  readonly most: number
  of(item: T): number
}

/**
 * The items in their order, in slices of at most `size`, and of at most so much weight unless it is a single item
 * that weighs more. Takes no item before its slice is asked for, but the first of the next one where weight counts.
 */
export function* slicesOf<T>(
  items: Iterable<T>,
  size: number,
  weight?: SliceWeight<T>,
): Generator<readonly T[]> {
  let slice: T[] = []
  let weighs = 0
  for (const item of items) {
    const itemWeighs = weight?.of(item) ?? 0
    if (weight && slice.length > 0 && weighs + itemWeighs > weight.most) {
      yield slice
      slice = []
      weighs = 0
    }
    slice.push(item)
    weighs += itemWeighs
    if (slice.length < size) continue
    yield slice
    slice = []
    weighs = 0
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
