import type { Labels } from '../../../relay/model/event.ts'

/** Labels that several objects may share. */
export interface PooledLabels {
  readonly labels: Labels
  readonly text: string
  uses: number
}

export interface LabelLimits {
  readonly maxObjects: number
  /** The most bytes of labels, as JSON text. Equal labels of several objects count once. */
  readonly maxBytes: number
}

/** Stores equal labels once, and bounds the memory for them. */
export class LabelPool {
  readonly #limits: LabelLimits
  /** The labels by their JSON text. */
  readonly #pooled = new Map<string, PooledLabels>()
  #objects = 0
  #bytes = 0

  constructor(limits: LabelLimits) {
    this.#limits = limits
  }

  /** Takes labels into the pool; undefined when there is no room. Each take needs a release. */
  take(labels: Labels): PooledLabels | undefined {
    const text = JSON.stringify(labels)
    const known = this.#pooled.get(text)
    if (!this.#hasRoom(known === undefined ? text.length : 0)) return undefined
    const pooled = known ?? { labels, text, uses: 0 }
    if (known === undefined) {
      this.#pooled.set(text, pooled)
      this.#bytes += text.length
    }
    pooled.uses += 1
    this.#objects += 1
    return pooled
  }

  release(pooled: PooledLabels): void {
    pooled.uses -= 1
    this.#objects -= 1
    if (pooled.uses > 0) return
    this.#pooled.delete(pooled.text)
    this.#bytes -= pooled.text.length
  }

  #hasRoom(bytes: number): boolean {
    const { maxObjects, maxBytes } = this.#limits
    return this.#objects < maxObjects && this.#bytes + bytes <= maxBytes
  }
}
