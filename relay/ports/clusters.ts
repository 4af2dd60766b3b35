/** Events, or requests with events, that the relay did not take for one cause. */
export interface NotTaken {
  /** The code of the problem that the sender got, `rejected` for single events, or `duplicate`. */
  readonly cause: string
  /** How many in the last 24 hours, or since the relay started. */
  readonly count: number
  /** When the last one came, in milliseconds since the epoch. */
  readonly lastAt: number
  /** The IP address that the last one came from, which may be that of a proxy. */
  readonly address?: string
}

/** What a shipper told of its spool. */
export interface ToldSpool {
  /** How many events wait in it. */
  readonly events: number
  /** When it told so, in milliseconds since the epoch. */
  readonly toldAt: number
}

/** What is known of a cluster. Times are milliseconds since the epoch. */
export interface KnownCluster {
  readonly cluster: string
  /** When its last event was accepted of which there is a record. */
  readonly lastEventAt?: number
  /** When its configuration was taken that is in force. */
  readonly configuredAt?: number
  /** When it last sent its configuration itself; absent when it never did. */
  readonly heardAt?: number
  /** The version of its shipper, as that told it last. */
  readonly shipper?: string
  /** What its shipper told of its spool last; absent where that is not noted. */
  readonly spool?: ToldSpool
  /** How many of its objects take no effect; absent where that is not counted. */
  readonly notReady?: number
  /** How many tokens it has; absent where that is not told. */
  readonly tokens?: number
  /** When the newest of its tokens was made; absent where that is not noted. */
  readonly newestTokenAt?: number
  /** What it sent in vain, the latest cause first; absent where that is not counted. */
  readonly notTaken?: readonly NotTaken[]
  /** Present when the cluster is observed: nothing is sent for it. */
  readonly observed?: true
}

/** The clusters of a relay. */
export interface Clusters {
  /** Every cluster that may send, or has a configuration. Rejects when a store fails. */
  list(): Promise<readonly KnownCluster[]>
  /** What was sent in vain and from no known cluster; absent where that is not counted. */
  unknownSenders?(): readonly NotTaken[]
}
