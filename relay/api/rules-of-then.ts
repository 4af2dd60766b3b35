import type { LedgerRecord } from '../model/delivery.ts'
import type { Rules } from '../pipeline/explain/explain.ts'
import { compileInSlices } from '../pipeline/routing-table.ts'
import { noPause, type Pause } from '../pipeline/slices.ts'
import type { ConfigHistory } from '../ports/config-history.ts'

/** The rules that decided about an event, or why they are not to be had. */
export type RulesOfThen = Rules & { readonly revision: string }

/** Reads the rules of records; of several events each revision is read and compiled once. */
export interface RulesReader {
  /** Rejects when the store cannot be read. */
  of(records: readonly LedgerRecord[]): Promise<RulesOfThen | { readonly missing: string }>
}

/** Makes a reader for one request. `pause` is waited for between parts of a large set. */
export function createRulesReader(history: ConfigHistory, pause: Pause = noPause): RulesReader {
  const known = new Map<string, Promise<RulesOfThen | undefined>>()
  const read = async (cluster: string, revision: string) => {
    const snapshot = await history.readRevision(cluster, revision)
    return snapshot && { snapshot, table: await compileInSlices(snapshot, pause), revision }
  }
  return {
    async of(records) {
      const first = firstDecided(records)
      if (first?.revision === undefined) return { missing: UNNAMED }
      const { cluster, revision } = first
      const key = `${cluster}/${revision}`
      const reading = known.get(key) ?? read(cluster, revision)
      known.set(key, reading)
      return (await reading) ?? { missing: goneText(revision) }
    },
  }
}

/** What was tried again was judged by later rules; what decided about the event is what came first. */
function firstDecided(records: readonly LedgerRecord[]): LedgerRecord | undefined {
  const named = records.filter(({ revision }) => revision !== undefined)
  return named.toSorted((a, b) => a.attempt - b.attempt || a.updatedAt - b.updatedAt)[0]
}

const UNNAMED =
  'its records name no configuration: there was none, or an earlier version of the relay decided'

function goneText(revision: string): string {
  return `the configuration ${revision} is not kept any more`
}
