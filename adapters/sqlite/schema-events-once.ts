/**
 * From version 4, in which an event was copied to each of its records and a record that waits had a
 * row of its own for that. What cannot be read is kept as it is, and belongs to no event.
 *
 * An event's row stays while a record refers to it. `queued` says whether it is in the queue.
 *
 * In the ledger `due_at` is when a record that waits is looked at again, in milliseconds since the
 * epoch. `destination` is what it waits for beside the time, and `ord` its place there. Every index
 * that lists ends in (accepted_at DESC, id), the order of a list.
 */
export const EVENTS_ONCE = `
  CREATE TABLE events_once (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    grp TEXT NOT NULL,
    accepted_at INTEGER NOT NULL,
    queued INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  INSERT INTO sqlite_sequence (name, seq)
    SELECT 'events_once', seq FROM sqlite_sequence WHERE name = 'events';
  INSERT INTO events_once (seq, id, grp, accepted_at, queued, body)
    SELECT seq, CASE WHEN json_valid(body) THEN COALESCE(body ->> '$.id', '') ELSE '' END,
      grp, accepted_at, 1, body
    FROM events ORDER BY seq;
  DROP TABLE events;
  ALTER TABLE events_once RENAME TO events;
  CREATE INDEX events_by_id ON events (id, seq);

  CREATE TABLE ledger_once (
    id TEXT NOT NULL UNIQUE,
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
  CREATE TABLE recorded_events (id TEXT PRIMARY KEY, seq INTEGER, accepted_at INTEGER, body TEXT) STRICT;
  INSERT INTO recorded_events
    SELECT eventId, CAST(substr(ord, instr(ord, '.') + 1) AS INTEGER), accepted_at,
      CASE json_type(labels) WHEN 'object' THEN json_insert(event, '$.objectLabels', json(labels))
        ELSE event END
    FROM (
      SELECT body ->> '$.eventId' AS eventId, body ->> '$.order' AS ord, accepted_at,
        body -> '$.objectLabels' AS labels,
        json_object('id', body ->> '$.eventId', 'cluster', cluster, 'group', '',
          'event', body -> '$.event', 'acceptedAt', accepted_at) AS event
      FROM (SELECT cluster, accepted_at,
        CASE WHEN json_valid(body) THEN body ELSE '{}' END AS body FROM ledger)
    )
    WHERE eventId IS NOT NULL AND NOT EXISTS (SELECT 1 FROM events WHERE id = eventId)
    ON CONFLICT (id) DO NOTHING;
  INSERT INTO events (seq, id, grp, accepted_at, queued, body)
    SELECT seq, id, '', accepted_at, 0, body FROM recorded_events
    WHERE seq BETWEEN 1 AND (SELECT seq FROM sqlite_sequence WHERE name = 'events')
    ON CONFLICT (seq) DO NOTHING;
  INSERT INTO events (id, grp, accepted_at, queued, body)
    SELECT id, '', accepted_at, 0, body FROM recorded_events AS recorded
    WHERE NOT EXISTS (SELECT 1 FROM events WHERE events.id = recorded.id);
  DROP TABLE recorded_events;
  INSERT INTO ledger_once
    SELECT id, cluster, alert, provider, object, outcome, accepted_at, version, expires_at,
      CASE WHEN json_valid(body) THEN CAST(body ->> '$.attempt' AS INTEGER) ELSE 1 END,
      CASE WHEN outcome = 'retry' AND json_valid(body) THEN COALESCE(
        CAST(body ->> '$.dueAt' AS INTEGER), accepted_at) END,
      NULL, NULL,
      CASE WHEN json_valid(body) THEN COALESCE(
        (SELECT MAX(seq) FROM events WHERE events.id = ledger.body ->> '$.eventId'), 0) ELSE 0 END,
      body
    FROM ledger ORDER BY rowid;
  UPDATE ledger_once SET body = json_remove(body, '$.event', '$.objectLabels') WHERE event_seq > 0;
  DROP TABLE ledger;
  ALTER TABLE ledger_once RENAME TO ledger;
  DROP TABLE retries;
  DROP TABLE event_ids;
  DROP INDEX state_by_expiry;
  ALTER TABLE quarantine ADD COLUMN event_id TEXT;

  CREATE INDEX events_queued ON events (grp, seq) WHERE queued = 1;
  CREATE INDEX ledger_by_time ON ledger (accepted_at DESC, id);
  CREATE INDEX ledger_by_cluster ON ledger (cluster, accepted_at DESC, id);
  CREATE INDEX ledger_by_alert ON ledger (alert, accepted_at DESC, id);
  CREATE INDEX ledger_by_provider ON ledger (provider, accepted_at DESC, id);
  CREATE INDEX ledger_by_object ON ledger (object, accepted_at DESC, id);
  CREATE INDEX ledger_by_outcome ON ledger (outcome, accepted_at DESC, id)
    WHERE outcome <> 'delivered';
  CREATE INDEX ledger_by_event ON ledger (event_seq);
  CREATE INDEX ledger_by_due ON ledger (due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX ledger_by_destination ON ledger (destination, ord) WHERE destination IS NOT NULL;`
