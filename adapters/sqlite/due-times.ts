import type { RelayDatabase } from './relay-database.ts'
import { outcomeChange, type UnitStatement } from './statement.ts'

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

/** Selects records that are due later than any wait lasts, by the index on the due time. */
const TOO_FAR = `WHERE due_at > ? AND due_at > ? + ${LONGEST}`
/**
 * Selects records that were decided later than now, because the clock was set back since. It reads
 * all that wait.
 */
const DECIDED_LATER = `WHERE due_at > ? AND json_valid(body) AND body ->> '$.updatedAt' > ?`

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
  readonly #onChange: () => void
  #moving: Promise<unknown> | undefined

  /** `onChange` is called when records are due at other times than before. */
  constructor(database: RelayDatabase, onChange: () => void) {
    this.#database = database
    this.#onChange = onChange
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
   * Corrects due times that are later than any wait lasts, such as after the clock was set back.
   */
  async bringBack(now: number): Promise<void> {
    const far = [now + LONGEST_WAIT_MS, now]
    await this.#change(outcomeChange(`${BRING_BACK} ${TOO_FAR}`, now, now, now, now, now, ...far))
  }

  /**
   * Does what `bringBack` does, and also finds records that were decided by a clock that was ahead.
   * It is slow, and meant for the start.
   */
  async bringAllBack(now: number): Promise<void> {
    const statement = `${BRING_BACK} ${DECIDED_LATER}`
    await this.#change(outcomeChange(statement, now, now, now, now, now, now, now))
    await this.bringBack(now)
  }

  async #change(change: UnitStatement): Promise<void> {
    const result = await this.#database.write([change])
    if (result.kind === 'done' && (result.changed[0]?.count ?? 0) > 0) this.#onChange()
  }

  #track(moving: Promise<unknown>): void {
    const before = this.#moving
    const both = Promise.all([before, moving]).then(() => {
      if (this.#moving === both) this.#moving = undefined
    })
    this.#moving = both
  }
}
