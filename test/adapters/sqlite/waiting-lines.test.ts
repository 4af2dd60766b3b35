import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openRelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { SqliteWaitingLines } from '../../../adapters/sqlite/waiting-lines.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { acceptingLedger } from './support/accepting-ledger.ts'
import { planOf, statementsOf } from './support/query-plans.ts'

const KEYS = ['local#a#hooks.test', 'local#b#hooks.test', 'prod#a#other.test:8443'] as const

const orderOf = (sequence: number) => `001795166043000.${String(sequence).padStart(40, '0')}`

async function setUp() {
  const database = openRelayDatabase(join(temporaryDirectory(), 'flux-relay.db'))
  onTestFinished(() => database.close())
  const ledger = acceptingLedger(database, new ManualClock())
  const wait = (id: string, order: string, destination: string, expected: number | 'absent') => {
    const waiting = deliveryRecord({ id, outcome: 'retry', dueAt: 1, attempt: 2, order })
    const status = { kind: 'waiting', why: 'destination', dueAt: 1, reason: 'parked', destination }
    return ledger.writeMany([{ record: { ...waiting, status } as typeof waiting, expected }])
  }
  return { database, ledger, wait, lines: new SqliteWaitingLines(database) }
}

it('finds what waits for each destination, in the order of events, page by page', async () => {
  const { ledger, wait, lines } = await setUp()
  const ids = ['e', 'b', 'd', 'a', 'c']
  for (const [at, id] of ids.entries()) await wait(id, orderOf(5 - at), KEYS[0], 'absent')
  // Two deliveries of one event to one Provider.
  await wait('c2', orderOf(1), KEYS[0], 'absent')
  await wait('x', orderOf(9), KEYS[1], 'absent')
  await wait('y', orderOf(9), KEYS[2], 'absent')
  expect(await lines.destinations()).toEqual(KEYS)
  const found: string[] = []
  for (let page = await lines.page(KEYS[0], undefined, 2); page.length > 0; ) {
    found.push(...page.map(({ id }) => id))
    page = await lines.page(KEYS[0], page.at(-1), 2)
  }
  expect(found).toEqual(['c', 'c2', 'a', 'd', 'b', 'e'])
  // One that moved, and one that is final, wait no more.
  await wait('x', orderOf(9), KEYS[0], 1)
  await ledger.writeMany([
    { record: deliveryRecord({ id: 'y', outcome: 'dead', order: orderOf(9) }), expected: 1 },
  ])
  expect(await lines.destinations()).toEqual([KEYS[0]])
  const [stored] = await ledger.readMany(['x'])
  expect(stored?.value.status).toMatchObject({ why: 'destination', destination: KEYS[0] })
})

it('counts what waits for a destination, and no more than it is asked for', async () => {
  const { wait, lines } = await setUp()
  expect(await lines.countWaiting(KEYS[0], 10)).toBe(0)
  for (const id of ['a', 'b', 'c']) await wait(id, orderOf(1), KEYS[0], 'absent')
  await wait('x', orderOf(1), KEYS[1], 'absent')
  expect(await lines.countWaiting(KEYS[0], 10)).toBe(3)
  expect(await lines.countWaiting(KEYS[0], 2)).toBe(2)
})

it('reads no more of the ledger than it finds', async () => {
  const { database, lines } = await setUp()
  const statements = await statementsOf(database, async () => {
    await lines.destinations()
    await lines.page(KEYS[0], { order: 'o', id: 'i' }, 2)
    await lines.countWaiting(KEYS[0], 2)
  })
  const plans = await Promise.all(statements.map((sql) => planOf(database, sql)))
  const looks = plans.flat().filter((step) => step.includes('ledger'))
  expect(looks.length).toBeGreaterThan(3)
  for (const look of looks) expect(look).toMatch(/SEARCH .*ledger_by_destination/)
})
