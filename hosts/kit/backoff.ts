const FIRST_MS = 1_000
const LONGEST_MS = 60_000

/**
 * How long to wait after so many failures in a row, in milliseconds: a random time between one second
 * and a limit that doubles up to a minute, so that the clusters of a fleet do not come back at once.
 * `random` is in [0, 1).
 */
export function backoffMs(failures: number, random: number): number {
  const limitMs = Math.min(FIRST_MS * 2 ** failures, LONGEST_MS)
  return Math.round(FIRST_MS + random * (limitMs - FIRST_MS))
}
