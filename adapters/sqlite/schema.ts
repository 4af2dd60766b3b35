import { DatabaseSync } from 'node:sqlite'
import { EVENTS_ONCE } from './schema-events-once.ts'
import { FEWER_PAGES } from './schema-fewer-pages.ts'
import { LATEST } from './schema-latest.ts'
import { SHORTER_IDS } from './schema-shorter-ids.ts'

/** What a kind of file holds, and how one can tell that a file is of this kind. */
export interface Schema {
  /** The number that marks the file: https://sqlite.org/pragma.html#pragma_application_id */
  readonly applicationId: number
  /** Entry n takes a database from version n to n + 1. One that was released is never changed. */
  readonly migrations: readonly string[]
  /** What all migrations together make of an empty file. Where it is absent they make it. */
  readonly latest?: string
}

/** The mark of the relay's file: `FxRl`. */
export const APPLICATION_ID = 0x4678526c

const MIGRATIONS: readonly string[] = [
  `CREATE TABLE events (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     grp TEXT NOT NULL,
     accepted_at INTEGER NOT NULL,
     body TEXT NOT NULL
   ) STRICT;
   CREATE INDEX events_by_group ON events (grp, seq);

   CREATE TABLE event_ids (
     id TEXT PRIMARY KEY,
     expires_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX event_ids_by_expiry ON event_ids (expires_at);

   CREATE TABLE retries (
     seq INTEGER PRIMARY KEY,
     delivery_id TEXT NOT NULL,
     attempt INTEGER NOT NULL,
     due_at INTEGER NOT NULL,
     UNIQUE (delivery_id, attempt)
   ) STRICT;
   CREATE INDEX retries_by_due ON retries (due_at, seq);

   CREATE TABLE ledger (
     id TEXT NOT NULL UNIQUE,
     cluster TEXT NOT NULL,
     alert TEXT,
     provider TEXT,
     object TEXT NOT NULL,
     outcome TEXT NOT NULL,
     accepted_at INTEGER NOT NULL,
     version INTEGER NOT NULL,
     expires_at INTEGER,
     body TEXT NOT NULL
   ) STRICT;
   CREATE INDEX ledger_by_time ON ledger (accepted_at DESC, id);
   CREATE INDEX ledger_by_cluster ON ledger (cluster, accepted_at DESC, id);
   CREATE INDEX ledger_by_alert ON ledger (alert, accepted_at DESC, id);
   CREATE INDEX ledger_by_provider ON ledger (provider, accepted_at DESC, id);
   CREATE INDEX ledger_by_object ON ledger (object, accepted_at DESC, id);
   CREATE INDEX ledger_by_outcome ON ledger (outcome, accepted_at DESC, id);
   CREATE INDEX ledger_by_expiry ON ledger (expires_at) WHERE expires_at IS NOT NULL;

   CREATE TABLE state (
     key TEXT PRIMARY KEY,
     version INTEGER NOT NULL,
     value TEXT NOT NULL,
     expires_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX state_by_expiry ON state (expires_at);

   CREATE TABLE configs (
     cluster TEXT PRIMARY KEY,
     revision TEXT NOT NULL,
     taken_at INTEGER NOT NULL,
     body TEXT NOT NULL
   ) STRICT;`,
  `CREATE TABLE secrets (
     cluster TEXT NOT NULL,
     namespace TEXT NOT NULL,
     name TEXT NOT NULL,
     data TEXT NOT NULL,
     PRIMARY KEY (cluster, namespace, name)
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE order_time (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     latest INTEGER NOT NULL
   ) STRICT;
   INSERT INTO order_time (id, latest) SELECT 1, COALESCE(MAX(accepted_at), 0)
     FROM (SELECT accepted_at FROM events UNION ALL SELECT accepted_at FROM ledger);`,
  `CREATE TABLE quarantine (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     kind TEXT NOT NULL CHECK (kind IN ('event', 'retry')),
     cluster TEXT,
     grp TEXT,
     accepted_at INTEGER,
     delivery_id TEXT,
     attempt INTEGER,
     due_at INTEGER,
     bytes INTEGER NOT NULL,
     cause TEXT NOT NULL,
     rejections INTEGER NOT NULL,
     first_at INTEGER NOT NULL,
     last_at INTEGER NOT NULL,
     expires_at INTEGER NOT NULL,
     body TEXT
   ) STRICT;
   CREATE INDEX quarantine_by_kind ON quarantine (kind, bytes);
   CREATE INDEX quarantine_by_expiry ON quarantine (expires_at);`,
  EVENTS_ONCE,
  `CREATE TABLE config_revisions (
     cluster TEXT NOT NULL,
     revision TEXT NOT NULL,
     body BLOB NOT NULL,
     replaced_at INTEGER,
     UNIQUE (cluster, revision)
   ) STRICT;
   CREATE INDEX config_revisions_replaced ON config_revisions (replaced_at)
     WHERE replaced_at IS NOT NULL;
   INSERT INTO config_revisions (cluster, revision, body)
     SELECT cluster, revision, CAST(body AS BLOB) FROM configs;`,
  `ALTER TABLE configs ADD COLUMN heard_at INTEGER;
   ALTER TABLE configs ADD COLUMN shipper TEXT;`,
  `CREATE TABLE outcome_counts (
     kind TEXT NOT NULL,
     hour INTEGER NOT NULL,
     cluster TEXT NOT NULL,
     name TEXT NOT NULL,
     outcome TEXT NOT NULL,
     count INTEGER NOT NULL,
     PRIMARY KEY (kind, hour, cluster, name, outcome)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE last_outcomes (
     kind TEXT NOT NULL,
     cluster TEXT NOT NULL,
     name TEXT NOT NULL,
     outcome TEXT NOT NULL,
     at INTEGER NOT NULL,
     PRIMARY KEY (kind, cluster, name, outcome)
   ) STRICT, WITHOUT ROWID;`,
  FEWER_PAGES,
  SHORTER_IDS,
]

