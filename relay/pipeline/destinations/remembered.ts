import { clusterOf } from './lines.ts'

/** A bounded map by the keys of destinations. Each cluster has a share of it. */
export class Remembered<T> {
  readonly #max: number
  /** The entries of each cluster; the one that was used longest ago is first. */
  readonly #clusters = new Map<string, Map<string, T>>()
  #size = 0

  constructor(max: number) {
    this.#max = max
  }

  get(key: string): T | undefined {
    return this.#clusters.get(clusterOf(key))?.get(key)
  }

  /** All that is remembered of each cluster. */
  *clusters(): Iterable<readonly [string, Iterable<T>]> {
    for (const [cluster, own] of this.#clusters) yield [cluster, own.values()]
  }

  /** All that is remembered, by key. */
  *entries(): Iterable<readonly [string, T]> {
    for (const own of this.#clusters.values()) yield* own
  }

  /** Sets a value. Of its cluster's entries it is then the last to be forgotten. */
  set(key: string, value: T): void {
    const cluster = clusterOf(key)
    const known = this.#clusters.get(cluster)
    // The only one is the last already.
    if (known?.size === 1 && known.has(key)) {
      known.set(key, value)
      return
    }
    this.delete(key)
    const own = this.#clusters.get(cluster) ?? new Map<string, T>()
    this.#clusters.set(cluster, own.set(key, value))
    this.#size += 1
    if (this.#size > this.#max) this.#forgetOne()
  }

  delete(key: string): void {
    const cluster = clusterOf(key)
    const own = this.#clusters.get(cluster)
    if (own?.delete(key)) this.#size -= 1
    if (own?.size === 0) this.#clusters.delete(cluster)
  }

  /** Forgets the oldest entry of the cluster that has the most. */
  #forgetOne(): void {
    const largest = [...this.#clusters.values()].reduce((a, b) => (b.size > a.size ? b : a))
    const [oldest] = largest.keys()
    if (oldest !== undefined) this.delete(oldest)
  }
}
