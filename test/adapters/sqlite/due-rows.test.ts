import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { DueRows } from '../../../adapters/sqlite/due-rows.ts'
import { openRelayDatabase, type RelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { acceptingLedger } from './support/accepting-ledger.ts'

/** A database that keeps what SQLite says of how it reads: https://sqlite.org/eqp.html */
function explaining(database: RelayDatabase) {
  const plans: string[] = []
  const read: RelayDatabase['read'] = async (sql, ...parameters) => {
    const explain = `EXPLAIN QUERY PLAN ${sql}`
    const plan = await database.read<{ detail: string }>(explain, ...parameters)
    plans.push(...plan.map(({ detail }) => detail))
    return database.read(sql, ...parameters)
  }
  return { plans, database: { read } }
}

it('reads on after a place by an index, also among many that are due at one time', async () => {
  const opened = openRelayDatabase(join(temporaryDirectory(), 'relay.db'))
  onTestFinished(() => opened.close())
  const ledger = acceptingLedger(opened, new ManualClock())
  const clusters = ['a', 'b', 'a', 'b', 'a', 'b']
  for (const [index, cluster] of clusters.entries()) {
    const record = deliveryRecord({ id: `${cluster}${index}`, outcome: 'retry', dueAt: START })
    await ledger.writeMany([{ record: { ...record, cluster }, expected: 'absent' }])
  }
  const { plans, database } = explaining(opened)
  const due: string[] = []
  let isRoom = false
  const rows = new DueRows(database, {
    hasRoom: (cluster) => cluster === 'b' || isRoom,
    wantsMore: () => isRoom,
    onDue: ({ deliveryId }) => void due.push(deliveryId),
  })
  while (rows.hasMore(START)) await rows.read(1, START)
  expect(due).toEqual(['b1', 'b3', 'b5'])
  isRoom = true
  while (rows.hasMore(START)) await rows.read(1, START)
  expect(due).toEqual(['b1', 'b3', 'b5', 'a0', 'a2', 'a4'])

  const byPlace = 'SEARCH ledger USING INDEX ledger_by_due (due_at=? AND rowid>?)'
  const later = /^SEARCH ledger USING INDEX ledger_by_due \(due_at>\?( AND due_at<\?)?\)$/
  const searches = plans.filter((detail) => detail.startsWith('SEARCH'))
  expect(searches.filter((detail) => detail === byPlace)).toHaveLength(searches.length / 2)
  expect(searches.filter((detail) => later.test(detail))).toHaveLength(searches.length / 2)
  expect(plans.join('\n')).not.toMatch(/SCAN ledger|TEMP B-TREE/)
})
