import { deliveryView } from '../../relay/api/delivery-view.ts'
import type { DeliveriesPage } from '../../relay/api/schemas/deliveries.ts'
import type { LedgerRecord, ListedRecord } from '../../relay/model/delivery.ts'
import { versionOf } from './delivery-version.ts'

/** Where a record stands in the ledger's lists. */
export interface TailPosition {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number
}

/** What one look at the indexes of a cluster found, each list the latest first. */
export interface Look {
  readonly latest: readonly TailPosition[]
  /** Those that wait, a list for each outcome that waiting has. */
  readonly waiting: readonly (readonly TailPosition[])[]
}

/** The most positions of one list of a look. */
export const MOST_LATEST = 200
export const MOST_WAITING = 100

/**
 * How long after a later event the record of an earlier one may still come. Milliseconds. It is counted from what the
 * ledger has, and not from now, so that neither a clock nor a queue that is behind hides anything.
 */
const LATE_MS = 5 * 60_000

/** The most records that are followed while they wait. */
const MOST_FOLLOWED = 300

/** A record that waits. */
interface Followed {
  readonly acceptedAt: number
  /** What it was when it was told; absent while nobody was told of it. */
  readonly version?: string
  /** When its next try is due, if that is known. Milliseconds since the epoch. */
  readonly dueAt?: number
}

/** What is known of a cluster's latest records, so that a look reads no more than what came or changed. */
export class TailState {
  /** The accept times of records that nobody has to be told of, as long as a look may find them. */
  readonly #known = new Map<string, number>()
  readonly #followed = new Map<string, Followed>()
  #newest = Number.NEGATIVE_INFINITY
  /** The end of the list before the first look: what is older is no news. Absent without such a list. */
  #listEnd: number | undefined
  #hasLooked = false

  /** The earliest accept time of what the next look asks for; absent when it asks for the latest of all. */
  get since(): number | undefined {
    return this.#newest === Number.NEGATIVE_INFINITY ? undefined : this.#newest - LATE_MS
  }

  /** Takes note of what somebody has seen. Before the first look all of it counts, later only what waits, as others have not. */
  shown({ deliveries, nextCursor }: DeliveriesPage): void {
    if (deliveries.length === 0 && nextCursor === undefined) this.#listEnd ??= 0
    for (const delivery of deliveries) {
      const acceptedAt = Date.parse(delivery.acceptedAt)
      if (!this.#hasLooked) {
        this.#newest = Math.max(this.#newest, acceptedAt)
        this.#listEnd = Math.min(this.#listEnd ?? acceptedAt, acceptedAt)
        if (acceptedAt >= this.#newest - LATE_MS) this.#known.set(delivery.id, acceptedAt)
      }
      const followed = this.#followed.get(delivery.id)
      if (delivery.dueAt !== undefined && followed?.version === undefined) {
        const dueAt = Date.parse(delivery.dueAt)
        this.#follow(delivery.id, { acceptedAt, version: versionOf(delivery), dueAt })
      }
    }
  }

  /** The ids of the records to read for this look, each once. `now`: milliseconds since the epoch. */
  wanted(look: Look, now: number): readonly string[] {
    const fresh = this.#unknown(look.latest)
    const waiting = new Set(look.waiting.flat().map(({ id }) => id))
    const isOfList = !this.#hasLooked && this.#listEnd !== undefined
    const entered = isOfList ? [] : [...waiting].filter((id) => !this.#followed.has(id))
    const end = Math.max(...look.waiting.map(endOf))
    const moved = [...this.#followed].flatMap(([id, { acceptedAt, dueAt = Infinity }]) =>
      dueAt <= now || (acceptedAt > end && !waiting.has(id)) ? [id] : [],
    )
    return [...new Set([...fresh, ...entered, ...moved.slice(0, MOST_WAITING)])]
  }

  /** Takes what was read for a look; gives the records that came or changed, the earliest first. */
  take(look: Look, wanted: readonly string[], read: readonly ListedRecord[]): LedgerRecord[] {
    const found = new Map(read.map((record) => [record.id, record]))
    const fresh = new Set(this.#unknown(look.latest))
    for (const { id, acceptedAt } of look.latest) {
      this.#newest = Math.max(this.#newest, acceptedAt)
      // What the index has and the table not yet is asked for again.
      if (!fresh.has(id) || found.has(id)) this.#known.set(id, acceptedAt)
    }
    for (const [id, acceptedAt] of this.#known) {
      if (acceptedAt < (this.since ?? 0)) this.#known.delete(id)
    }
    if (!this.#hasLooked) {
      for (const { id, acceptedAt } of look.waiting.flat()) {
        if (!this.#followed.has(id)) this.#follow(id, { acceptedAt })
      }
    }
    // Without a list, nobody knows what there was before: it is no news.
    const isSilent = !this.#hasLooked && this.#listEnd === undefined
    this.#hasLooked = true
    const changed = wanted.flatMap((id) => this.#changed(id, found.get(id)))
    return isSilent ? [] : changed.sort((a, b) => a.acceptedAt - b.acceptedAt)
  }

  /** The ids among the latest that somebody may have to be told of. */
  #unknown(latest: readonly TailPosition[]): readonly string[] {
    const newest = Math.max(this.#newest, latest[0]?.acceptedAt ?? 0)
    const from = this.#hasLooked ? 0 : Math.max(this.#listEnd ?? Infinity, newest - LATE_MS)
    return latest.flatMap(({ id, acceptedAt }) =>
      acceptedAt >= from && !this.#known.has(id) ? [id] : [],
    )
  }

  #changed(id: string, record: ListedRecord | undefined): readonly LedgerRecord[] {
    if (record === undefined || record.kind === 'unreadable') {
      const waits = record?.outcome === 'retry' || record?.outcome === 'held'
      if (record && waits) this.#follow(id, { acceptedAt: record.acceptedAt })
      else this.#followed.delete(id)
      return []
    }
    const version = versionOf(deliveryView(record))
    const isNews = this.#followed.get(id)?.version !== version
    const { acceptedAt, status } = record
    if (status.kind === 'final') this.#followed.delete(id)
    else this.#follow(id, { acceptedAt, version, dueAt: status.dueAt })
    return isNews ? [record] : []
  }

  /** Follows it after all others, so that of too many each gets its turn. */
  #follow(id: string, followed: Followed): void {
    this.#followed.delete(id)
    this.#followed.set(id, followed)
    const [first] = this.#followed.keys()
    if (this.#followed.size > MOST_FOLLOWED) this.#followed.delete(first ?? '')
  }
}

/** The accept time where a list of what waits may have been cut. */
function endOf(list: readonly TailPosition[]): number {
  return list.length < MOST_WAITING ? Number.NEGATIVE_INFINITY : (list.at(-1)?.acceptedAt ?? 0)
}
