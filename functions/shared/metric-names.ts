/**
 * The names of the functions' metrics. They are counted in total, by `provider` and by `cluster`.
 */
export const METRICS = {
  delivered: 'Delivered',
  retried: 'Retried',
  dead: 'Dead',
  suppressed: 'Suppressed',
  skipped: 'Skipped',
  /** What would have been sent if its cluster were not observed. */
  observed: 'Observed',
  /** What waits because a rule says so. */
  held: 'Held',
  /** The milliseconds from an event to its delivery. */
  latency: 'Latency',
  /**
   * The messages that dispatch moved to a dead-letter queue. This metric and those below have only
   * the dimension `service`.
   */
  setAside: 'SetAside',
  /**
   * The messages and requests that failed because of the relay or a service, without a failed call.
   */
  failed: 'Failed',
  /** The requests that name an existing cluster and do not prove to come from it. */
  refused: 'Refused',
  /** The deliveries that were long past due and are queued again. */
  overdue: 'FoundOverdue',
  silentClusters: 'SilentClusters',
  /** The seconds that the oldest unfinished delivery has waited. */
  oldestOpen: 'OldestOpen',
} as const

/** The dimension that holds a Provider's type. */
export const PROVIDER_DIMENSION = 'provider'

/** The value of the dimension `service`, which every metric has. */
export const METRICS_SERVICE = 'flux-relay'

/** The namespace of a stage. A dimension instead would double the cost of each metric. */
export function metricsNamespace(stageName: string): string {
  return `flux-relay/${stageName}`
}
