import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { START } from '../../support/manual-clock.ts'
import { startSink } from '../../support/recording-sink.ts'
import { runSender, takesAll } from '../../support/sender-harness.ts'
import { eventually } from '../../support/served.ts'
import { CLUSTER, startShipper } from '../../support/shipper-process.ts'
import { bodies, fill, type TestSpool, testSpool } from '../../support/spool.ts'
import { waitFor } from '../../support/wait-for.ts'

const MANY = 2 ** 30
const EVENTS_PATH = `POST /v1/clusters/${CLUSTER}/events`

describe('events that a later version of the shipper spooled', () => {
  it('are kept and counted, and hold up no other', async () => {
    const { spool } = await withLater(4, [1, 2])
    expect(spool.depth()).toMatchObject({ events: 4, later: 2 })
    const run = runSender(spool, [takesAll])
    await waitFor(() => expect(run.batches.flat()).toEqual(['0', '3']))
    await spool.add(bodies(6)[5] ?? '')
    await waitFor(() => expect(run.batches.flat()).toEqual(['0', '3', '5']))
    await waitFor(() => expect(spool.depth()).toMatchObject({ events: 2, later: 2, refused: 0 }))
    expect(run.said).toEqual(['sent 2', 'sent 1'])
  })

  it('are sent by a version that reads them, in their place', async () => {
    const later = await withLater(3, [1])
    setVersion(later, 1, [1])
    expect(messages(testSpool({ directory: later.directory }))).toEqual(['0', '1', '2'])
  })

  it('are not changed, and count no more when they are taken away', async () => {
    const { spool } = await withLater(3, [0, 2])
    await spool.change((write) => {
      for (const sequence of [1, 2]) write.change(sequence, () => '{"message":"changed"}')
      write.delete([1])
    })
    expect(messages({ spool })).toEqual(['changed'])
    expect(spool.depth()).toMatchObject({ events: 2, later: 1 })
    await spool.dropBefore(START + 1)
    expect(spool.depth()).toMatchObject({ events: 0, bytes: 0, later: 0 })
  })

  it('are told of at the start, and by a metric', async () => {
    const spool = await withLater(2, [0])
    spool.close()
    const relay = await startSink({
      [EVENTS_PATH]: { status: 202, body: '{"accepted":1,"rejected":[]}' },
    })
    // They were spooled at the time at which a ManualClock starts.
    const flags = ['--spool-max-age', '100000h']
    const shipper = await startShipper({ relay: relay.url, data: spool.directory, flags })
    const msg = 'events of a later version wait in the spool until that runs again'
    expect(await shipper.logged({ msg })).toMatchObject([{ events: 1 }])
    await eventually(async () => expect(await shipper.metric('sent_total')).toBe(1))
    expect(await shipper.metric('spool_later_events')).toBe(1)
    expect(await shipper.metric('spool_events')).toBe(1)
  })
})

/** A spool of so many events, of which those at these places are of version 2. */
async function withLater(count: number, places: readonly number[]): Promise<TestSpool> {
  const first = testSpool()
  await fill(first.spool, bodies(count))
  setVersion(first, 2, places)
  return testSpool({ directory: first.directory })
}

/** Lets go of the spool, and gives the events at these places this version. */
function setVersion({ directory, close }: TestSpool, version: number, places: readonly number[]) {
  close()
  const database = new DatabaseSync(join(directory, 'spool.db'))
  const update = database.prepare('UPDATE events SET v = ? WHERE seq = ?')
  for (const place of places) update.run(version, place + 1)
  database.close()
}

function messages({ spool }: Pick<TestSpool, 'spool'>): readonly string[] {
  return spool.peek(9, MANY).map(({ body }) => JSON.parse(body).message)
}
