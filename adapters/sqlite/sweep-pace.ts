import { setTimeout as delay } from 'node:timers/promises'

/** How many rows a sweep deletes in one transaction: it takes some milliseconds, in which nobody else's is committed. */
export const CHUNK_ROWS = 200

/**
 * Does a part of a sweep, and then leaves the database to others for as long as the part took. A sweep may have a
 * million rows to delete, and nobody waits for it.
 */
export async function inPeace<T>(part: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await part()
  await delay(performance.now() - began, undefined, { ref: false })
  return result
}
