/**
 * A cluster is silent after this time, in milliseconds. A shipper sends its configuration every ten
 * minutes, so it has missed three times. The shipped Prometheus rule has the same time.
 */
export const SILENT_AFTER_MS = 30 * 60_000

/**
 * Since when a cluster is silent: when it last sent its configuration itself, if that was long ago.
 * Undefined for a cluster that is not silent, and for one that never sent anything itself. Times are
 * milliseconds since the epoch.
 */
export function silentSince(heardAt: number | undefined, now: number): number | undefined {
  return heardAt !== undefined && now - heardAt > SILENT_AFTER_MS ? heardAt : undefined
}
