import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeliveryRecord, Outcome } from '../../relay/model/delivery.ts'
import { objectName } from '../../relay/model/event.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'
import { InvalidCursor, type Ledger, type LedgerFilter } from '../../relay/ports.ts'
import { deliveryRecord, event } from '../support/delivery-records.ts'
import { type ManualClock, START } from '../support/manual-clock.ts'

export interface LedgerUnderTest {
  readonly ledger: Ledger
  readonly clock: ManualClock
  close(): Promise<void>
}

export interface LedgerContractOptions {
  /** How many filters the property test tries. */
  readonly runs?: number
  /** Lists one cluster at a time only, as a ledger does whose indexes begin with the cluster. */
  readonly needsCluster?: boolean
}

/** What the core expects of a Ledger. */
export function ledgerContract(
  name: string,
  open: () => Promise<LedgerUnderTest>,
  { runs = 100, needsCluster = false }: LedgerContractOptions = {},
): void {
  describe(`${name} as Ledger`, () => {
    let under: LedgerUnderTest
    beforeEach(async () => {
      under = await open()
    })
    afterEach(() => under.close())

    comparing(() => under.ledger)
    listing(() => under.ledger)
    if (!needsCluster) listingAllClusters(() => under.ledger)
    paging(() => under.ledger)
    it('lists exactly what fits, in order, for any filter and page size', () =>
      listsWhatFits(under.ledger, filters(needsCluster), runs))
  })
}

function comparing(ledger: () => Ledger): void {
  it('stores records whole and reads those that exist', async () => {
    const full = deliveryRecord({ id: 'full', objectLabels: { team: 'web' }, notes: ['cut'] })
    const bare = bareRecord('bare')
    expect(await write(ledger(), full, bare)).toEqual([true, true])
    const read = await ledger().readMany(['bare', 'missing', 'full', 'bare'])
    expect(byId(read)).toEqual([
      { value: bare, version: 1 },
      { value: full, version: 1 },
    ])
    expect(await ledger().readMany([])).toEqual([])
  })

  it('judges each write alone', async () => {
    await write(ledger(), deliveryRecord({ id: 'a' }), deliveryRecord({ id: 'b' }))
    const results = await ledger().writeMany([
      { record: deliveryRecord({ id: 'a', reason: 'again' }), expected: 'absent' },
      { record: deliveryRecord({ id: 'b', reason: 'again' }), expected: 1 },
      { record: deliveryRecord({ id: 'c', reason: 'again' }), expected: 1 },
      { record: deliveryRecord({ id: 'd', reason: 'new' }), expected: 'absent' },
    ])
    expect(results).toEqual([false, true, false, true])
    const read = byId(await ledger().readMany(['a', 'b', 'c', 'd']))
    expect(read.map(({ value, version }) => [value.id, value.reason, version])).toEqual([
      ['a', 'slack answered 200', 1],
      ['b', 'again', 2],
      ['d', 'new', 1],
    ])
  })

  it('lets one of many writers win', async () => {
    await write(ledger(), deliveryRecord({ id: 'a' }))
    const writers = Array.from({ length: 10 }, (_, attempt) =>
      ledger().writeMany([{ record: deliveryRecord({ id: 'a', attempt }), expected: 1 }]),
    )
    const won = (await Promise.all(writers)).flat()
    expect(won.filter(Boolean)).toHaveLength(1)
    const [stored] = await ledger().readMany(['a'])
    expect(stored).toMatchObject({ version: 2, value: { attempt: won.indexOf(true) } })
  })
}

/** Each with the letter of its id; `b` is the only one of its cluster. */
const LISTED: readonly DeliveryRecord[] = [
  deliveryRecord({ id: 'a', acceptedAt: START }),
  deliveryRecord({ id: 'b', acceptedAt: START + 1, cluster: 'prod' }),
  deliveryRecord({ id: 'c', acceptedAt: START + 2, outcome: 'dead' }),
  deliveryRecord({ id: 'd', acceptedAt: START + 3, event: event('webapp') }),
  bareRecord('e', { acceptedAt: START + 4 }),
]

