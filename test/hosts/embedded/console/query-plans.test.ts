import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { SqliteConfigStore } from '../../../../adapters/sqlite/config.ts'
import { SqliteOutcomeCounts } from '../../../../adapters/sqlite/outcome-counts.ts'
import { openRelayDatabase } from '../../../../adapters/sqlite/relay-database.ts'
import { acceptingLedger } from '../../../adapters/sqlite/support/accepting-ledger.ts'
import { planOf, statementsOf } from '../../../adapters/sqlite/support/query-plans.ts'
import { startConsole } from '../../../support/console.ts'
import { deliveryRecord } from '../../../support/delivery-records.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { temporaryDirectory } from '../../../support/temporary-directory.ts'

const ID = 'a'.repeat(64)
const EVENT = 'e'.repeat(64)

const PATHS = [
  'overview',
  'deliveries',
  'deliveries?cluster=local&outcome=dead&outcome=retry',
  'deliveries?object=Kustomization/flux-system/podinfo&since=1h&until=1m',
  'deliveries?alert=flux-system/on-call',
  'deliveries?provider=flux-system/slack&outcome=delivered',
  `deliveries?event=${EVENT.slice(0, 12)}`,
  'deliveries?text=finished&severity=info&reason=ReconciliationSucceeded',
  'deliveries.csv?cluster=local',
  'deliveries.json?outcome=dead',
  `deliveries/${ID}`,
  'events',
  'events?cluster=local&alert=flux-system/on-call',
  `events/${EVENT}?cluster=local`,
  `try?event=${EVENT}`,
  'alerts',
  'providers',
  'clusters',
]

/** The tables that grow with what comes, unlike those of clusters and objects. */
const LARGE = /^(?:SCAN|SEARCH) (?:ledger|events)\b/

/** A walk through all records in their order, which a limit ends. */
const WALK = /^SCAN ledger USING INDEX ledger_by_time$/

/** The numbers that a statement is given. */
const GIVEN = /^SCAN json_each VIRTUAL TABLE\b/

/** What is equal in an index, which knows the beginnings of ids, is sorted. */
const SORTS_EQUAL = 'USE TEMP B-TREE FOR LAST TERM OF ORDER BY'

/** The records of the events whose ids begin with a text have to be sorted. */
const OF_EVENTS = /INDEXED BY ledger_by_event\b/

it.each(PATHS)('%s asks nothing that looks through the ledger', async (path) => {
  const database = openRelayDatabase(join(temporaryDirectory(), 'relay.db'))
  onTestFinished(() => database.close())
  const clock = new ManualClock()
  const ledger = acceptingLedger(database, clock)
  await ledger.writeMany([
    { record: deliveryRecord({ id: ID, eventId: EVENT }), expected: 'absent' },
  ])
  const configs = new SqliteConfigStore(database, clock)
  const counts = new SqliteOutcomeCounts(database)
  const { get } = await startConsole(undefined, {}, { ledger, configs, history: configs, counts })
  const replies: number[] = []
  const statements = await statementsOf(database, async () => {
    replies.push((await get(`/console/${path}`)).status)
  })
  expect(replies).toEqual([200])
  const plans = await Promise.all(
    [...new Set(statements)].map(async (sql) => ({ sql, plan: await planOf(database, sql) })),
  )
  const large = plans.filter(({ plan }) => plan.some((step) => LARGE.test(step)))
  for (const { sql, plan } of large) {
    const wrong = plan.filter((step) => {
      if (step === SORTS_EQUAL || GIVEN.test(step)) return false
      if (step.includes('TEMP B-TREE')) return !OF_EVENTS.test(sql)
      return step.startsWith('SCAN') && !(WALK.test(step) && /LIMIT \?\s*$/.test(sql))
    })
    expect([sql, wrong]).toEqual([sql, []])
  }
  if (!/alerts|providers|clusters/.test(path)) expect(large).not.toEqual([])
})
