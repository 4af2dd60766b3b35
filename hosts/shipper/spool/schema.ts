import type { Schema } from '../../../adapters/sqlite/schema.ts'

/**
 * The schema of the spool's file, which the id `FxSp` marks. Sizes stand before the bodies, so that
 * reading them needs no overflow pages, and the index `events_by_age` alone tells how much there
 * is. The version of a body, `v`, is a column: the body itself is what relays get, those of earlier
 * versions included.
 */
export const SPOOL_SCHEMA: Schema = {
  applicationId: 0x46785370,
  migrations: [
    `CREATE TABLE events (
       seq INTEGER PRIMARY KEY AUTOINCREMENT,
       accepted_at INTEGER NOT NULL,
       bytes INTEGER NOT NULL,
       body TEXT NOT NULL
     ) STRICT;
     CREATE INDEX events_by_age ON events (accepted_at, bytes);

     CREATE TABLE refused (
       seq INTEGER PRIMARY KEY AUTOINCREMENT,
       refused_at INTEGER NOT NULL,
       bytes INTEGER NOT NULL,
       error TEXT NOT NULL,
       body TEXT NOT NULL
     ) STRICT;

     CREATE TABLE probe (
       id INTEGER PRIMARY KEY CHECK (id = 1),
       written_at INTEGER NOT NULL
     ) STRICT;`,
    `CREATE TABLE watches (
       kind TEXT PRIMARY KEY,
       began_at INTEGER NOT NULL,
       resource_version TEXT
     ) STRICT, WITHOUT ROWID;

     CREATE TABLE seen_events (
       uid TEXT PRIMARY KEY,
       kind TEXT NOT NULL,
       count INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;

     CREATE TABLE occurrences (
       seq INTEGER PRIMARY KEY AUTOINCREMENT,
       kept_at INTEGER NOT NULL,
       key TEXT NOT NULL,
       uid TEXT NOT NULL,
       source TEXT NOT NULL,
       occurred_at INTEGER NOT NULL,
       is_merged INTEGER NOT NULL,
       matched_at INTEGER
     ) STRICT;
     CREATE INDEX occurrences_by_key ON occurrences (key, occurred_at);

     CREATE TABLE accepted_config (
       id INTEGER PRIMARY KEY CHECK (id = 1),
       taken_at INTEGER NOT NULL
     ) STRICT;

     CREATE TABLE secret_copies (
       target TEXT NOT NULL,
       namespace TEXT NOT NULL,
       name TEXT NOT NULL,
       version TEXT,
       copy_version TEXT,
       unreferenced_since INTEGER,
       PRIMARY KEY (target, namespace, name)
     ) STRICT, WITHOUT ROWID;`,
    `CREATE TABLE held_events (
       seq INTEGER PRIMARY KEY,
       object TEXT NOT NULL,
       source TEXT NOT NULL,
       occurrence INTEGER,
       occurred_at INTEGER NOT NULL,
       said TEXT NOT NULL,
       is_unsure INTEGER NOT NULL,
       for_post INTEGER NOT NULL,
       held_at INTEGER NOT NULL,
       wait_ms INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX held_events_by_object ON held_events (object, seq);

     CREATE TABLE posters (
       controller TEXT PRIMARY KEY,
       posted_at INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;

     CREATE TABLE told_states (
       object TEXT PRIMARY KEY,
       kind TEXT NOT NULL,
       state TEXT NOT NULL,
       is_error INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;`,
    // What was there before was written as commit 591c4aa did, which is version 0 of every form.
    `ALTER TABLE events ADD COLUMN v INTEGER NOT NULL DEFAULT 0;
     DROP INDEX events_by_age;
     CREATE INDEX events_by_age ON events (accepted_at, bytes, v);`,
    `CREATE TABLE failing_objects (
       grp TEXT NOT NULL,
       kind TEXT NOT NULL,
       namespace TEXT NOT NULL,
       name TEXT NOT NULL,
       uid TEXT NOT NULL,
       failed_at INTEGER NOT NULL,
       PRIMARY KEY (grp, kind, namespace, name)
     ) STRICT, WITHOUT ROWID;`,
    // Of what was told before, the time is not known.
    'ALTER TABLE told_states ADD COLUMN told_at INTEGER NOT NULL DEFAULT 0;',
  ],
}
