import type { OutcomeCount } from '../../relay/model/outcome-count.ts'
import type {
  ClusterCount,
  HourCount,
  ObjectCount,
  OutcomeCountStore,
} from '../../relay/ports/outcome-counts.ts'

/** Counts in memory. */
export class MemoryOutcomeCounts implements OutcomeCountStore {
  readonly #counts: OutcomeCount[] = []

  async add(counts: readonly OutcomeCount[]): Promise<void> {
    this.#counts.push(...counts)
  }

  async byHour(hours: readonly number[], cluster?: string): Promise<readonly HourCount[]> {
    const counts = this.#of('cluster', hours).filter((it) => (cluster ?? it.cluster) === it.cluster)
    return summed(counts, ({ hour, outcome }) => ({ hour, outcome })).toSorted(
      (a, b) => a.hour - b.hour || (a.outcome < b.outcome ? -1 : 1),
    )
  }

  async byCluster(hours: readonly number[]): Promise<readonly ClusterCount[]> {
    const sums = summed(this.#of('cluster', hours), ({ cluster, outcome }) => ({
      cluster,
      outcome,
    }))
    return sums.toSorted(byText(({ cluster, outcome }) => `${cluster} ${outcome}`))
  }

  async byObject(
    kind: 'alert' | 'provider',
    cluster: string,
    hours: readonly number[],
  ): Promise<readonly ObjectCount[]> {
    const own = this.#counts.filter((it) => it.kind === kind && it.cluster === cluster)
    const counted = own.map((it) => (hours.includes(it.hour) ? it : { ...it, count: 0 }))
    const lastAt = (of: Pick<OutcomeCount, 'name' | 'outcome'>) =>
      Math.max(
        ...own
          .filter((it) => it.name === of.name && it.outcome === of.outcome)
          .map((it) => it.lastAt),
      )
    return summed(counted, ({ name, outcome }) => ({ name, outcome }))
      .map((it) => ({ ...it, lastAt: lastAt(it) }))
      .toSorted(byText(({ name, outcome }) => `${name} ${outcome}`))
  }

  #of(kind: OutcomeCount['kind'], hours: readonly number[]): readonly OutcomeCount[] {
    return this.#counts.filter((it) => it.kind === kind && hours.includes(it.hour))
  }
}

function summed<Key extends object>(
  counts: readonly OutcomeCount[],
  keyOf: (count: OutcomeCount) => Key,
): readonly (Key & { readonly count: number })[] {
  const sums = new Map<string, Key & { readonly count: number }>()
  for (const it of counts) {
    const key = keyOf(it)
    const name = JSON.stringify(key)
    sums.set(name, { ...key, count: (sums.get(name)?.count ?? 0) + it.count })
  }
  return [...sums.values()]
}

function byText<T>(textOf: (it: T) => string) {
  return (a: T, b: T) => (textOf(a) < textOf(b) ? -1 : 1)
}
