import type { RetryMessage } from '../../relay/model/queue-messages.ts'
import { DEFAULT_RETENTION_MS } from '../../relay/model/retention.ts'
import { cutText } from '../../relay/model/text.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type {
  MessageCounts,
  MessageKind,
  Quarantine,
  SetAsideMessage,
  SetAsidePage,
  SetAsideReason,
} from '../../relay/ports/quarantine.ts'
import { isRecord } from './id-index.ts'
import type { RelayDatabase } from './relay-database.ts'
import { change, type UnitResult, type UnitStatement } from './statement.ts'
import { DELIVERY_WAITS, sweepQuarantine } from './sweep.ts'

/** Most that is set aside. What comes beyond stays in its queue, and is tried again and again. */
const MAX_MESSAGES = 10_000
const MAX_BYTES = 64 * 1024 * 1024

/** How many messages are put back in one transaction, so that it blocks others only briefly. */
const PUT_BACK_ROWS = 500

const MAX_CAUSE_LENGTH = 1_000

/** The number and size of the messages that are set aside. */
export interface QuarantineDepth {
  readonly messages: MessageCounts
  /** The size of the bodies, in UTF-8 bytes. */
  readonly bytes: number
}

/** The error when there is no room for another message. */
export class QuarantineFull extends Error {
  override readonly name = 'QuarantineFull'

  constructor({ messages, bytes }: QuarantineDepth) {
    super(
      `${messages.event + messages.retry} messages of ${bytes} bytes are set aside, and there is no room for more: mend the cause, and put them back with flux-relay replay --queue`,
    )
  }
}

/** The places in the queues of messages that were put back. */
export interface RequeuedMessages {
  readonly events: ReadonlyArray<{
    readonly group: string
    readonly cluster: string | null
    readonly sequence: number
  }>
  /** The retries. One whose record has changed in between is not among them. */
  readonly retries: readonly RetryMessage[]
}

const DEPTH = `SELECT kind, COUNT(*) AS count, SUM(bytes) AS bytes FROM quarantine GROUP BY kind`

const HAS_ROOM = `(SELECT COUNT(*) < ${MAX_MESSAGES} AND COALESCE(SUM(bytes), 0) < ${MAX_BYTES}
    FROM quarantine)`

const KEEP_EVENT = `INSERT INTO quarantine
    (kind, cluster, event_id, grp, accepted_at, bytes, cause, rejections, first_at, last_at,
      expires_at, body)
  SELECT 'event', ?, id, grp, accepted_at, octet_length(body), ?, ?, ?, ?, ?, body
  FROM events WHERE seq = ? AND ${HAS_ROOM}`

const KEEP_RETRY = `INSERT INTO quarantine
    (kind, delivery_id, attempt, due_at, bytes, cause, rejections, first_at, last_at, expires_at)
  SELECT 'retry', ?, ?, ?, 0, ?, ?, ?, ?, ? WHERE ${HAS_ROOM}`

const NO_MORE_DUE = `UPDATE ledger SET due_at = NULL, destination = NULL
  WHERE ${isRecord('?1')} AND attempt = ?2`

const LIST = `SELECT id, kind, cluster, delivery_id AS deliveryId, cause, rejections,
    first_at AS firstAt, last_at AS lastAt, bytes
  FROM quarantine WHERE id > ? AND (expires_at > ? OR ${DELIVERY_WAITS}) ORDER BY id LIMIT ?`

const NEWEST = 'SELECT MAX(id) AS id FROM quarantine'

const TO_PUT_BACK = `SELECT id, kind, cluster, grp AS "group", delivery_id AS deliveryId, attempt,
    due_at AS dueAt
  FROM quarantine WHERE id <= ? ORDER BY id LIMIT ?`

const PUT_BACK_EVENT = `INSERT INTO events (id, grp, accepted_at, queued, body)
  SELECT COALESCE(event_id, ''), grp, accepted_at, 1, body FROM quarantine WHERE id = ?
  RETURNING seq`

const PUT_BACK_RETRY = `UPDATE ledger
  SET due_at = ?1, destination = 
    CASE WHEN ord IS NOT NULL AND json_valid(body) THEN body ->> '$.destination' END
  WHERE ${isRecord('?2')} AND attempt = ?3 AND outcome IN ('retry', 'held') RETURNING cluster`

const DELETE = 'DELETE FROM quarantine WHERE id = ?'

interface ListedRow {
  readonly id: number
  readonly kind: MessageKind
  readonly cluster: string | null
  readonly deliveryId: string | null
  readonly cause: string
  readonly rejections: number
  readonly firstAt: number
  readonly lastAt: number
  readonly bytes: number
}

type StoredRow =
  | {
      readonly id: number
      readonly kind: 'event'
      readonly group: string
      readonly cluster: string | null
    }
  | ({ readonly id: number; readonly kind: 'retry' } & RetryMessage)

/**
 * The table of what was set aside. Bodies are copied by SQLite itself, so one that cannot be read
 * stays as it was.
 */
