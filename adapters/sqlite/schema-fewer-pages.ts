/**
 * From version 9, in which an event writes fewer pages. A page is written as a whole, so what counts is
 * how many of them a commit touches.
 *
 * An item of the State is in a row of its own, in the place where it was first written. A table without
 * rowids has a quarter of a page for an item, and puts the rest of it into pages that are written
 * too.
 *
 * Every index of the ledger that lists ends in (accepted_at DESC, substr(id, 1, 8)). That is almost
 * the order of a list, which goes by the whole id: SQLite sorts what is equal until there. An id has 64
 * characters, and was most of each index.
 */
export const FEWER_PAGES = `
  CREATE TABLE state_rows (
    key TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    value TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  INSERT INTO state_rows (key, version, value, expires_at)
    SELECT key, version, value, expires_at FROM state ORDER BY key;
  DROP TABLE state;
  ALTER TABLE state_rows RENAME TO state;

  DROP INDEX ledger_by_time;
  DROP INDEX ledger_by_cluster;
  DROP INDEX ledger_by_alert;
  DROP INDEX ledger_by_provider;
  DROP INDEX ledger_by_object;
  DROP INDEX ledger_by_outcome;
  CREATE INDEX ledger_by_time ON ledger (accepted_at DESC, substr(id, 1, 8));
  CREATE INDEX ledger_by_cluster ON ledger (cluster, accepted_at DESC, substr(id, 1, 8));
  CREATE INDEX ledger_by_alert ON ledger (alert, accepted_at DESC, substr(id, 1, 8));
  CREATE INDEX ledger_by_provider ON ledger (provider, accepted_at DESC, substr(id, 1, 8));
  CREATE INDEX ledger_by_object ON ledger (object, accepted_at DESC, substr(id, 1, 8));
  CREATE INDEX ledger_by_outcome ON ledger (outcome, accepted_at DESC, substr(id, 1, 8))
    WHERE outcome <> 'delivered';`
