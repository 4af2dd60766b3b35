import { clusterOf } from './lines.ts'

/** A bounded number of things by the keys of their destinations, of which each cluster has a share. */
export class Remembered<T> {
  readonly #max: number
  /** Of each cluster, the one unused for longest first. */
  readonly #clusters = new Map<string, Map<string, T>>()
  #size = 0

  constructor(max: number) {
    this.#max = max
  }

  get(key: string): T | undefined {
    return this.#clusters.get(clusterOf(key))?.get(key)
  }

  /** The last of its cluster to be forgotten from now on. */
  set(key: string, value: T): void {
    this.delete(key)
    const cluster = clusterOf(key)
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

  /** Forgets the oldest of the cluster that has the most. */
  #forgetOne(): void {
    const largest = [...this.#clusters.values()].reduce((a, b) => (b.size > a.size ? b : a))
    const [oldest] = largest.keys()
    if (oldest !== undefined) this.delete(oldest)
  }
}