async function expectListed(ledger: Ledger, filter: LedgerFilter, ids: string): Promise<void> {
  await write(ledger, ...LISTED)
  const page = await ledger.list(filter, 10)
  expect(page.records.map(({ id }) => id).join('')).toBe(ids)
  expect(page.nextCursor).toBeUndefined()
}

function listingAllClusters(ledger: () => Ledger): void {
  const cases: readonly (readonly [LedgerFilter, string])[] = [
    [{}, 'edcba'],
    [{ alert: 'flux-system/on-call' }, 'dcba'],
    [{ provider: 'flux-system/slack' }, 'dcba'],
    [{ outcome: 'delivered' }, 'dba'],
    [{ since: START + 1, until: START + 3 }, 'cb'],
  ]
  it.each(cases)('lists all clusters by %j, latest first', (filter, ids) =>
    expectListed(ledger(), filter, ids),
  )
}

function listing(ledger: () => Ledger): void {
  const cases: readonly (readonly [LedgerFilter, string])[] = [
    [{}, 'edca'],
    [{ cluster: 'prod' }, 'b'],
    [{ alert: 'flux-system/on-call' }, 'dca'],
    [{ provider: 'flux-system/slack' }, 'dca'],
    [{ object: 'Kustomization/flux-system/webapp' }, 'd'],
    [{ outcome: 'dead' }, 'c'],
    [{ outcome: 'skipped' }, 'e'],
    [{ outcome: 'delivered' }, 'da'],
    [{ outcome: 'dead', alert: 'flux-system/on-call' }, 'c'],
    [{ since: START + 2 }, 'edc'],
    [{ until: START + 2 }, 'a'],
    [{ since: START + 1, until: START + 3 }, 'c'],
    [{ since: START + 3, until: START + 1 }, ''],
    [{ alert: 'flux-system/other' }, ''],
  ]

  it.each(cases)('lists a cluster by %j, latest first', (filter, ids) =>
    expectListed(ledger(), { cluster: 'local', ...filter }, ids),
  )

  it('lists a record by what it is now', async () => {
    await write(ledger(), deliveryRecord({ id: 'a', outcome: 'retry' }))
    const dead = deliveryRecord({ id: 'a', outcome: 'dead' })
    await ledger().writeMany([{ record: dead, expected: 1 }])
    const list = (outcome: Outcome) => ledger().list({ cluster: 'local', outcome }, 10)
    expect((await list('retry')).records).toEqual([])
    expect((await list('dead')).records).toEqual([dead])
  })
}

function paging(ledger: () => Ledger): void {
  it('pages without a gap or a repeat while records are added', async () => {
    const records = Array.from({ length: 7 }, (_, index) =>
      deliveryRecord({ id: `r${index}`, acceptedAt: START + Math.floor(index / 3) }),
    )
    await write(ledger(), ...records)
    const first = await ledger().list({ cluster: 'local' }, 3)
    await write(ledger(), deliveryRecord({ id: 'new', acceptedAt: START + 99 }))
    const second = await ledger().list({ cluster: 'local' }, 3, first.nextCursor)
    const third = await ledger().list({ cluster: 'local' }, 3, second.nextCursor)
    const pages = [first, second, third].map((page) => page.records.map(({ id }) => id))
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1])
    expect(pages.flat().sort()).toEqual(records.map(({ id }) => id))
    expect(third.nextCursor).toBeUndefined()
  })

  it('refuses a cursor that is not one of the same list', async () => {
    await write(ledger(), deliveryRecord({ id: 'a' }), deliveryRecord({ id: 'b' }))
    const { nextCursor } = await ledger().list({ cluster: 'local' }, 1)
    if (nextCursor === undefined) throw new Error('there is no second page')
    const list = (filter: LedgerFilter, cursor: string) => ledger().list(filter, 1, cursor)
    const narrower: LedgerFilter = { cluster: 'local', outcome: 'delivered' }
    await expect(list(narrower, nextCursor)).rejects.toThrow(InvalidCursor)
    await expect(list({ cluster: 'prod' }, nextCursor)).rejects.toThrow(InvalidCursor)
    const wrong = ['', 'x', nextCursor.slice(0, -2), `${nextCursor}A`, 'bnVsbA', 'W10', '%%%']
    for (const cursor of wrong) {
      await expect(list({ cluster: 'local' }, cursor), cursor).rejects.toThrow(InvalidCursor)
    }
    expect((await list({ cluster: 'local' }, nextCursor)).records).toHaveLength(1)
  })
}

