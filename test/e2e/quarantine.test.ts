import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { SqliteQueue } from '../../adapters/sqlite/queue.ts'
import { openRelayDatabase } from '../../adapters/sqlite/relay-database.ts'
import { systemClock } from '../../hosts/kit/system-clock.ts'
import { acceptingLedger } from '../adapters/sqlite/support/accepting-ledger.ts'
import { acceptedEvent, deliveryRecord, event } from '../support/delivery-records.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { startSink } from '../support/recording-sink.ts'
import { manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { runCli, startRelay } from '../support/relay-process.ts'
import { eventually } from '../support/served.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const clock = systemClock

/** A data folder with three events of two objects, and a retry. */
async function dataFolder(): Promise<string> {
  const data = temporaryDirectory()
  const database = openRelayDatabase(join(data, 'flux-relay.db'))
  const queue = new SqliteQueue(database, clock)
  const now = clock.now()
  const about = (name: string, message: string) =>
    acceptedEvent({
      acceptedAt: now,
      orderTime: now,
      event: { ...event(name, message), timestamp: new Date(now).toISOString() },
    })
  await queue.send([about('app', 'first'), about('app', 'second'), about('other', 'third')])
  const record = deliveryRecord({ outcome: 'retry', dueAt: now, acceptedAt: now })
  await acceptingLedger(database, clock).writeMany([{ record, expected: 'absent' }])
  await queue.sendRetries([{ deliveryId: record.id, attempt: 1, dueAt: now }])
  await database.close()
  return data
}

function change(data: string, statement: string): void {
  const connection = new DatabaseSync(join(data, 'flux-relay.db'))
  connection.exec(statement)
  connection.close()
}

it('starts with an event and a record that cannot be read, and delivers all others', async () => {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const manifests = manifestsFolder({
    'alert.yaml': alertYaml('all'),
    'provider.yaml': providerYaml('slack', { type: 'generic', address: `${sink.url}/hook` }),
  })
  const data = await dataFolder()
  change(
    data,
    `UPDATE events SET body = replace(body, '"severity":', '"severity"') WHERE seq = 1;
     UPDATE ledger SET body = replace(body, '"outcome":', '"outcome"')`,
  )
  const relay = await startRelay({ manifests, data })
  await relay.logged({ msg: 'set aside; flux-relay replay --queue puts it back' }, 2)
  const messages = () =>
    sink.requests.map(({ body }) => (JSON.parse(String(body)) as { message: string }).message)
  await eventually(() => expect(messages().toSorted()).toEqual(['second', 'third']))
  expect((await relay.fetch('/readyz')).status).toBe(200)
  expect(await relay.metric('flux_relay_quarantine_messages')).toBe(2)
  const shown = await runCli('replay', '--queue', '--dry-run', '--relay', relay.url)
  expect(shown.stdout).toMatch(/ event .* 0 +DamagedRecord: a stored queued event cannot be read/)
  expect(shown.stdout).toMatch(/ retry .* 0 +DamagedRecord: a stored delivery record cannot/)
  await relay.end('SIGTERM')

  change(data, `UPDATE quarantine SET body = replace(body, '"severity"', '"severity":')`)
  const again = await startRelay({ manifests, data })
  const replayed = await runCli('replay', '--queue', '--relay', again.url)
  expect(replayed.stdout).toBe('1 events and 1 retries are queued again\n')
  await eventually(() => expect(messages()).toContain('first'))
  // The record is still what it was.
  await again.logged({ msg: 'set aside; flux-relay replay --queue puts it back', kind: 'retry' })
  expect(await again.metric('flux_relay_quarantine_messages')).toBe(1)
})
