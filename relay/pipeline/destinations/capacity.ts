import { Shares } from '../../model/shares.ts'

/**
 * The most deliveries of a process that have a place, and the most bytes of their bodies and
 * answers.
 */
const UNDER_WAY = 1_600
const BYTES_UNDER_WAY = 64 * 1024 * 1024

/** The most deliveries that wait for a place in memory only, and the most bytes of their bodies. */
const ASKING = 800
const BYTES_ASKING = 64 * 1024 * 1024

/** The most deliveries that were woken and are being decided about, and the most bytes of their events. */
const WOKEN = 1_000
const BYTES_WOKEN = 32 * 1024 * 1024

/** A number of things and a number of bytes that the clusters of a process share. */
class Bounded {
  readonly #count: Shares
  readonly #bytes: Shares

  constructor(count: number, bytes: number) {
    this.#count = new Shares(count)
    this.#bytes = new Shares(bytes)
  }

  allows(cluster: string): boolean {
    return this.#count.allows(cluster) && this.#bytes.allows(cluster)
  }

  take(cluster: string, bytes: number): void {
    this.#count.take(cluster)
    this.#bytes.take(cluster, bytes)
  }

  give(cluster: string, bytes: number): void {
    this.#count.give(cluster)
    this.#bytes.give(cluster, bytes)
  }
}

/** The capacity of a process for deliveries. Each cluster has a share of it. */
export class Capacity {
  readonly underWay = new Bounded(UNDER_WAY, BYTES_UNDER_WAY)
  readonly asking = new Bounded(ASKING, BYTES_ASKING)
  readonly #woken = new Bounded(WOKEN, BYTES_WOKEN)
  /** The cluster and the bytes of each delivery that was woken, until it is done. */
  readonly #held = new Map<string, { readonly cluster: string; readonly bytes: number }>()

  mayWake(cluster: string): boolean {
    return this.#woken.allows(cluster)
  }

  wake(delivery: string, cluster: string, bytes: number): void {
    this.#woken.take(cluster, bytes)
    this.#held.set(delivery, { cluster, bytes })
  }

  done(delivery: string): void {
    const held = this.#held.get(delivery)
    if (held === undefined) return
    this.#held.delete(delivery)
    this.#woken.give(held.cluster, held.bytes)
  }
}
