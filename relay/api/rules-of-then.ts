import { isReminder, type LedgerRecord } from '../model/delivery.ts'
import { FLEET } from '../model/fleet.ts'
import { namespacedName } from '../model/kubernetes.ts'
import type { CompiledAlert } from '../pipeline/compiled-alert.ts'
import type { Rules } from '../pipeline/explain/explain.ts'
import { readFleet, usesFleet } from '../pipeline/fleet.ts'
import { compileInSlices } from '../pipeline/routing-table.ts'
import { noPause, type Pause } from '../pipeline/slices.ts'
import type { ConfigHistory } from '../ports/config-history.ts'
import type { ConfigStore } from '../ports/config-store.ts'

/** The rules that decided about an event. */
export interface RulesOfThen extends Rules {
  readonly revision: string
  /** The Alerts by `namespace/name`. */
  readonly alerts: ReadonlyMap<string, CompiledAlert>
}

/** Rules that are kept, and the revision of the fleet that they were compiled with. */
interface KnownRules extends RulesOfThen {
  readonly fleet: string | undefined
}

/** Reads the rules of records. */
export interface RulesReader {
  /** Resolves with the rules, or with why they are not to be had. Rejects when the store cannot be read. */
  of(records: readonly LedgerRecord[]): Promise<RulesOfThen | { readonly missing: string }>
}

/** The most revisions that are kept compiled. The least recently used is forgotten first. */
const MAX_REVISIONS = 8

/**
 * Makes the reader of a host: a list has many pages, and one revision decided about most of what is on them, so
 * the latest ones stay compiled. Providers of the fleet are those of now. `pause` is waited for between parts of
 * a large set.
 */
export function createRulesReader(
  history: ConfigHistory,
  configs: Pick<ConfigStore, 'read'>,
  pause: Pause = noPause,
): RulesReader {
  const known = new Map<string, Promise<KnownRules | undefined>>()
  const read = async (cluster: string, revision: string): Promise<KnownRules | undefined> => {
    const snapshot = await history.readRevision(cluster, revision)
    if (snapshot === undefined) return undefined
    const fleet = usesFleet(snapshot.manifests) ? await readFleet(configs) : undefined
    const table = await compileInSlices(snapshot, pause, fleet)
    const named = [...table.alertsByUid.values()].map(
      (compiled) => [namespacedName(compiled.alert.metadata), compiled] as const,
    )
    return { snapshot, table, revision, fleet: fleet?.revision, alerts: new Map(named) }
  }
  const start = (key: string, cluster: string, revision: string) => {
    const reading = read(cluster, revision)
    // What could not be read is read again by who asks next.
    const forget = () => void (known.get(key) === reading && known.delete(key))
    reading.then((rules) => rules ?? forget(), forget)
    return reading
  }
  const take = (cluster: string, revision: string) => {
    const key = `${cluster}/${revision}`
    const reading = known.get(key) ?? start(key, cluster, revision)
    known.delete(key)
    known.set(key, reading)
    const [oldest] = known.keys()
    if (known.size > MAX_REVISIONS && oldest !== undefined) known.delete(oldest)
    return reading
  }
  const isOutdated = async ({ table, fleet }: KnownRules) => {
    if (!table.usesFleet) return false
    const read = await configs.read(FLEET, fleet)
    return read !== (fleet === undefined ? undefined : 'unchanged')
  }
  return {
    async of(records) {
      const first = firstDecided(records)
      if (first?.revision === undefined) return { missing: UNNAMED }
      const { cluster, revision } = first
      const rules = await take(cluster, revision)
      if (rules === undefined) return { missing: goneText(revision) }
      if (!(await isOutdated(rules))) return rules
      known.delete(`${cluster}/${revision}`)
      return (await take(cluster, revision)) ?? { missing: goneText(revision) }
    },
  }
}

/** What was tried again, and a reminder, was judged by later rules; what decided about the event is what came first. */
function firstDecided(records: readonly LedgerRecord[]): LedgerRecord | undefined {
  const named = records.filter(({ revision }) => revision !== undefined)
  return named.toSorted(
    (a, b) =>
      Number(isReminder(a)) - Number(isReminder(b)) ||
      a.attempt - b.attempt ||
      a.updatedAt - b.updatedAt,
  )[0]
}

const UNNAMED =
  'its records name no configuration: there was none, or an earlier version of the relay decided'

function goneText(revision: string): string {
  return `the configuration ${revision} is not kept any more`
}
