import { setTimeout as delay } from 'node:timers/promises'

/** How many rows a sweep deletes in one transaction: it takes some milliseconds, in which nobody else's is committed. */
export const CHUNK_ROWS = 200

/** A part that took less keeps nobody waiting, and a timer waits no less than this. Milliseconds. */
const LEAST_MS = 1

/**
 * Does a part of a sweep, and then leaves the database to others for as long as the part took. A sweep may have a
 * million rows to delete, and nobody waits for it. Mostly it finds nothing, in no time, and goes on.
 */
export async function inPeace<T>(part: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await part()
  const tookMs = performance.now() - began
  if (tookMs >= LEAST_MS) await delay(tookMs, undefined, { ref: false })
  return result
}
