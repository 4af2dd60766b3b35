import type { Clock } from '../../relay/ports/clock.ts'
import type { NotTaken } from '../../relay/ports/clusters.ts'
import type { LeftOut } from '../kit/door-log.ts'

/** Counts the events that did not get in during the last 24 hours. It starts anew with the process. */
export interface NotTakenCounts {
  count(leftOut: LeftOut): void
  /**
   * What was counted of each cluster, the latest cause first. Under `undefined` is what came from no known
   * cluster.
   */
  byCluster(): ReadonlyMap<string | undefined, readonly NotTaken[]>
}

const HOUR_MS = 3_600_000
const HOURS = 24

/** Most clusters and causes that are counted apart. There are some twenty causes, and clusters are known ones. */
const MAX_COUNTS = 10_000

interface HourlyCount {
  readonly cluster: string | undefined
  readonly cause: string
  readonly perHour: Map<number, number>
  lastAt: number
  address: string | undefined
}

/** Makes counts that keep a number for each hour. */
export function createNotTakenCounts(clock: Pick<Clock, 'now'>): NotTakenCounts {
  const counts = new Map<string, HourlyCount>()
  const forget = (hour: number) => {
    for (const [key, { perHour }] of counts) {
      for (const each of perHour.keys()) if (each <= hour - HOURS) perHour.delete(each)
      if (perHour.size === 0) counts.delete(key)
    }
  }
  return {
    count({ cluster, cause, address, events }) {
      const now = clock.now()
      const hour = Math.floor(now / HOUR_MS)
      const key = JSON.stringify([cluster, cause])
      if (counts.size >= MAX_COUNTS) forget(hour)
      if (counts.size >= MAX_COUNTS && !counts.has(key)) return
      const known = counts.get(key) ?? { cluster, cause, perHour: new Map(), lastAt: now, address }
      known.perHour.set(hour, (known.perHour.get(hour) ?? 0) + events)
      known.lastAt = now
      known.address = address ?? known.address
      counts.set(key, known)
    },
    byCluster() {
      forget(Math.floor(clock.now() / HOUR_MS))
      const latestFirst = [...counts.values()].toSorted((a, b) => b.lastAt - a.lastAt)
      const byCluster = Map.groupBy(latestFirst, ({ cluster }) => cluster)
      return new Map([...byCluster].map(([cluster, found]) => [cluster, found.map(notTakenOf)]))
    },
  }
}

function notTakenOf({ cause, perHour, lastAt, address }: HourlyCount): NotTaken {
  const count = [...perHour.values()].reduce((sum, each) => sum + each, 0)
  return { cause, count, lastAt, ...(address !== undefined && { address }) }
}
