import type { Labels } from '../../../relay/model/event.ts'
import { isJsonObject } from '../../../relay/model/json-value.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import type { ApiObject } from '../kubernetes/collection.ts'
import type { Update } from '../kubernetes/follow.ts'
import type { LabelPool, PooledLabels } from './label-pool.ts'

/** How long the labels of a deleted object are kept, since its last events come after its end. */
const KEPT_AFTER_DELETION_MS = 3_600_000

interface Deleted {
  readonly pooled: PooledLabels
  /** When it was deleted, by `Clock.elapsed`. */
  readonly at: number
}

/** The labels of a kind's objects. Those of deleted objects are kept for an hour. */
export class LabelCache {
  readonly #pool: LabelPool
  readonly #clock: Pick<Clock, 'elapsed'>
  readonly #onFull: () => void
  /** The labels of objects that exist, by namespace and name. */
  readonly #present = new Map<string, PooledLabels>()
  /** The labels of deleted objects, in the order in which they are forgotten. */
  readonly #deleted = new Map<string, Deleted>()
  #listed = new Set<string>()

  constructor(pool: LabelPool, clock: Pick<Clock, 'elapsed'>, onFull: () => void) {
    this.#pool = pool
    this.#clock = clock
    this.#onFull = onFull
  }

  /**
   * The labels of an object. The key is `namespace/name`, or `/name` for a cluster-scoped object.
   */
  find(key: string): Labels | undefined {
    const deleted = this.#deleted.get(key)
    const pooled =
      this.#present.get(key) ?? (deleted && this.#isKept(deleted) ? deleted.pooled : undefined)
    return pooled?.labels
  }

  apply(update: Update): void {
    this.#forgetOld()
    switch (update.kind) {
      case 'list-started':
        this.#listed = new Set()
        return
      case 'listed':
        for (const object of update.objects) this.#listed.add(this.#set(object))
        return
      case 'list-ended':
        for (const key of this.#present.keys()) if (!this.#listed.has(key)) this.#delete(key)
        this.#listed = new Set()
        return
      case 'watched':
        for (const { type, object } of update.changes) {
          const key = this.#set(object)
          if (type === 'DELETED') this.#delete(key)
        }
    }
  }

  /** Treats all objects as deleted, because the kind is gone. */
  deleteAll(): void {
    for (const key of this.#present.keys()) this.#delete(key)
  }

  /** Forgets all labels, and releases their memory. */
  clear(): void {
    for (const pooled of this.#present.values()) this.#pool.release(pooled)
    for (const { pooled } of this.#deleted.values()) this.#pool.release(pooled)
    this.#present.clear()
    this.#deleted.clear()
  }

  #set({ metadata }: ApiObject): string {
    const key = `${metadata.namespace ?? ''}/${metadata.name}`
    const before = this.#present.get(key)
    if (before) this.#pool.release(before)
    const pooled = this.#take(labelsOf(metadata.labels))
    if (pooled) this.#present.set(key, pooled)
    else this.#present.delete(key)
    this.#forget(key)
    return key
  }

  #take(labels: Labels): PooledLabels | undefined {
    for (;;) {
      const pooled = this.#pool.take(labels)
      if (pooled) return pooled
      const [oldest] = this.#deleted.keys()
      if (oldest === undefined) {
        this.#onFull()
        return undefined
      }
      this.#forget(oldest)
    }
  }

  #delete(key: string): void {
    const pooled = this.#present.get(key)
    if (!pooled) return
    this.#present.delete(key)
    this.#deleted.set(key, { pooled, at: this.#clock.elapsed() })
  }

  #forget(key: string): void {
    const deleted = this.#deleted.get(key)
    if (!deleted) return
    this.#deleted.delete(key)
    this.#pool.release(deleted.pooled)
  }

  #forgetOld(): void {
    for (const [key, deleted] of this.#deleted) {
      if (this.#isKept(deleted)) return
      this.#forget(key)
    }
  }

  #isKept({ at }: Deleted): boolean {
    return this.#clock.elapsed() - at < KEPT_AFTER_DELETION_MS
  }
}

function labelsOf(labels: unknown): Labels {
  if (!isJsonObject(labels)) return {}
  const texts = Object.entries(labels).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return Object.fromEntries(texts)
}
