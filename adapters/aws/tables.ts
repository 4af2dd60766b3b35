/** Attributes of a table's key and of its indexes' keys; all of them are strings. */
export interface KeyNames {
  readonly partition: string
  readonly sort?: string
}

export interface IndexDefinition {
  readonly name: string
  readonly key: Required<KeyNames>
  /** The attributes of this index besides its key, instead of the table's `projected`. */
  readonly projected?: readonly string[]
}

/** The definition of a table that a deployment creates and the stores use. */
export interface TableDefinition {
  readonly key: KeyNames
  readonly indexes: readonly IndexDefinition[]
  /** The non-key attributes of every index that lists none of its own. */
  readonly projected: readonly string[]
}

/** The attribute in every table by which DynamoDB's TTL deletes items: seconds since the epoch. */
export const TTL_ATTRIBUTE = 'expiresAt'

/**
 * The same time exactly, in milliseconds since the epoch: DynamoDB deletes days late, so readers
 * judge for themselves.
 */
export const EXPIRY_ATTRIBUTE = 'expiresAtMs'

export const STATE_TABLE: TableDefinition = { key: { partition: 'id' }, indexes: [], projected: [] }

/** The index by the sort key: all items `current` together are the existing clusters. */
export const CONFIG_INDEX: IndexDefinition = {
  name: 'by-part',
  key: { partition: 'part', sort: 'cluster' },
}

/**
 * One item `current` for each cluster that points to the chunks of its set, and one `tokens` with the
 * hashes of its tokens.
 */
export const CONFIG_TABLE: TableDefinition = {
  key: { partition: 'cluster', sort: 'part' },
  indexes: [CONFIG_INDEX],
  projected: ['heardAt', 'retiredAt'],
}

/**
 * The indexes of the ledger. `position` is the accept time and the id, as text that sorts by time.
 */
export const LEDGER_INDEXES = {
  byCluster: { name: 'by-cluster', key: { partition: 'cluster', sort: 'position' } },
  /** A sparse index: only undelivered records have `openOutcome`, which is `cluster#outcome`. */
  openByOutcome: { name: 'open-by-outcome', key: { partition: 'openOutcome', sort: 'position' } },
  /**
   * An index that is neither written nor read any more (ADR 0044). It stays for one release, since
   * CloudFormation can create or remove only one index of a table in an update.
   */
  byAlert: { name: 'by-alert', key: { partition: 'clusterAlert', sort: 'position' } },
  /**
   * A sparse index: only waiting records have its attributes. `dueShard` is what holds the retry
   * and a number, and `duePosition` is the due time and the id.
   */
  byDue: {
    name: 'by-due',
    key: { partition: 'dueShard', sort: 'duePosition' },
    projected: ['cluster', 'attempt'],
  },
} as const satisfies Readonly<Record<string, IndexDefinition>>

export const LEDGER_TABLE: TableDefinition = {
  key: { partition: 'id' },
  indexes: Object.values(LEDGER_INDEXES),
  projected: ['alert', 'provider', 'object', 'outcome', EXPIRY_ATTRIBUTE],
}
