import { countedAs, reachedBy } from '../../relay/model/delivery.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'
import { type CountedKind, hourOf, type OutcomeCount } from '../../relay/model/outcome-count.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import type { Observer } from '../../relay/ports/observer.ts'
import {
  MOST_COUNTS_AT_ONCE,
  type OutcomeCountStore,
  type OutcomeCounts,
} from '../../relay/ports/outcome-counts.ts'

/** Counts decisions in memory, and tells what is stored of them. */
export interface OutcomeCounter extends OutcomeCounts, Observer {
  /** Stores what was counted, and nothing more after it. */
  stop(): Promise<void>
}

export interface OutcomeCounterOptions {
  readonly store: OutcomeCountStore
  readonly clock: Pick<Clock, 'now'>
  /** Called when counts could not be stored. They are stored with the next ones. */
  readonly onFailure: (error: unknown) => void
  /** How often counts are stored, in milliseconds. */
  readonly intervalMs?: number
}

/** How often counts are stored. A crash loses what was counted since then. Milliseconds. */
const INTERVAL_MS = 10_000

/**
 * The most counts in memory, some 10 MB. Beyond it, which takes a store that cannot be written or
 * tens of thousands of Alerts, what comes first in an hour is not counted.
 */
const MOST_HELD = 50_000

type Held = { -readonly [Field in keyof OutcomeCount]: OutcomeCount[Field] }

/**
 * Counts decisions, and adds them to the store every ten seconds instead of with each event. Who asks
 * sees all that was counted: it is stored first.
 */
export function createOutcomeCounter(options: OutcomeCounterOptions): OutcomeCounter {
  const { store, clock, onFailure, intervalMs = INTERVAL_MS } = options
  const held = new Map<string, Held>()
  let storing: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  const add = (counted: OutcomeCount) => {
    const { kind, cluster, name, outcome, hour, count, lastAt } = counted
    const key = [kind, cluster, name, outcome, hour].join(' ')
    const known = held.get(key)
    if (known) {
      known.count += count
      known.lastAt = Math.max(known.lastAt, lastAt)
    } else if (held.size < MOST_HELD) held.set(key, { ...counted })
    timer ??= setTimeout(flushInTime, intervalMs).unref()
  }
  const storeHeld = async () => {
    const counts = [...held.values()]
    held.clear()
    for (let at = 0; at < counts.length; at += MOST_COUNTS_AT_ONCE) {
      try {
        await store.add(counts.slice(at, at + MOST_COUNTS_AT_ONCE))
      } catch (error) {
        for (const counted of counts.slice(at)) add(counted)
        onFailure(error)
        return
      }
    }
  }
  /** Stores what was counted until now. What comes meanwhile waits for the next one, or under load none would end. */
  const flush = async () => {
    await storing
    storing ??= storeHeld().finally(() => {
      storing = undefined
    })
    await storing
  }
  const flushInTime = () => {
    timer = undefined
    void flush()
  }
  return {
    decided({ record }) {
      const { cluster } = record
      const outcome = countedAs(record)
      const lastAt = clock.now()
      const hour = hourOf(lastAt)
      const countFor = (kind: CountedKind, name: string) =>
        add({ kind, cluster, name, hour, outcome, count: 1, lastAt })
      const { alert, provider } = reachedBy(record)
      countFor('cluster', '')
      if (alert) countFor('alert', namespacedName(alert))
      if (provider) countFor('provider', namespacedName(provider))
    },
    async byHour(...asked) {
      await flush()
      return store.byHour(...asked)
    },
    async byCluster(...asked) {
      await flush()
      return store.byCluster(...asked)
    },
    async byObject(...asked) {
      await flush()
      return store.byObject(...asked)
    },
    async stop() {
      await flush()
      clearTimeout(timer)
    },
  }
}
