import { isTest, type LedgerRecord, outcomeOf, reachedBy } from '../../relay/model/delivery.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'
import { hourOf } from '../../relay/model/outcome-count.ts'
import type { Ledger, LedgerFilter } from '../../relay/ports/ledger.ts'
import type { OutcomeCounts } from '../../relay/ports/outcome-counts.ts'

const PAGE_SIZE = 200

/**
 * The latest records that fit, as far as they can be read, among `most` that are looked at. Tests of Providers are
 * left out. Rejects when the ledger fails.
 */
export async function latestRecords(
  ledger: Pick<Ledger, 'list'>,
  filter: LedgerFilter,
  most: number,
): Promise<readonly LedgerRecord[]> {
  const found: LedgerRecord[] = []
  let cursor: string | undefined
  for (let looked = 0; looked < most; looked += PAGE_SIZE) {
    const page = await ledger.list(filter, PAGE_SIZE, cursor)
    for (const record of page.records) {
      if (record.kind !== 'unreadable' && !isTest(record)) found.push(record)
    }
    cursor = page.nextCursor
    if (cursor === undefined) break
  }
  return found
}

/**
 * Counts of outcomes where none are kept: of the records that `recordsOf` a cluster tells, each by the hour in which
 * its event was accepted, and by the outcome that it has now. What is asked of all clusters is of `cluster`.
 */
export function recordedOutcomes(
  cluster: string,
  recordsOf: (cluster: string) => Promise<readonly LedgerRecord[]>,
): OutcomeCounts {
  const within = async (hours: readonly number[], name: string) => {
    const wanted = new Set(hours)
    const records = await recordsOf(name)
    return records.filter(({ acceptedAt }) => wanted.has(hourOf(acceptedAt)))
  }
  return {
    async byHour(hours, name = cluster) {
      const keyOf = (it: LedgerRecord) => `${hourOf(it.acceptedAt)} ${outcomeOf(it)}`
      return groupsBy(await within(hours, name), keyOf).map((own) => ({
        hour: hourOf(own[0].acceptedAt),
        outcome: outcomeOf(own[0]),
        count: own.length,
      }))
    },
    async byCluster(hours) {
      return groupsBy(await within(hours, cluster), outcomeOf).map((own) => ({
        ...{ cluster, outcome: outcomeOf(own[0]), count: own.length },
      }))
    },
    async byObject(kind, name, hours) {
      const nameIn = (record: LedgerRecord) => {
        const identity = reachedBy(record)[kind]
        return identity === undefined ? '' : namespacedName(identity)
      }
      const reached = (await within(hours, name)).filter((record) => nameIn(record) !== '')
      return groupsBy(reached, (it) => `${nameIn(it)} ${outcomeOf(it)}`).map((own) => ({
        ...{ name: nameIn(own[0]), outcome: outcomeOf(own[0]), count: own.length },
        lastAt: Math.max(...own.map(({ updatedAt }) => updatedAt)),
      }))
    },
  }
}

type Group = readonly [LedgerRecord, ...LedgerRecord[]]

/** The records of each key. */
function groupsBy(
  records: readonly LedgerRecord[],
  keyOf: (record: LedgerRecord) => string,
): readonly Group[] {
  const groups = [...Map.groupBy(records, keyOf).values()]
  return groups.flatMap(([first, ...rest]) => (first === undefined ? [] : [[first, ...rest]]))
}