const OUTCOMES: readonly Outcome[] = ['delivered', 'suppressed', 'skipped', 'retry', 'dead']

/** Sixty records in which every field takes a few values, several of them at the same time. */
const POPULATION: readonly DeliveryRecord[] = Array.from({ length: 60 }, (_, index) => {
  const common = {
    cluster: ['local', 'prod'][index % 2] ?? '',
    acceptedAt: START + (index % 7),
    event: event(['podinfo', 'webapp', 'api'][index % 3]),
    outcome: OUTCOMES[index % 5] ?? 'dead',
  }
  const id = `record-${(index * 37) % 60}`
  return index % 4 === 0 ? bareRecord(id, common) : deliveryRecord({ id, ...common })
})

function filters(needsCluster: boolean): fc.Arbitrary<LedgerFilter> {
  const requiredKeys = needsCluster ? (['cluster'] as const) : []
  return fc.record(
    {
      cluster: fc.constantFrom('local', 'prod', 'none'),
      alert: fc.constantFrom('flux-system/on-call', 'flux-system/none'),
      provider: fc.constantFrom('flux-system/slack', 'flux-system/none'),
      object: fc.constantFrom('Kustomization/flux-system/webapp', 'Kustomization/flux-system/none'),
      outcome: fc.constantFrom(...OUTCOMES),
      since: fc.integer({ min: START - 1, max: START + 8 }),
      until: fc.integer({ min: START - 1, max: START + 8 }),
    },
    { requiredKeys: [...requiredKeys] },
  )
}

async function listsWhatFits(
  ledger: Ledger,
  anyFilter: fc.Arbitrary<LedgerFilter>,
  numRuns: number,
): Promise<void> {
  await write(ledger, ...POPULATION)
  const property = fc.asyncProperty(
    anyFilter,
    fc.integer({ min: 1, max: 70 }),
    async (filter, n) => {
      const listed = await listAll(ledger, filter, n)
      const expected = POPULATION.filter((record) => fits(record, filter))
      expect(listed.map(({ id }) => id).sort()).toEqual(expected.map(({ id }) => id).sort())
      const times = listed.map(({ acceptedAt }) => acceptedAt)
      expect(times).toEqual([...times].sort((a, b) => b - a))
    },
  )
  await fc.assert(property, { numRuns })
}

async function listAll(ledger: Ledger, filter: LedgerFilter, limit: number) {
  const records: DeliveryRecord[] = []
  let cursor: string | undefined
  do {
    const page = await ledger.list(filter, limit, cursor)
    expect(page.records.length).toBeLessThanOrEqual(limit)
    records.push(...page.records)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return records
}

function fits(record: DeliveryRecord, filter: LedgerFilter): boolean {
  const { cluster, alert, provider, object, outcome, since, until } = filter
  return (
    (cluster === undefined || record.cluster === cluster) &&
    (alert === undefined || (record.alert && namespacedName(record.alert)) === alert) &&
    (provider === undefined || (record.provider && namespacedName(record.provider)) === provider) &&
    (object === undefined || objectName(record.event.involvedObject) === object) &&
    (outcome === undefined || record.outcome === outcome) &&
    (since === undefined || record.acceptedAt >= since) &&
    (until === undefined || record.acceptedAt < until)
  )
}

/** The record of an event that reached no Alert. */
function bareRecord(id: string, changes: Partial<DeliveryRecord> = {}): DeliveryRecord {
  const { alert: _, provider: __, ...rest } = deliveryRecord({ id, outcome: 'skipped', ...changes })
  return rest
}

function write(ledger: Ledger, ...records: readonly DeliveryRecord[]) {
  return ledger.writeMany(records.map((record) => ({ record, expected: 'absent' })))
}

function byId<T extends { readonly value: DeliveryRecord }>(records: readonly T[]): readonly T[] {
  return [...records].sort((a, b) => (a.value.id < b.value.id ? -1 : 1))
}
