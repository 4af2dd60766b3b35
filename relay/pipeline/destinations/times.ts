/** Things with the times at which to look at them again, by `Clock.elapsed`. */
export class Times<T> {
  readonly #times = new Map<T, number>()
  /** The first of the times, or an earlier one. */
  #next: number | undefined

  /** When the first is due, or a little earlier. */
  get next(): number | undefined {
    return this.#next
  }

  /** Whether a thing has a time. */
  has(it: T): boolean {
    return this.#times.has(it)
  }

  /** Sets the time of a thing. True when `next` has changed. */
  set(it: T, at: number): boolean {
    this.#times.set(it, at)
    if (this.#next !== undefined && this.#next <= at) return false
    this.#next = at
    return true
  }

  delete(it: T): void {
    this.#times.delete(it)
  }

  /** Takes all things that are due. */
  takeDue(now: number): readonly T[] {
    if (this.#next === undefined || this.#next > now) return []
    const due: T[] = []
    this.#next = undefined
    for (const [it, at] of this.#times) {
      if (at <= now) due.push(it)
      else this.#next = Math.min(at, this.#next ?? at)
    }
    for (const it of due) this.#times.delete(it)
    return due
  }
}
