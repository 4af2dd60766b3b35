import type { Clock } from '../../relay/ports/clock.ts'
import type { RelayDatabase } from './relay-database.ts'
import { outcomeChange } from './statement.ts'
import { inPeace } from './sweep-pace.ts'

/** The longest wait of a retry: an hour, and a fifth for jitter. Milliseconds. */
const LONGEST_WAIT_MS = 72 * 60_000
/** What its destination wakes is due at the end of its 24 hours, or is looked at an hour later. */
const LONGEST_LINE_MS = 25 * 3_600_000
/** A silence of a person lasts 31 days at most, and no rule holds a Delivery back for longer. */
const LONGEST_HOLD_MS = 32 * 24 * 3_600_000

const LONGEST = `CASE WHEN outcome = 'held' THEN ${LONGEST_HOLD_MS}
  WHEN destination IS NULL THEN ${LONGEST_WAIT_MS} ELSE ${LONGEST_LINE_MS} END`

const WAITED = `MIN(${LONGEST},
  MAX(0, due_at - CASE WHEN json_valid(body) THEN COALESCE(body ->> '$.updatedAt', due_at) ELSE due_at END))`

/** Whether a record is due later than any wait of its kind lasts. `?1` is the time that it is. */
const TOO_FAR = `due_at > ?1 + ${LONGEST}`
/** Whether a record was decided later than now, because the clock was set back since. */
const DECIDED_LATER = "json_valid(body) AND body ->> '$.updatedAt' > ?1"

/** How many of the records that wait are looked at at once. It takes some milliseconds, in which nothing is committed. */
const LOOKED_AT = 1_000

const LAST_ROW = Number.MAX_SAFE_INTEGER

/** The place of a record among those that wait: many may be due at one time, such as at the end of a silence. */
interface Place {
  readonly dueAt: number
  readonly row: number
}

interface LookedAt extends Place {
  /** 1 if the record has to be brought back. */
  readonly isWrong: number
}

/**
 * Looks at the records that come after a place. Each half is a range of the index: of a condition on both columns
 * SQLite uses the first one only.
 */
function nextThat(condition: string): string {
  const select = `SELECT due_at AS dueAt, rowid AS row, ${condition} AS isWrong FROM ledger`
  return `${select} WHERE due_at = ?2 AND rowid > ?3
    UNION ALL ${select} WHERE due_at > ?2 ORDER BY dueAt, row LIMIT ?4`
}

/** A record waits as long as was decided, from now on; the 24 hours of one that began later begin now. */
function bringBack(condition: string): string {
  return `UPDATE ledger SET due_at = ?1 + ${WAITED}, body = CASE WHEN json_valid(body)
    THEN json_set(body, '$.dueAt', ?1 + ${WAITED}, '$.updatedAt', ?1,
      '$.chainStartedAt', MIN(COALESCE(body ->> '$.chainStartedAt', ?1), ?1)) ELSE body END
  WHERE rowid IN (SELECT value FROM json_each(?2)) AND due_at IS NOT NULL AND ${condition}`
}

/** A silence ends by the clock that people see, and what it holds back is due at its end. */
const MOVED = `due_at + CASE WHEN outcome = 'held' AND json_valid(body) AND body ->> '$.silence' IS NOT NULL
  THEN 0 ELSE ? END`

const MOVE = `UPDATE ledger SET due_at = ${MOVED}, body = CASE WHEN json_valid(body)
    THEN json_set(body, '$.dueAt', ${MOVED}, '$.updatedAt', (body ->> '$.updatedAt') + ?,
      '$.chainStartedAt', (body ->> '$.chainStartedAt') + ?) ELSE body END
  WHERE due_at IS NOT NULL`

/**
 * Corrects due times after the clock was set. Times are stored by the machine's clock, since no
 * other clock outlasts a process.
 */
