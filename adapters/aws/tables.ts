/** Attributes of a table's key and of its indexes' keys; all of them are strings. */
export interface KeyNames {
  readonly partition: string
  readonly sort?: string
}

export interface IndexDefinition {
  readonly name: string
  readonly key: Required<KeyNames>
  /** Attributes of its own beside its key, in the place of those of the table's `projected`. */
  readonly projected?: readonly string[]
}

/** What a deployment has to create, and the stores rely on. */
export interface TableDefinition {
  readonly key: KeyNames
  readonly indexes: readonly IndexDefinition[]
  /** Attributes that are not part of a key but of every index that names none. */
  readonly projected: readonly string[]
}

/** The attribute that DynamoDB's TTL deletes by, in every table: seconds since the epoch. */
export const TTL_ATTRIBUTE = 'expiresAt'

/**
 * The same time exactly, in milliseconds since the epoch: DynamoDB deletes days late, so readers
 * judge for themselves.
 */
export const EXPIRY_ATTRIBUTE = 'expiresAtMs'

export const STATE_TABLE: TableDefinition = { key: { partition: 'id' }, indexes: [], projected: [] }

/** By what an item is of its cluster: all `current` of one kind are the clusters that there are. */
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

/** `position` is the accept time and the id, as text that sorts by time. */
export const LEDGER_INDEXES = {
  byCluster: { name: 'by-cluster', key: { partition: 'cluster', sort: 'position' } },
  /** Sparse: only a record that is not delivered has `openOutcome`, which is `cluster#outcome`. */
  openByOutcome: { name: 'open-by-outcome', key: { partition: 'openOutcome', sort: 'position' } },
  /**
   * Nothing is written to it or read from it any more (ADR 0044). It stays for one release, since
   * CloudFormation makes or removes one index of a table in an update.
   */
  byAlert: { name: 'by-alert', key: { partition: 'clusterAlert', sort: 'position' } },
  /**
   * Sparse: only a record that waits has them. `dueShard` is a number after what holds the retry, and
   * `duePosition` is the due time and the id.
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