export class SqliteQuarantine implements Quarantine {
  readonly #database: RelayDatabase
  readonly #clock: Clock
  readonly #onPutBack: (messages: RequeuedMessages) => void

  /** `onPutBack` is called once messages are durable in their queues. */
  constructor(
    database: RelayDatabase,
    clock: Clock,
    onPutBack: (messages: RequeuedMessages) => void,
  ) {
    this.#database = database
    this.#clock = clock
    this.#onPutBack = onPutBack
  }

  /** The number and size of the messages, read from a small index. */
  async depth(): Promise<QuarantineDepth> {
    const rows = await this.#database.read<{ kind: MessageKind; count: number; bytes: number }>(
      DEPTH,
    )
    const countOf = (kind: MessageKind) => rows.find((row) => row.kind === kind)?.count ?? 0
    return {
      messages: { event: countOf('event'), retry: countOf('retry') },
      bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0),
    }
  }

  /** Why a unit with `keepEvent` or `keepRetry` was a conflict. */
  async full(): Promise<QuarantineFull> {
    return new QuarantineFull(await this.depth())
  }

  /** The statement that copies an event if there is room. Otherwise its unit is a conflict. */
  keepEvent(sequence: number, cluster: string | undefined, reason: SetAsideReason): UnitStatement {
    const parameters = [cluster ?? null, ...this.#why(reason), sequence]
    return { sql: KEEP_EVENT, parameters, mustChange: true }
  }

  /** A unit that copies a retry, if there is room, and lets its record wait no more. */
  keepRetry({ deliveryId, attempt, dueAt }: RetryMessage, reason: SetAsideReason): UnitStatement[] {
    const parameters = [deliveryId, attempt, dueAt, ...this.#why(reason)]
    return [
      { sql: KEEP_RETRY, parameters, mustChange: true },
      change(NO_MORE_DUE, deliveryId, attempt),
    ]
  }

  async list(limit: number, after = '0'): Promise<SetAsidePage> {
    const now = this.#clock.now()
    const rows = await this.#database.read<ListedRow>(LIST, Number(after), now, limit + 1)
    const messages = rows.slice(0, limit).map(messageOf)
    const last = messages.at(-1)
    return { messages, ...(rows.length > limit && last && { nextCursor: last.id }) }
  }

  /** An event keeps its order time, so what its object told since supersedes it. */
  async replay(): Promise<MessageCounts> {
    // What is set aside again meanwhile stays there.
    const [{ id: newest } = { id: null }] = await this.#database.read<{ id: number | null }>(NEWEST)
    const counts = { event: 0, retry: 0 }
    for (;;) {
      const rows = await this.#database.read<StoredRow>(TO_PUT_BACK, newest ?? 0, PUT_BACK_ROWS)
      const moved = await Promise.all(rows.map((row) => this.#putBack(row)))
      rows.forEach(({ kind }, index) => {
        if (moved[index]) counts[kind] += 1
      })
      if (rows.length < PUT_BACK_ROWS) return counts
    }
  }

  /** Deletes what expired at or before `now`, unless a delivery waits for it; resolves with its number. */
  sweep(now: number): Promise<number> {
    return sweepQuarantine(this.#database, now)
  }

  /**
   * Moves a message to the end of its queue. False when another did that, or the message is a retry of a delivery that went
   * on without it: then it is only deleted.
   */
  async #putBack(row: StoredRow): Promise<boolean> {
    const { id } = row
    const gone = { ...change(DELETE, id), mustChange: true }
    const back: UnitStatement =
      row.kind === 'event'
        ? { ...change(PUT_BACK_EVENT, id), returns: true }
        : { ...change(PUT_BACK_RETRY, row.dueAt, row.deliveryId, row.attempt), returns: true }
    const result = await this.#database.write([back, gone], (written) => this.#moved(row, written))
    return result.kind === 'done' && result.changed[0]?.count === 1
  }

  #moved(row: StoredRow, result: UnitResult): void {
    const [back] = result.kind === 'done' ? result.changed : []
    if (!back || back.count === 0) return
    if (row.kind === 'event') {
      const [inserted] = back.rows as readonly { seq: number }[]
      const events = inserted
        ? [{ group: row.group, cluster: row.cluster, sequence: inserted.seq }]
        : []
      this.#onPutBack({ events, retries: [] })
    } else {
      const { deliveryId, attempt, dueAt } = row
      const [record] = back.rows as readonly { cluster: string }[]
      const retry = { deliveryId, attempt, dueAt, ...(record && { cluster: record.cluster }) }
      this.#onPutBack({ events: [], retries: [retry] })
    }
  }

  #why({ cause, rejections, firstAt }: SetAsideReason) {
    const now = this.#clock.now()
    return [
      cutText(cause, MAX_CAUSE_LENGTH),
      rejections,
      firstAt,
      now,
      now + DEFAULT_RETENTION_MS,
    ] as const
  }
}

function messageOf({ id, cluster, deliveryId, ...rest }: ListedRow): SetAsideMessage {
  return {
    id: String(id),
    ...rest,
    ...(cluster !== null && { cluster }),
    ...(deliveryId !== null && { deliveryId }),
  }
}
