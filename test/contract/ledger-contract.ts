import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  isTest,
  type LedgerRecord,
  type ListedRecord,
  outcomeOf,
  reachedBy,
} from '../../relay/model/delivery.ts'
import { objectName } from '../../relay/model/event.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'
import { OUTCOMES, type Outcome } from '../../relay/model/outcomes.ts'
import { encodeText } from '../../relay/model/stored/codec.ts'
import { deliveryRecordCodec } from '../../relay/model/stored/delivery-record.ts'
import { DamagedRecord, LaterVersion } from '../../relay/model/stored/errors.ts'
import { InvalidCursor, type Ledger, type LedgerFilter } from '../../relay/ports/ledger.ts'
import { allGoldenBodies } from '../fixtures/stored/golden-bodies.ts'
import { deliveryRecord, event, eventRecord } from '../support/delivery-records.ts'
import { type ManualClock, START } from '../support/manual-clock.ts'

export interface LedgerUnderTest {
  readonly ledger: Ledger
  readonly clock: ManualClock
  /** Puts another body in the place of a stored record's. */
  replaceBody(id: string, body: string): Promise<void>
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
    unreadable(() => under)
    it('lists exactly what fits, in order, for any filter and page size', () =>
      listsWhatFits(under.ledger, filters(needsCluster), runs))
  })
}

