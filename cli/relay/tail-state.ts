import { listedView } from '../../relay/api/delivery-view.ts'
import type { DeliveriesPage } from '../../relay/api/schemas/deliveries.ts'
import { type ListedRecord, outcomeOf } from '../../relay/model/delivery.ts'
import { versionOf } from './delivery-version.ts'

/** Where a record stands in the ledger's lists. */
export interface TailPosition {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number
}

/** The outcomes of what waits, and of what a person has to do something about. */
export const OPEN_OUTCOMES = ['retry', 'held', 'dead'] as const
export type OpenOutcome = (typeof OPEN_OUTCOMES)[number]

/** What one look at the indexes of a cluster found, each list the latest first. */
export interface Look {
  readonly latest: readonly TailPosition[]
  readonly open: Readonly<Record<OpenOutcome, readonly TailPosition[]>>
}

/** The most positions of one list of a look. */
export const MOST_LATEST = 200
export const MOST_OPEN = 100

/**
 * How long after a later event the record of an earlier one may still come. Milliseconds. It is counted from what the
 * ledger has, and not from now, so that neither a clock nor a queue that is behind hides anything.
 */
const LATE_MS = 5 * 60_000

/** The most records that are followed, which are more than all lists of a look have. */
const MOST_FOLLOWED = 400

/** Of how many records it is remembered what they were. */
const MOST_VERSIONS = 1_000

/** A record whose outcome is open. */
interface Followed {
  readonly outcome: OpenOutcome
  readonly acceptedAt: number
  /** When its next try is due, if that is known. Milliseconds since the epoch. */
  readonly dueAt?: number
}

/** What is known of a cluster's latest records, so that a look reads no more than what came or changed. */
export class TailState {
  /** The accept times of records that nobody has to be told of, as long as a look may find them. */
  readonly #known = new Map<string, number>()
  readonly #followed = new Map<string, Followed>()
  /** What records were when somebody was told of them. */
  readonly #versions = new Map<string, string>()
  /** Where the lists of the look before were cut: what is older may come into them without any change. */
  #ends: Partial<Record<OpenOutcome, number>> = {}
  #newest = Number.NEGATIVE_INFINITY
  /** The end of the list before the first look: what is older is no news. Absent without such a list. */
  #listEnd: number | undefined
  #hasLooked = false
  /** Those of the latest look that nobody was shown before. */
  #news: ReadonlySet<string> = new Set()

  /** The earliest accept time of what the next look asks for; absent when it asks for the latest of all. */
  get since(): number | undefined {
    return this.#newest === Number.NEGATIVE_INFINITY ? undefined : this.#newest - LATE_MS
  }

  /** Whether nobody was shown this record of the latest look before. */
  isNew(id: string): boolean {
    return this.#news.has(id)
  }

  /** Takes note of what somebody has seen. Before the first look all of it counts, later only what is open, as others have not. */
  shown({ deliveries, nextCursor }: DeliveriesPage): void {
    if (deliveries.length === 0 && nextCursor === undefined) this.#listEnd ??= 0
    for (const delivery of deliveries) {
      const { id, outcome, dueAt } = delivery
      const acceptedAt = Date.parse(delivery.acceptedAt)
      if (!this.#hasLooked) {
        this.#newest = Math.max(this.#newest, acceptedAt)
        this.#listEnd = Math.min(this.#listEnd ?? acceptedAt, acceptedAt)
        if (acceptedAt >= this.#newest - LATE_MS) this.#known.set(id, acceptedAt)
      }
      if (isOpen(outcome) && !this.#versions.has(id) && this.#followed.size < MOST_FOLLOWED) {
        this.#versions.set(id, versionOf(delivery))
        const due = dueAt === undefined ? {} : { dueAt: Date.parse(dueAt) }
        this.#follow(id, { outcome, acceptedAt, ...due })
      }
    }
  }

  /** The ids of the records to read for this look, each once. `now`: milliseconds since the epoch. */
  wanted(look: Look, now: number): readonly string[] {
    const fresh = this.#unknown(look.latest)
    const entered = OPEN_OUTCOMES.flatMap((outcome) =>
      this.#asksFor(outcome) ? this.#entered(outcome, look.open[outcome]) : [],
    )
    const open = new Map(OPEN_OUTCOMES.map((outcome) => [outcome, idsOf(look.open[outcome])]))
    const moved = [...this.#followed].flatMap(([id, { outcome, acceptedAt, dueAt = Infinity }]) => {
      const isGone = acceptedAt > endOf(look.open[outcome]) && !open.get(outcome)?.has(id)
      return isGone || dueAt <= now ? [id] : []
    })
    return [...new Set([...fresh, ...entered, ...moved.slice(0, MOST_OPEN)])]
  }

