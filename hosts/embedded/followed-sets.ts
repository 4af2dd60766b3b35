import { createHash } from 'node:crypto'
import type { Clock } from '../../relay/ports/clock.ts'

/** How long after a change a delivery that is under way may still come to wait for what came. Milliseconds. */
const SETTLED_AFTER_MS = 30_000

/** How long a set is known that does not come again: a shipper sends it every ten minutes. Milliseconds. */
const KNOWN_FOR_MS = 3_600_000

/** What is remembered of a cluster's set. */
interface KnownSet {
  /** The hash of what the cluster was told of it. */
  readonly told: string
  /** When it came, by the clock's elapsed time in milliseconds. */
  readonly since: number
  /** When it came the last time, by the same. */
  readonly lastAt: number
  /** Whether all that follows from it was done, by work that began when it had settled. */
  readonly isFollowed: boolean
}

/**
 * Makes what follows from a cluster's set happen only while something can follow: a shipper sends the same set again each
 * minute while an object is not ready. `follow` resolves with whether all was done, and `told` is what the cluster was
 * told of the set, which changes with each object and with what is ready. After a restart it begins anew.
 */
export function createFollowedSets(
  clock: Pick<Clock, 'elapsed'>,
  follow: (cluster: string) => Promise<boolean>,
): (cluster: string, told: string) => Promise<void> {
  const known = new Map<string, KnownSet>()
  return async (cluster, text) => {
    const told = createHash('sha256').update(text).digest('base64')
    const begunAt = clock.elapsed()
    const before = known.get(cluster)
    const isSame = before?.told === told && begunAt < before.lastAt + KNOWN_FOR_MS
    const set = isSame
      ? { ...before, lastAt: begunAt }
      : { told, since: begunAt, lastAt: begunAt, isFollowed: false }
    known.set(cluster, set)
    if (set.isFollowed) return
    const isFollowed = (await follow(cluster)) && begunAt >= set.since + SETTLED_AFTER_MS
    // Another set may have come meanwhile.
    if (isFollowed && known.get(cluster) === set) known.set(cluster, { ...set, isFollowed })
  }
}
