import type { Tables } from './guarded-database.ts'

/** The identity of an object, whatever version of its API group serves it. */
export interface ObjectId {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** An object of which the last report was a failure. */
export interface FailingObject extends ObjectId {
  /** Empty when the report named none. */
  readonly uid: string
  /** The time of its last failure, in milliseconds since the epoch. */
  readonly failedAt: number
}

/** The most objects that are remembered. Those whose failure is the oldest are forgotten first. */
const MAX_OBJECTS = 5_000

const NOTE = `INSERT INTO failing_objects (grp, kind, namespace, name, uid, failed_at)
  VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET uid = excluded.uid, failed_at = excluded.failed_at
  WHERE excluded.failed_at >= failed_at`
const COUNT = 'SELECT COUNT(*) AS count FROM failing_objects'
const FORGET_OLDEST = `DELETE FROM failing_objects WHERE (grp, kind, namespace, name) IN
  (SELECT grp, kind, namespace, name FROM failing_objects ORDER BY failed_at LIMIT ?)`
const FORGET = `DELETE FROM failing_objects
  WHERE grp = ? AND kind = ? AND namespace = ? AND name = ? AND failed_at <= ?`
const FORGET_BEFORE = 'DELETE FROM failing_objects WHERE failed_at < ?'
const READ = `SELECT grp AS "group", kind, namespace, name, uid, failed_at AS failedAt
  FROM failing_objects WHERE (grp, kind, namespace, name) > (?, ?, ?, ?)
  ORDER BY grp, kind, namespace, name LIMIT ?`

/** The objects that failed, as far as their events say. */
export class FailingObjects {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** Remembers a failure, unless a later one of the object is known. Call it within a write. */
  note({ group, kind, namespace, name, uid, failedAt }: FailingObject): void {
    this.#tables.run(NOTE, group, kind, namespace, name, uid, failedAt)
    const count = this.#tables.get<{ count: number }>(COUNT)?.count ?? 0
    if (count > MAX_OBJECTS) this.#tables.run(FORGET_OLDEST, count - MAX_OBJECTS)
  }

  /**
   * Forgets a failure of an object that is not later than `at`. False when there is none. Call it
   * within a write.
   */
  end({ group, kind, namespace, name }: ObjectId, at: number): boolean {
    return this.#tables.run(FORGET, group, kind, namespace, name, at).count > 0
  }

  /** Forgets all failures before `time`. Call it within a write. */
  forgetBefore(time: number): void {
    this.#tables.run(FORGET_BEFORE, time)
  }

  /** The first objects after this one by their names, at most `limit`. Throws `DatabaseError`. */
  readAfter(after: ObjectId | undefined, limit: number): readonly FailingObject[] {
    const { group = '', kind = '', namespace = '', name = '' } = after ?? {}
    return this.#tables.all<FailingObject>(READ, group, kind, namespace, name, limit)
  }
}