export class DueTimes {
  readonly #database: Pick<RelayDatabase, 'read' | 'write'>
  readonly #clock: Pick<Clock, 'now'>
  readonly #onChange: () => void
  readonly #lookedAt: number
  #moving: Promise<unknown> | undefined
  #isBringingBack = false
  /** How often the due times were moved. */
  #moves = 0
  /** After how many moves a clock that was ahead may have decided something that was not moved. */
  #aheadUntil = 0
  /** The value of `#aheadUntil` for which all that wait were read since. */
  #hasReadAll: number | undefined

  /**
   * `onChange` is called when records are due at other times than before. `lookedAt` is how many records are
   * looked at at once.
   */
  constructor(
    database: Pick<RelayDatabase, 'read' | 'write'>,
    clock: Pick<Clock, 'now'>,
    onChange: () => void,
    lookedAt = LOOKED_AT,
  ) {
    this.#database = database
    this.#clock = clock
    this.#onChange = onChange
    this.#lookedAt = lookedAt
  }

  /** Resolves when the times agree with the clock. */
  async settled(): Promise<void> {
    while (this.#moving) await this.#moving
  }

  /**
   * Moves the due times after the clock was set by `byMs` milliseconds, so that everything waits as
   * long as planned. What is decided at this moment, and stored after it, is corrected by `bringBack`.
   */
  clockWasSet(byMs: number): void {
    this.#moves += 1
    if (byMs < 0) this.#aheadUntil = this.#moves
    const moved = this.#database.write([outcomeChange(MOVE, byMs, byMs, byMs, byMs)])
    this.#track(moved.then(this.#onChange, () => undefined))
  }

  /**
   * Corrects due times that are later than any wait lasts, such as after the clock was set back; and before that, once at
   * the start and after each time that it was set back, those that were decided by a clock that was ahead, for which it
   * reads all that wait. Others use the database in between. Does nothing while an earlier call of it lasts.
   */
  async bringBack(): Promise<void> {
    if (this.#isBringingBack) return
    this.#isBringingBack = true
    try {
      const aheadUntil = this.#aheadUntil
      if (this.#hasReadAll !== aheadUntil) await this.#bringBack(DECIDED_LATER, 0)
      this.#hasReadAll = aheadUntil
      await this.#bringBack(TOO_FAR, LONGEST_WAIT_MS)
    } finally {
      this.#isBringingBack = false
    }
  }

  /** Brings back what meets a condition, of all that is due more than so many milliseconds from now. */
  async #bringBack(condition: string, aheadMs: number): Promise<void> {
    const begin = (): Place => ({ dueAt: this.#clock.now() + aheadMs, row: LAST_ROW })
    let count = 0
    try {
      for (let from: Place | undefined = begin(); from; ) {
        await this.settled()
        const moves = this.#moves
        const after: Place = from
        const part = await inPeace(() => this.#bringPartBack(condition, after))
        count += part.count
        // What was moved meanwhile may be due before the place that was reached.
        from = moves === this.#moves ? part.last : begin()
      }
    } finally {
      if (count > 0) this.#onChange()
    }
  }

  /** Looks at the records after a place. Resolves with the last of them, if more may follow, and how many were brought back. */
  async #bringPartBack(condition: string, { dueAt, row }: Place) {
    const most = this.#lookedAt
    const now = this.#clock.now()
    const part = await this.#database.read<LookedAt>(nextThat(condition), now, dueAt, row, most)
    const wrong = part.filter(({ isWrong }) => isWrong === 1)
    const last = part.length < most ? undefined : part.at(-1)
    return { last, count: wrong.length && (await this.#bringThoseBack(condition, wrong)) }
  }

  async #bringThoseBack(condition: string, wrong: readonly Place[]): Promise<number> {
    const rows = JSON.stringify(wrong.map(({ row }) => row))
    // The clock may have been set since they were read.
    const unit = [outcomeChange(bringBack(condition), this.#clock.now(), rows)]
    const result = await this.#database.write(unit)
    return result.kind === 'done' ? (result.changed[0]?.count ?? 0) : 0
  }

  #track(moving: Promise<unknown>): void {
    const before = this.#moving
    const both = Promise.all([before, moving]).then(() => {
      if (this.#moving === both) this.#moving = undefined
    })
    this.#moving = both
  }
}