  /** Takes what was read for a look; gives the records that came or changed, the earliest first. */
  take(look: Look, wanted: readonly string[], read: readonly ListedRecord[]): ListedRecord[] {
    const found = new Map(read.map((record) => [record.id, record]))
    const fresh = new Set(this.#unknown(look.latest))
    this.#news = new Set([...fresh].filter((id) => !this.#versions.has(id)))
    for (const { id, acceptedAt } of look.latest) {
      this.#newest = Math.max(this.#newest, acceptedAt)
      // What the index has and the table not yet is asked for again.
      if (!fresh.has(id) || found.has(id)) this.#known.set(id, acceptedAt)
    }
    for (const [id, acceptedAt] of this.#known) {
      if (acceptedAt < (this.since ?? 0)) this.#known.delete(id)
    }
    const asked = new Set(wanted)
    for (const outcome of OPEN_OUTCOMES) {
      for (const { id, acceptedAt } of look.open[outcome]) {
        const isKnown = asked.has(id) || this.#followed.has(id)
        if (!isKnown) this.#follow(id, { outcome, acceptedAt })
      }
      this.#ends = { ...this.#ends, [outcome]: endOf(look.open[outcome]) }
    }
    // Without a list, nobody knows what there was before: it is no news.
    const isSilent = !this.#hasLooked && this.#listEnd === undefined
    this.#hasLooked = true
    const changed = wanted.flatMap((id) => this.#changed(id, found.get(id)))
    this.#forget(look)
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

  /** The ids that a list has, and had not before. */
  #entered(outcome: OpenOutcome, list: readonly TailPosition[]): readonly string[] {
    const end = this.#ends[outcome] ?? Number.NEGATIVE_INFINITY
    return list.flatMap(({ id, acceptedAt }) =>
      acceptedAt > end && this.#followed.get(id)?.outcome !== outcome ? [id] : [],
    )
  }

  /** Whether a look reads what it finds with this outcome and nobody follows: the first one only to know when it is due. */
  #asksFor(outcome: OpenOutcome): boolean {
    return this.#hasLooked || (this.#listEnd === undefined && outcome !== 'dead')
  }

  #changed(id: string, record: ListedRecord | undefined): readonly ListedRecord[] {
    if (record === undefined) {
      this.#followed.delete(id)
      return []
    }
    const version = versionOf(listedView(record))
    const isNews = this.#versions.get(id) !== version
    this.#versions.delete(id)
    this.#versions.set(id, version)
    const { outcome, ...due } = standingOf(record)
    if (isOpen(outcome)) this.#follow(id, { outcome, acceptedAt: record.acceptedAt, ...due })
    else this.#followed.delete(id)
    return isNews ? [record] : []
  }

  /** Follows it after all others, so that of too many each gets its turn. */
  #follow(id: string, followed: Followed): void {
    this.#followed.delete(id)
    this.#followed.set(id, followed)
  }

  /** Forgets what is too much: of what is followed those that no list of the look has. */
  #forget({ open }: Look): void {
    const listed = idsOf(OPEN_OUTCOMES.flatMap((outcome) => open[outcome]))
    for (const id of this.#followed.keys()) {
      if (this.#followed.size <= MOST_FOLLOWED) break
      if (!listed.has(id)) this.#followed.delete(id)
    }
    for (const id of this.#versions.keys()) {
      if (this.#versions.size <= MOST_VERSIONS) break
      this.#versions.delete(id)
    }
  }
}

function idsOf(list: readonly TailPosition[]): ReadonlySet<string> {
  return new Set(list.map(({ id }) => id))
}

/** What became of a record so far, and when its next try is due if that is known. */
function standingOf(record: ListedRecord): { outcome: string; dueAt?: number } {
  if (record.kind === 'unreadable') return { outcome: record.outcome }
  const { status } = record
  return {
    outcome: outcomeOf(record),
    ...(status.kind === 'waiting' && { dueAt: status.dueAt }),
  }
}

function isOpen(outcome: string): outcome is OpenOutcome {
  return OPEN_OUTCOMES.some((open) => open === outcome)
}

/** The accept time where a list of what is open may have been cut. */
function endOf(list: readonly TailPosition[]): number {
  return list.length < MOST_OPEN ? Number.NEGATIVE_INFINITY : (list.at(-1)?.acceptedAt ?? 0)
}
