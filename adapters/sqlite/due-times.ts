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

/** A record waits as long as was decided, from now on; the 24 hours of one that began later begin now. */
const BRING_BACK = `UPDATE ledger SET due_at = ? + ${WAITED}, body = CASE WHEN json_valid(body)
    THEN json_set(body, '$.dueAt', ? + ${WAITED}, '$.updatedAt', ?,
      '$.chainStartedAt', MIN(COALESCE(body ->> '$.chainStartedAt', ?), ?)) ELSE body END`

/** Records that are due later than any wait of their kind lasts. */
const TOO_FAR = `due_at > ? + ${LONGEST}`
/** Records that were decided later than now, because the clock was set back since. */
const DECIDED_LATER = "json_valid(body) AND body ->> '$.updatedAt' > ?"

/** How many of the records that wait one change looks at. It takes some milliseconds, in which nobody else's is committed. */
const LOOKED_AT = 1_000

/** Finds when the record is due that comes so many after a time. It reads the index alone. */
const END_OF_PART =
  'SELECT due_at AS at FROM ledger WHERE due_at > ? ORDER BY due_at LIMIT 1 OFFSET ?'
const PART = 'WHERE due_at > ? AND due_at <= ?'

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
  readonly #database: RelayDatabase
  readonly #clock: Pick<Clock, 'now'>
  readonly #onChange: () => void
  readonly #lookedAt: number
  #moving: Promise<unknown> | undefined
  #isBringingBack = false

  /**
   * `onChange` is called when records are due at other times than before. `lookedAt` is how many records are
   * looked at in one change.
   */
  constructor(
    database: RelayDatabase,
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
   * long as planned.
   */
  clockWasSet(byMs: number): void {
    const moved = this.#database.write([outcomeChange(MOVE, byMs, byMs, byMs, byMs)])
    this.#track(moved.then(this.#onChange, () => undefined))
  }

  /**
   * Corrects due times that are later than any wait lasts, such as after the clock was set back. Others use the
   * database in between. Does nothing while an earlier call of it lasts.
   */
  async bringBack(): Promise<void> {
    if (this.#isBringingBack) return
    this.#isBringingBack = true
    try {
      await this.#bringBack(TOO_FAR, this.#clock.now() + LONGEST_WAIT_MS)
    } finally {
      this.#isBringingBack = false
    }
  }

  /**
   * Does what `bringBack` does, and also finds records that were decided by a clock that was ahead. It reads all
   * that wait, and is meant for the start.
   */
  async bringAllBack(): Promise<void> {
    await this.#bringBack(DECIDED_LATER, this.#clock.now())
    await this.bringBack()
  }

  /** Brings back what is due after a time and meets a condition, whose parameter is the time that it is. */
  async #bringBack(condition: string, dueAfter: number): Promise<void> {
    let count = 0
    try {
      for (let from: number | undefined = dueAfter; from !== undefined; ) {
        const after: number = from
        from = await inPeace(async () => {
          const end = await this.#endOfPart(after)
          count += await this.#bringPartBack(condition, after, end ?? Number.MAX_SAFE_INTEGER)
          return end
        })
      }
    } finally {
      if (count > 0) this.#onChange()
    }
  }

  async #endOfPart(after: number): Promise<number | undefined> {
    const [row] = await this.#database.read<{ at: number }>(END_OF_PART, after, this.#lookedAt)
    return row?.at
  }

  async #bringPartBack(condition: string, after: number, end: number): Promise<number> {
    // The clock may be set between two parts.
    const now = this.#clock.now()
    const sql = `${BRING_BACK} ${PART} AND ${condition}`
    const unit = [outcomeChange(sql, now, now, now, now, now, after, end, now)]
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