/** The relay's version: that which this program makes, and the latest that it reads. */
export const SCHEMA_VERSION = MIGRATIONS.length

/** The relay's database. */
export const RELAY_SCHEMA: Schema = {
  applicationId: APPLICATION_ID,
  migrations: MIGRATIONS,
  latest: LATEST,
}

/** Brings a database from version `from` to the latest. The caller holds a write transaction. */
export function migrate(connection: DatabaseSync, schema: Schema, from: number): void {
  const { applicationId, migrations } = schema
  if (from === migrations.length) return
  if (from === 0) create(connection, schema, migrations.length)
  else for (const migration of migrations.slice(from)) connection.exec(migration)
  connection.exec(`PRAGMA application_id = ${applicationId}`)
  connection.exec(`PRAGMA user_version = ${migrations.length}`)
}

/** Makes the tables of version `version` in an empty database. */
function create(connection: DatabaseSync, { migrations, latest }: Schema, version: number): void {
  const isLatest = latest !== undefined && version === migrations.length
  const steps = isLatest ? [latest] : migrations.slice(0, version)
  for (const step of steps) connection.exec(step)
}

/** Whether the tables and their columns are those of the schema's version `version`. */
export function hasSchema(connection: DatabaseSync, schema: Schema, version: number): boolean {
  const model = new DatabaseSync(':memory:')
  try {
    create(model, schema, version)
    return shape(model) === shape(connection)
  } finally {
    model.close()
  }
}

function shape(connection: DatabaseSync): string {
  const columns = connection
    .prepare(
      `SELECT s.name AS tbl, c.name AS col
       FROM sqlite_schema AS s JOIN pragma_table_info(s.name) AS c
       WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
       ORDER BY s.name, c.cid`,
    )
    .all()
  return JSON.stringify(columns)
}