function comparing(ledger: () => Ledger): void {
  it('stores records whole and reads those that exist', async () => {
    const full = deliveryRecord({ id: 'full', objectLabels: { team: 'web' }, notes: ['cut'] })
    const bare = eventRecord({ id: 'bare' })
    expect(await write(ledger(), full, bare)).toEqual([true, true])
    const read = await ledger().readMany(['bare', 'missing', 'full', 'bare'])
    expect(byId(read)).toEqual([
      { value: bare, version: 1 },
      { value: full, version: 1 },
    ])
    expect(await ledger().readMany([])).toEqual([])
  })

  it('reads what became of events without these', async () => {
    const full = deliveryRecord({ id: 'full', notes: ['cut'], toldIn: 'other' })
    const failed = deliveryRecord({ id: 'failed', outcome: 'failed', test: {} })
    const bare = eventRecord({ id: 'bare' })
    await write(ledger(), full, failed, bare)
    const ids = ['bare', 'missing', 'full', 'failed', 'bare']
    const read = await ledger().readMany(ids, { withoutEvents: true })
    expect(byId(read)).toMatchObject(
      [bare, failed, full].map(({ event: _, ...value }) => ({ value, version: 1 })),
    )
    expect(await ledger().readMany([], { withoutEvents: true })).toEqual([])
  })

  it('stores tests of a Provider whole, and lists those that failed apart from the dead', async () => {
    const about = {
      test: { by: 'ann' },
      objectLabels: { team: 'web' },
      notes: ['long '.repeat(200)],
    }
    const failed = deliveryRecord({ id: 'failed', outcome: 'failed', ...about })
    const delivered = deliveryRecord({ id: 'delivered', test: {} })
    expect(await write(ledger(), failed, delivered)).toEqual([true, true])
    const read = await ledger().readMany(['failed', 'delivered'])
    expect(byId(read)).toEqual([
      { value: delivered, version: 1 },
      { value: failed, version: 1 },
    ])
    const list = async (outcome: Outcome) =>
      (await ledger().list({ cluster: 'local', outcome }, 10)).records
    expect(await list('failed')).toEqual([failed])
    expect(await list('delivered')).toEqual([delivered])
    expect(await list('dead')).toEqual([])
    const ofEvent = { cluster: 'local', event: failed.eventId }
    expect((await ledger().list(ofEvent, 10)).records).toEqual([])
    const changed = { ...failed, updatedAt: START + 1 }
    expect(await ledger().writeMany([{ record: changed, expected: 1 }])).toEqual([true])
    expect(await ledger().show('failed')).toEqual(changed)
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
    expect(read.map(({ value, version }) => [value.id, value.status.reason, version])).toEqual([
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
const LISTED: readonly LedgerRecord[] = [
  deliveryRecord({ id: 'a', acceptedAt: START }),
  deliveryRecord({ id: 'b', acceptedAt: START + 1, cluster: 'prod' }),
  deliveryRecord({ id: 'c', acceptedAt: START + 2, outcome: 'dead' }),
  deliveryRecord({ id: 'd', acceptedAt: START + 3, event: event('webapp') }),
  eventRecord({ id: 'e', acceptedAt: START + 4 }),
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
    [{ outcome: ['dead', 'skipped'] }, 'ec'],
    [{ outcome: ['delivered', 'dead', 'dead'], until: START + 3 }, 'ca'],
    [{ outcome: ['retry', 'suppressed'] }, ''],
    [{ id: 'c' }, 'c'],
    [{ id: 'd', outcome: 'delivered' }, 'd'],
    [{ id: 'x' }, ''],
    [{ id: '' }, 'edca'],
    [{ event: '' }, 'edca'],
    [{ event: 'event-' }, 'edca'],
    [{ event: 'event-1', outcome: 'skipped' }, 'e'],
    [{ event: 'event-2' }, ''],
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
    const dismissed = deliveryRecord({ id: 'a', outcome: 'dismissed' })
    await ledger().writeMany([{ record: dismissed, expected: 2 }])
    expect((await list('dead')).records).toEqual([])
    expect((await list('dismissed')).records).toEqual([dismissed])
    const both = { cluster: 'local', outcome: ['dead', 'dismissed'] } as const
    expect((await ledger().list(both, 10)).records).toEqual([dismissed])
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

  it('pages through several outcomes without a gap, also of one moment', async () => {
    const records = Array.from({ length: 9 }, (_, index) =>
      deliveryRecord({
        id: `r${index}`,
        acceptedAt: START,
        outcome: index % 2 === 0 ? 'retry' : 'dead',
      }),
    )
    await write(ledger(), ...records)
    const ids: string[] = []
    for (let cursor: string | undefined, pages = 0; pages < 20; pages += 1) {
      const filter = { cluster: 'local', outcome: ['retry', 'dead'] as const }
      const page = await ledger().list(filter, 2, cursor)
      ids.push(...page.records.map(({ id }) => id))
      cursor = page.nextCursor
      if (cursor === undefined) break
    }
    expect(ids.toSorted()).toEqual(records.map(({ id }) => id))
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

function unreadable(under: () => LedgerUnderTest): void {
  const stored = JSON.parse(encodeText(deliveryRecordCodec, deliveryRecord({ id: 'b' })))
  const cases = [
    ['cut', '{"id":"b"', DamagedRecord, 'it is not JSON'],
    ['without a field', JSON.stringify({ ...stored, reason: 7 }), DamagedRecord, 'reason is not a'],
    ['of a later version', '{"v":99,"new":true}', LaterVersion, 'it is of version 99'],
  ] as const
  it.each(cases)('lists a record %s as a row that says so', async (_, body, thrown, why) => {
    const { ledger, replaceBody } = under()
    const about = { outcome: 'dead', acceptedAt: START + 1 } as const
    await write(ledger, deliveryRecord({ id: 'a', acceptedAt: START }))
    await write(ledger, deliveryRecord({ id: 'b', ...about }), eventRecord({ id: 'c' }))
    await replaceBody('b', body)
    const { records } = await ledger.list({ cluster: 'local', outcome: 'dead' }, 10)
    expect(records).toEqual([
      {
        ...{ kind: 'unreadable', id: 'b', cluster: 'local', ...about },
        object: 'Kustomization/flux-system/podinfo',
        alert: 'flux-system/on-call',
        provider: 'flux-system/slack',
        reason: expect.stringContaining(`this record cannot be read: ${why}`),
      },
    ])
    expect(await ledger.show('b')).toEqual(records[0])
    expect(await ledger.show('a')).toMatchObject({ kind: 'delivery', id: 'a' })
    expect(await ledger.show('x')).toBeUndefined()
    expect((await ledger.list({ cluster: 'local' }, 10)).records).toHaveLength(3)
    await expect(ledger.readMany(['a', 'b'])).rejects.toThrow(thrown)
    await expect(ledger.readMany(['b'])).rejects.toThrow(why)
    expect(await ledger.readMany(['a', 'c'])).toHaveLength(2)
  })

  it('reads and lists what 591c4aa and each version since wrote, as it stands', async () => {
    const { ledger, clock, replaceBody } = under()
    const golden = allGoldenBodies(deliveryRecordCodec)
    clock.set(Math.max(...golden.map(({ value }) => value.updatedAt)))
    // The same records in each version: one after the other in one place.
    for (const { version, body, value } of golden) {
      const [known] = await ledger.readMany([value.id])
      if (!known) await write(ledger, value)
      await replaceBody(value.id, JSON.stringify(body))
      const [read] = await ledger.readMany([value.id])
      expect(read?.value, `version ${version}`).toEqual(value)
      const { records } = await ledger.list({ cluster: value.cluster }, 100)
      expect(records, `version ${version}`).toContainEqual(value)
    }
  })
}

/** Sixty records in which every field takes a few values, several of them at the same time. */
const POPULATION: readonly LedgerRecord[] = Array.from({ length: 60 }, (_, index) => {
  const common = {
    cluster: ['local', 'prod'][index % 2] ?? '',
    acceptedAt: START + (index % 7),
    event: event(['podinfo', 'webapp', 'api'][index % 3]),
    outcome: OUTCOMES[index % OUTCOMES.length] ?? 'dead',
  }
  const id = `record-${(index * 37) % 60}`
  return index % 4 === 0 ? eventRecord({ id, ...common }) : deliveryRecord({ id, ...common })
})

function filters(needsCluster: boolean): fc.Arbitrary<LedgerFilter> {
  const requiredKeys = needsCluster ? (['cluster'] as const) : []
  return fc.record(
    {
      cluster: fc.constantFrom('local', 'prod', 'none'),
      alert: fc.constantFrom('flux-system/on-call', 'flux-system/none'),
      provider: fc.constantFrom('flux-system/slack', 'flux-system/none'),
      object: fc.constantFrom('Kustomization/flux-system/webapp', 'Kustomization/flux-system/none'),
      outcome: fc.oneof(fc.constantFrom(...OUTCOMES), fc.subarray([...OUTCOMES], { minLength: 1 })),
      id: fc.constantFrom('r', 'record-', 'record-1', 'record-12', 'none'),
      event: fc.constantFrom('e', 'event-', 'event-1', 'event-12', 'none'),
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
  const records: ListedRecord[] = []
  let cursor: string | undefined
  do {
    const page = await ledger.list(filter, limit, cursor)
    expect(page.records.length).toBeLessThanOrEqual(limit)
    records.push(...page.records)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return records
}

function fits(record: LedgerRecord, filter: LedgerFilter): boolean {
  const { cluster, alert, provider, object, outcome, since, until, event, id } = filter
  const reached = reachedBy(record)
  return (
    (cluster === undefined || record.cluster === cluster) &&
    (alert === undefined || (reached.alert && namespacedName(reached.alert)) === alert) &&
    (provider === undefined ||
      (reached.provider && namespacedName(reached.provider)) === provider) &&
    (object === undefined || objectName(record.event.involvedObject) === object) &&
    (outcome === undefined || [outcome].flat().includes(outcomeOf(record))) &&
    (event === undefined || (!isTest(record) && record.eventId.startsWith(event))) &&
    (id === undefined || record.id.startsWith(id)) &&
    (since === undefined || record.acceptedAt >= since) &&
    (until === undefined || record.acceptedAt < until)
  )
}

function write(ledger: Ledger, ...records: readonly LedgerRecord[]) {
  return ledger.writeMany(records.map((record) => ({ record, expected: 'absent' })))
}

function byId<T extends { readonly value: Pick<LedgerRecord, 'id'> }>(
  records: readonly T[],
): readonly T[] {
  return [...records].sort((a, b) => (a.value.id < b.value.id ? -1 : 1))
}
