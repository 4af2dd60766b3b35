import type { Schema } from '../../adapters/sqlite/schema.ts'

/**
 * The spool's file. `FxSp` marks it. Sizes stand before the bodies, so that reading them touches no
 * overflow page, and `events_by_age` alone answers how much there is.
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
  ],
}
