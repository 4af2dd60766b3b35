import type { Labels } from '../../../relay/model/event.ts'

/** Labels that several objects have in common. */
export interface PooledLabels {
  readonly labels: Labels
  readonly text: string
  uses: number
}

export interface LabelLimits {
  readonly maxObjects: number
  /** Of JSON text; equal labels of several objects count once. */
  readonly maxBytes: number
}

/** Keeps equal labels once, and bounds how much is kept. */
export class LabelPool {
  readonly #limits: LabelLimits
  /** By JSON text. */
  readonly #pooled = new Map<string, PooledLabels>()
  #objects = 0
  #bytes = 0

  constructor(limits: LabelLimits) {
    this.#limits = limits
  }

  /** Undefined when there is no room. Each take needs a release. */
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
