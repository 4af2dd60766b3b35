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

/**
 * Items that wait to be taken, some not before a time. Their owners take turns, and of each owner's
 * those come first that come before others.
 */
export class Schedule<T> {
  readonly #ownerOf: (item: T) => string
  readonly #comesBefore: (a: T, b: T) => boolean
  /** The items of each owner that can be taken. The owner whose turn it is comes first. */
  readonly #ready = new Map<string, Heap<T>>()
  readonly #delayed = new Heap<Delayed<T>>((a, b) => a.until < b.until)

  constructor(ownerOf: (item: T) => string, comesBefore: (a: T, b: T) => boolean) {
    this.#ownerOf = ownerOf
    this.#comesBefore = comesBefore
  }

  add(item: T): void {
    const owner = this.#ownerOf(item)
    const heap = this.#ready.get(owner) ?? new Heap(this.#comesBefore)
    this.#ready.set(owner, heap)
    heap.push(item)
  }

  delay(item: T, until: number): void {
    this.#delayed.push({ item, until })
  }

  /**
   * Reports that the clock was set by `byMs` milliseconds. Delayed items wait as long as planned.
   */
  clockWasSet(byMs: number): void {
    this.#delayed.replace(({ item, until }) => ({ item, until: until + byMs }))
  }

  /** Takes the first item of the first owner that may have one. */
  take(now: number, mayTake: (owner: string) => boolean): T | undefined {
    this.#wake(now)
    for (const [owner, heap] of this.#ready) {
      if (!mayTake(owner)) continue
      const item = heap.pop()
      // It is the next one's turn. Where there is none, the owner stays, even with nothing left.
      if (this.#ready.size > 1) {
        this.#ready.delete(owner)
        if (heap.peek() !== undefined) this.#ready.set(owner, heap)
      }
      if (item !== undefined) return item
    }
    return undefined
  }

  /** When the next delayed item can be taken; undefined when none is delayed beyond `now`. */
  nextWakeAt(now: number): number | undefined {
    this.#wake(now)
    return this.#delayed.peek()?.until
  }

  #wake(now: number): void {
    for (let next = this.#delayed.peek(); next && next.until <= now; next = this.#delayed.peek()) {
      this.#delayed.pop()
      this.add(next.item)
    }
  }
}

/** How many items each owner has leased. */
export class Leases {
  readonly #held = new Map<string, number>()

  /**
   * Whether an owner may lease one more: while it has fewer than are free. So one alone gets the half of
   * all, two a third each, and whoever comes next always finds some.
   */
  allows(owner: string, free: number): boolean {
    return (this.#held.get(owner) ?? 0) < free
  }

  begin(owner: string): void {
    this.#held.set(owner, (this.#held.get(owner) ?? 0) + 1)
  }

  end(owner: string): void {
    const left = (this.#held.get(owner) ?? 0) - 1
    if (left > 0) this.#held.set(owner, left)
    else this.#held.delete(owner)
  }
}
