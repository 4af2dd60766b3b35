/** A binary heap: the item that comes before all others first, adding and taking in O(log n). */
class Heap<T> {
  readonly #items: T[] = []
  readonly #comesBefore: (a: T, b: T) => boolean

  constructor(comesBefore: (a: T, b: T) => boolean) {
    this.#comesBefore = comesBefore
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  /** Puts another item in the place of each; they have to come in the same order. */
  replace(other: (item: T) => T): void {
    for (const [index, item] of this.#items.entries()) this.#items[index] = other(item)
  }

  push(item: T): void {
    let index = this.#items.length
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = this.#items[parentIndex]
      if (parent === undefined || !this.#comesBefore(item, parent)) break
      this.#items[index] = parent
      index = parentIndex
    }
    this.#items[index] = item
  }

  pop(): T | undefined {
    const first = this.#items[0]
    const last = this.#items.pop()
    if (last !== undefined && this.#items.length > 0) this.#sink(last)
    return first
  }

  /** Puts an item where the first was, and moves it down to its place. */
  #sink(item: T): void {
    let index = 0
    for (;;) {
      const childIndex = this.#earlierChild(index)
      const child = this.#items[childIndex]
      if (child === undefined || !this.#comesBefore(child, item)) break
      this.#items[index] = child
      index = childIndex
    }
    this.#items[index] = item
  }

  #earlierChild(index: number): number {
    const leftIndex = 2 * index + 1
    const left = this.#items[leftIndex]
    const right = this.#items[leftIndex + 1]
    const isRight = left !== undefined && right !== undefined && this.#comesBefore(right, left)
    return isRight ? leftIndex + 1 : leftIndex
  }
}

interface Delayed<T> {
  readonly item: T
  /** Milliseconds since the epoch. */
  readonly until: number
}

/** Items that wait to be taken, first those that come before others; some not before a time. */
export class Schedule<T> {
  readonly #ready: Heap<T>
  readonly #delayed = new Heap<Delayed<T>>((a, b) => a.until < b.until)

  constructor(comesBefore: (a: T, b: T) => boolean) {
    this.#ready = new Heap(comesBefore)
  }

  add(item: T): void {
    this.#ready.push(item)
  }

  delay(item: T, until: number): void {
    this.#delayed.push({ item, until })
  }

  /** The clock was set by so many milliseconds; what is delayed waits as long as it would have. */
  clockWasSet(byMs: number): void {
    this.#delayed.replace(({ item, until }) => ({ item, until: until + byMs }))
  }

  /** The first item that can be taken. */
  peek(now: number): T | undefined {
    this.#wake(now)
    return this.#ready.peek()
  }

  take(now: number): T | undefined {
    this.#wake(now)
    return this.#ready.pop()
  }

  /** When the next delayed item can be taken; undefined when none is delayed beyond `now`. */
  nextWakeAt(now: number): number | undefined {
    this.#wake(now)
    return this.#delayed.peek()?.until
  }

  #wake(now: number): void {
    for (let next = this.#delayed.peek(); next && next.until <= now; next = this.#delayed.peek()) {
      this.#delayed.pop()
      this.#ready.push(next.item)
    }
  }
}
