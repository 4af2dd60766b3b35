/**
 * What the migrations make of an empty file, which a new file becomes at once: one by one they take 3 ms of the CPU,
 * and this half of one. A test holds that both are the same, in the same order.
 */
export const LATEST = `
  CREATE TABLE configs (
    cluster TEXT PRIMARY KEY,
    revision TEXT NOT NULL,
    taken_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    heard_at INTEGER,
    shipper TEXT
  ) STRICT;

  CREATE TABLE secrets (
    cluster TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (cluster, namespace, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE order_time (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    latest INTEGER NOT NULL
  ) STRICT;
  INSERT INTO order_time (id, latest) VALUES (1, 0);

  CREATE TABLE quarantine (
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
    body TEXT,
    event_id TEXT
  ) STRICT;
  CREATE INDEX quarantine_by_kind ON quarantine (kind, bytes);
  CREATE INDEX quarantine_by_expiry ON quarantine (expires_at);

  CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    grp TEXT NOT NULL,
    accepted_at INTEGER NOT NULL,
    queued INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  INSERT INTO sqlite_sequence (name, seq) VALUES ('events', 0);
  CREATE INDEX events_queued ON events (grp, seq) WHERE queued = 1;

  CREATE TABLE config_revisions (
    cluster TEXT NOT NULL,
    revision TEXT NOT NULL,
    body BLOB NOT NULL,
    replaced_at INTEGER,
    UNIQUE (cluster, revision)
  ) STRICT;
  CREATE INDEX config_revisions_replaced ON config_revisions (replaced_at)
    WHERE replaced_at IS NOT NULL;

  CREATE TABLE outcome_counts (
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
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE state (
    key TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    value TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;

  CREATE INDEX events_by_id ON events (substr(id, 1, 8));

  CREATE TABLE ledger (
    id TEXT NOT NULL,
    cluster TEXT NOT NULL,
    alert TEXT,
    provider TEXT,
    object TEXT NOT NULL,
    outcome TEXT NOT NULL,
    accepted_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    attempt INTEGER NOT NULL,
    due_at INTEGER,
    destination TEXT,
    ord TEXT,
    event_seq INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX ledger_by_id ON ledger (substr(id, 1, 8));
  CREATE INDEX ledger_by_time ON ledger (accepted_at, substr(id, 1, 8) DESC);
  CREATE INDEX ledger_by_cluster ON ledger (cluster, accepted_at, substr(id, 1, 8) DESC);
  CREATE INDEX ledger_by_alert ON ledger (alert, accepted_at, substr(id, 1, 8) DESC);
  CREATE INDEX ledger_by_provider ON ledger (provider, accepted_at, substr(id, 1, 8) DESC);
  CREATE INDEX ledger_by_object ON ledger (object, accepted_at, substr(id, 1, 8) DESC);
  CREATE INDEX ledger_by_outcome ON ledger (outcome, accepted_at, substr(id, 1, 8) DESC)
    WHERE outcome <> 'delivered';
  CREATE INDEX ledger_by_event ON ledger (event_seq);
  CREATE INDEX ledger_by_due ON ledger (due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX ledger_by_destination ON ledger (destination, ord) WHERE destination IS NOT NULL;`
