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
  /** How many of its objects take no effect; absent where that is not counted. */
  readonly notReady?: number
  /** How many tokens it has; absent where that is not told. */
  readonly tokens?: number
}

/** The clusters of a relay. */
export interface Clusters {
  /** Every cluster that may send, or has a configuration. Rejects when a store fails. */
  list(): Promise<readonly KnownCluster[]>
}
