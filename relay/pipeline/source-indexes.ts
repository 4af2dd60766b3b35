import { type CompiledAlert, sourceNamespaces } from './compiled-alert.ts'
import { slicesOf } from './slices.ts'
import {
  type RankedSource,
  type Shelves,
  ShelvesIndex,
  type SourceIndex,
  shelve,
} from './source-index.ts'

/** How many kinds and namespaces are indexed in one step: some milliseconds of work. */
const SLICE = 20

/** The sources of all Alerts of a configuration, by the kind and namespace of events. */
export class SourceIndexes {
  readonly #named: ReadonlyMap<string, Shelves>
  /** By kind: the sources for objects in any namespace. */
  readonly #anywhere: ReadonlyMap<string, Shelves>

  private constructor(named: ReadonlyMap<string, Shelves>, anywhere: ReadonlyMap<string, Shelves>) {
    this.#named = named
    this.#anywhere = anywhere
  }

  /** Indexes the sources of Alerts, which are in the order of the configuration. Yields between parts. */
  static *of(alerts: readonly CompiledAlert[]): Generator<void, SourceIndexes> {
    const named = new Map<string, RankedSource[]>()
    const anywhere = new Map<string, RankedSource[]>()
    let rank = 0
    for (const alert of alerts) {
      for (const source of alert.sources) {
        const ranked = { rank, source: { alert, source } }
        rank += 1
        const namespaces = sourceNamespaces(ranked.source)
        if (namespaces === 'all') put(anywhere, source.kind, ranked)
        else for (const name of namespaces) put(named, sourceKey(source.kind, name), ranked)
      }
    }
    return new SourceIndexes(yield* shelved(named), yield* shelved(anywhere))
  }

  /** The sources for events of a kind and namespace; undefined when there is none. */
  for(kind: string, namespace: string): SourceIndex | undefined {
    const named = this.#named.get(sourceKey(kind, namespace))
    const anywhere = this.#anywhere.get(kind)
    if (named && anywhere) return new ShelvesIndex([named, anywhere])
    const only = named ?? anywhere
    return only && new ShelvesIndex([only])
  }
}

function put(sources: Map<string, RankedSource[]>, key: string, source: RankedSource): void {
  const bucket = sources.get(key)
  if (bucket) bucket.push(source)
  else sources.set(key, [source])
}

function* shelved(
  sources: ReadonlyMap<string, readonly RankedSource[]>,
): Generator<void, ReadonlyMap<string, Shelves>> {
  const shelves = new Map<string, Shelves>()
  for (const slice of slicesOf(sources, SLICE)) {
    for (const [key, bucket] of slice) shelves.set(key, shelve(bucket))
    yield
  }
  return shelves
}

/**
 * The key of a kind and namespace. It begins with the length of the kind, since an event may have
 * any text as its kind and namespace.
 */
function sourceKey(kind: string, namespace: string): string {
  return `${kind.length}:${kind}/${namespace}`
}
