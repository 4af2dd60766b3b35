import type { Books, SoakEvent } from './books.ts'
import { CLUSTERS, type ClusterName } from './configuration.ts'
import type { Ledger } from './ledger.ts'
import { percentile } from './memory.ts'

/** A rule of the soak, and whether it was kept. */
export interface Rule {
  readonly rule: string
  readonly measured: string
  readonly isKept: boolean
}

/** After a disturbance so long passes until times count again, in milliseconds. */
const GRACE_MS = 10_000
/** Most time from the acceptance to the destination that works, for 99 of 100 events. */
const MOST_P99_MS: Readonly<Record<ClusterName, number>> = {
  bearer: 1_000,
  signed: 1_000,
  shipped: 2_000,
}
/** By so much the last quarter may be over the second: what a collection has not yet freed. */
const MEMORY_FACTOR = 1.25
const MEMORY_MEGABYTES = 16

export function ledgerRules(books: Books, { outcomes, queued }: Ledger): readonly Rule[] {
  const accepted = books.accepted()
  const unaccounted = accepted.filter(
    ({ message }) => !outcomes.has(message) && !queued.has(message),
  )
  const good = accepted.filter(({ route }) => route === 'good')
  const undelivered = good.filter(({ message }) => outcomes.get(message) !== 'delivered')
  const unreceived = good.filter(({ arrivals }) => arrivals === 0)
  return [
    none('accepted events that neither ledger nor queue has', accepted, unaccounted),
    none('events to the working destination that are not delivered', good, undelivered),
    none('events that the working destination has not', good, unreceived),
  ]
}

export function latencyRules(books: Books): readonly Rule[] {
  return CLUSTERS.map((cluster) => {
    const times = undisturbed(books, cluster).map(({ tookMs }) => tookMs)
    const p99 = percentile(times, 0.99)
    const most = MOST_P99_MS[cluster]
    return {
      rule: `p99 of ${cluster}, undisturbed, at most ${most} ms`,
      measured: `${p99 ?? 'none'} ms of ${times.length}, median ${percentile(times, 0.5)} ms`,
      isKept: p99 !== undefined && p99 <= most,
    }
  })
}

/** An event that nothing disturbed, and how long it took. */
export interface Timed {
  readonly message: string
  /** From the begin of the load. */
  readonly acceptedAtSecond: number
  readonly tookMs: number
  /** From the end of the last disturbance before it. */
  readonly sinceDisturbedMs: number | undefined
}

const SHOWN = 25

/** The slowest of each cluster, for whoever has to find out why a rule is broken. */
export function slowest(books: Books): readonly Timed[] {
  const [first] = books.accepted()
  const startedAt = first?.acceptedAt ?? 0
  return CLUSTERS.flatMap((cluster) => {
    const slow = undisturbed(books, cluster).sort((a, b) => b.tookMs - a.tookMs)
    return slow.slice(0, SHOWN).map(({ message, acceptedAt, tookMs }) => {
      const before = books.disturbances.map(({ until }) => acceptedAt - until)
      const since = Math.min(...before.filter((ms) => ms >= 0))
      return {
        ...{ message, tookMs, acceptedAtSecond: Math.round((acceptedAt - startedAt) / 1_000) },
        sinceDisturbedMs: Number.isFinite(since) ? since : undefined,
      }
    })
  })
}

function undisturbed(books: Books, cluster: ClusterName) {
  return books
    .accepted()
    .filter((event) => event.cluster === cluster && event.route === 'good')
    .filter((event) => !isDisturbed(event, books))
    .flatMap(({ message, acceptedAt, arrivedAt }) =>
      acceptedAt === undefined || arrivedAt === undefined
        ? []
        : [{ message, acceptedAt, tookMs: arrivedAt - acceptedAt }],
    )
}

export function memoryRule(name: string, quarters: readonly number[]): Rule {
  const [, second = 0, , last = 0] = quarters
  return {
    rule: `memory of the ${name} is flat`,
    measured: `${quarters.join(', ')} MB in the quarters`,
    isKept: last > 0 && last <= second * MEMORY_FACTOR + MEMORY_MEGABYTES,
  }
}

function none(rule: string, all: readonly SoakEvent[], found: readonly SoakEvent[]): Rule {
  const examples = found.slice(0, 5).map(({ message }) => message)
  const names = found.length === 0 ? '' : `: ${examples.join(', ')}`
  return {
    rule: `no ${rule}`,
    measured: `${found.length} of ${all.length}${names}`,
    isKept: found.length === 0 && all.length > 0,
  }
}

/** Whether something was broken between its acceptance and its arrival, or just before. */
function isDisturbed({ acceptedAt = 0, arrivedAt = acceptedAt }: SoakEvent, books: Books) {
  return books.disturbances.some(
    ({ from, until }) => acceptedAt <= until + GRACE_MS && arrivedAt >= from,
  )
}
