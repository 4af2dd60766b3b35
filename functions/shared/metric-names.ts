/** The metrics that the functions count by, once in all, by `provider` and by `cluster`. */
export const METRICS = {
  delivered: 'Delivered',
  retried: 'Retried',
  dead: 'Dead',
  suppressed: 'Suppressed',
  skipped: 'Skipped',
  /** Milliseconds from an event to its delivery. */
  latency: 'Latency',
  /** Messages that dispatch moved to a dead-letter queue. It and all below have no other dimension than `service`. */
  setAside: 'SetAside',
  /** Messages and requests that failed by the relay's own fault or a service's, without the call failing. */
  failed: 'Failed',
  /** Requests that name a cluster there is, and do not prove to be of it. */
  refused: 'Refused',
  /** Deliveries that were long past due, and are queued again. */
  overdue: 'FoundOverdue',
  silentClusters: 'SilentClusters',
  /** Seconds that the oldest delivery which is not done waits. */
  oldestOpen: 'OldestOpen',
} as const

/** The dimension that holds a Provider's type. */
export const PROVIDER_DIMENSION = 'provider'

/** The value of the dimension `service`, which every metric has. */
export const METRICS_SERVICE = 'flux-relay'

/** A namespace for each stage: with a dimension in its place, each metric would cost twice. */
export function metricsNamespace(stageName: string): string {
  return `flux-relay/${stageName}`
}
