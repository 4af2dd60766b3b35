import type { RetryMessage } from '../../relay/model/delivery.ts'
import { cutText } from '../../relay/model/text.ts'
import type {
  Clock,
  MessageCounts,
  MessageKind,
  Quarantine,
  SetAsideMessage,
  SetAsidePage,
  SetAsideReason,
} from '../../relay/ports.ts'
import type { Database } from './database.ts'
import type { RetryRow } from './retry-schedule.ts'
import { deleteExpired } from './sweep.ts'

/** Kept as long as a record of the ledger. */
const RETENTION_MS = 30 * 24 * 3_600_000

/** Most that is set aside. What comes beyond stays in its queue, and is tried again and again. */
const MAX_MESSAGES = 10_000
const MAX_BYTES = 64 * 1024 * 1024

/** Messages that are put back in one transaction, so that it holds nobody up for long. */
const PUT_BACK_ROWS = 500

const MAX_CAUSE_LENGTH = 1_000

/** What is set aside. */
export interface QuarantineDepth {
  readonly messages: MessageCounts
  /** Of the bodies, UTF-8. */
  readonly bytes: number
}

/** There is no room for one more message. */
export class QuarantineFull extends Error {
  override readonly name = 'QuarantineFull'

  constructor({ messages, bytes }: QuarantineDepth) {
    super(
      `${messages.event + messages.retry} messages of ${bytes} bytes are set aside, and no more can be: see why, and put them back by flux-relay replay --queue`,
    )
  }
}

/** Where messages that were put back are in their queues. */
export interface PutBack {
  readonly events: ReadonlyArray<{ readonly group: string; readonly sequence: number }>
  /** One that was queued already is not queued again. */
  readonly retries: readonly RetryRow[]
}

const DEPTH = `SELECT kind, COUNT(*) AS count, SUM(bytes) AS bytes FROM quarantine GROUP BY kind`

const KEEP_EVENT = `INSERT INTO quarantine
    (kind, cluster, grp, accepted_at, bytes, cause, rejections, first_at, last_at, expires_at, body)
  SELECT 'event', ?, grp, accepted_at, octet_length(body), ?, ?, ?, ?, ?, body
  FROM events WHERE seq = ?`

const KEEP_RETRY = `INSERT INTO quarantine
    (kind, delivery_id, attempt, due_at, bytes, cause, rejections, first_at, last_at, expires_at)
  VALUES ('retry', ?, ?, ?, 0, ?, ?, ?, ?, ?)`

const LIST = `SELECT id, kind, cluster, delivery_id AS deliveryId, cause, rejections,
    first_at AS firstAt, last_at AS lastAt, bytes
  FROM quarantine WHERE id > ? AND expires_at > ? ORDER BY id LIMIT ?`

const NEWEST = 'SELECT MAX(id) AS id FROM quarantine'

const TO_PUT_BACK = `SELECT id, kind, grp AS "group", delivery_id AS deliveryId, attempt,
    due_at AS dueAt
  FROM quarantine WHERE id <= ? ORDER BY id LIMIT ?`

const PUT_BACK_EVENT = `INSERT INTO events (grp, accepted_at, body)
  SELECT grp, accepted_at, body FROM quarantine WHERE id = ?`

const PUT_BACK_RETRY = `INSERT OR IGNORE INTO retries (delivery_id, attempt, due_at)
  SELECT delivery_id, attempt, due_at FROM quarantine WHERE id = ?`

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
  | { readonly id: number; readonly kind: 'event'; readonly group: string }
  | ({ readonly id: number; readonly kind: 'retry' } & RetryMessage)

/**
 * The table of what was set aside. Bodies are copied by SQLite itself, so one that cannot be read
 * stays as it was. What changes rows is only for operations of `Database.write`.
 */
export class SqliteQuarantine implements Quarantine {
  readonly #database: Database
  readonly #clock: Clock
  readonly #onPutBack: (messages: PutBack) => void

  /** `onPutBack` is called once messages are durable in their queues. */
  constructor(database: Database, clock: Clock, onPutBack: (messages: PutBack) => void) {
    this.#database = database
    this.#clock = clock
    this.#onPutBack = onPutBack
  }

  /** Costs a look at a small index. */
  depth(): QuarantineDepth {
    const rows = this.#database.all<{ kind: MessageKind; count: number; bytes: number }>(DEPTH)
    const countOf = (kind: MessageKind) => rows.find((row) => row.kind === kind)?.count ?? 0
    return {
      messages: { event: countOf('event'), retry: countOf('retry') },
      bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0),
    }
  }

  /** Copies an event. Throws `QuarantineFull`. */
  keepEvent(sequence: number, cluster: string | undefined, reason: SetAsideReason): void {
    this.#checkRoom()
    this.#database.run(KEEP_EVENT, cluster ?? null, ...this.#why(reason), sequence)
  }

  /** Copies a retry. Throws `QuarantineFull`. */
  keepRetry({ deliveryId, attempt, dueAt }: RetryMessage, reason: SetAsideReason): void {
    this.#checkRoom()
    this.#database.run(KEEP_RETRY, deliveryId, attempt, dueAt, ...this.#why(reason))
  }

  async list(limit: number, after = '0'): Promise<SetAsidePage> {
    const rows = this.#database.all<ListedRow>(LIST, Number(after), this.#clock.now(), limit + 1)
    const messages = rows.slice(0, limit).map(messageOf)
    const last = messages.at(-1)
    return { messages, ...(rows.length > limit && last && { nextCursor: last.id }) }
  }

  /** An event keeps its order time, so what its object told since supersedes it. */
  async replay(): Promise<MessageCounts> {
    // What is set aside again meanwhile stays there.
    const newest = this.#database.get<{ id: number | null }>(NEWEST)?.id ?? 0
    const counts = { event: 0, retry: 0 }
    for (;;) {
      const moved = await this.#database.write(
        () => this.#putBack(newest),
        (messages) => this.#onPutBack(messages),
      )
      for (const { kind } of moved.rows) counts[kind] += 1
      if (moved.rows.length < PUT_BACK_ROWS) return counts
    }
  }

  /** Deletes what expired at or before `now`; resolves with its number. */
  sweep(now: number): Promise<number> {
    return deleteExpired(this.#database, 'quarantine', now)
  }

  /** Moves the oldest messages up to this one to the ends of their queues. */
  #putBack(until: number): PutBack & { readonly rows: readonly StoredRow[] } {
    const rows = this.#database.all<StoredRow>(TO_PUT_BACK, until, PUT_BACK_ROWS)
    const events: { group: string; sequence: number }[] = []
    const retries: RetryRow[] = []
    for (const row of rows) {
      if (row.kind === 'event') {
        const { lastRowId } = this.#database.run(PUT_BACK_EVENT, row.id)
        events.push({ group: row.group, sequence: lastRowId })
      } else {
        const { count, lastRowId } = this.#database.run(PUT_BACK_RETRY, row.id)
        const { deliveryId, attempt, dueAt } = row
        if (count === 1) retries.push({ seq: lastRowId, deliveryId, attempt, dueAt })
      }
      this.#database.run(DELETE, row.id)
    }
    return { rows, events, retries }
  }

  #checkRoom(): void {
    const depth = this.depth()
    const count = depth.messages.event + depth.messages.retry
    if (count >= MAX_MESSAGES || depth.bytes >= MAX_BYTES) throw new QuarantineFull(depth)
  }

  #why({ cause, rejections, firstAt }: SetAsideReason) {
    const now = this.#clock.now()
    return [cutText(cause, MAX_CAUSE_LENGTH), rejections, firstAt, now, now + RETENTION_MS] as const
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
