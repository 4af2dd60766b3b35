import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DatabaseError } from '../../../adapters/sqlite/database-error.ts'
import type { Spool } from '../../../hosts/shipper/spool/spool.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { startSink } from '../../support/recording-sink.ts'
import { eventually } from '../../support/served.ts'
import { numberedEvent } from '../../support/shipped-events.ts'
import { CLUSTER, startShipper } from '../../support/shipper-process.ts'
import { CAN_MOUNT, smallDisk } from '../../support/small-disk.ts'
import { bodies, testSpool } from '../../support/spool.ts'

const DISK_BYTES = 16 * 2 ** 20
const BATCH = [100, 256 * 1024] as const

/** Sizes of events, and how many of them come at once. */
const LOADS = [
  { bytes: 3_000, atOnce: 1 },
  { bytes: 2_000, atOnce: 50 },
  { bytes: 200_000, atOnce: 4 },
  { bytes: 2_900_000, atOnce: 1 },
] as const

// Without the right to mount a disk of its own no test can fill one.
describe.skipIf(!CAN_MOUNT)('a spool on a disk that it has filled', () => {
  it.each(LOADS)('is emptied by what it sends: $atOnce x $bytes bytes', async (load) => {
    const { spool } = testSpool({ directory: smallDisk(DISK_BYTES) })
    const first = await fillUp(spool, load)
    expect(first).toBeGreaterThan(0)
    expect(await emptied(spool)).toBe(first)
    // And again: now on the pages that are free within the file.
    const second = await fillUp(spool, load)
    expect(second).toBeGreaterThan(0)
    expect(await emptied(spool)).toBe(second)
  })

  it.each(LOADS.slice(1, 3))('is emptied after a restart: $atOnce x $bytes bytes', async (load) => {
    const directory = smallDisk(DISK_BYTES)
    const before = testSpool({ directory })
    const kept = await fillUp(before.spool, load)
    before.close()
    const { spool, aside } = testSpool({ directory })
    expect(spool.depth().events).toBe(kept)
    expect(await emptied(spool)).toBe(kept)
    expect(aside).toEqual([])
    expect(await spool.add(bodies(1)[0] ?? '')).toBe('spooled')
  })

  it('takes what there is room for while it is emptied, and loses none of it', async () => {
    const { spool } = testSpool({ directory: smallDisk(DISK_BYTES) })
    let kept = 0
    let sent = 0
    for (let round = 0; round < 20; round += 1) {
      kept += await fillUp(spool, { bytes: 3_000, atOnce: 10 })
      for (let batches = 0; batches < 4; batches += 1) sent += await settleNext(spool)
      expect(spool.depth().events).toBe(kept - sent)
    }
    expect(sent + (await emptied(spool))).toBe(kept)
    expect(await spool.problem()).toBeUndefined()
  })

  it('sets aside what the relay refuses, as large as it is', async () => {
    const { spool } = testSpool({ directory: smallDisk(DISK_BYTES) })
    await fillUp(spool, { bytes: 2_900_000, atOnce: 1 })
    await fillUp(spool, { bytes: 1_000, atOnce: 1 })
    await settleNext(spool, [{ index: 0, error: 'bad' }])
    expect(spool.depth()).toMatchObject({ refused: 1 })
    await emptied(spool)
  })

  it('says that it takes nothing, and lets what was held back go', async () => {
    const { spool } = testSpool({ directory: smallDisk(DISK_BYTES) })
    const hold = { object: 'o', source: 'watch', at: 0, said: '', waitMs: 1 } as const
    const held = { ...hold, isUnsure: false, isForPost: false, occurrence: null }
    const admitted = (sequence: number) => spool.memory.held.hold(sequence, held, 0)
    await spool.addAll([{ body: bodies(1)[0] ?? '', admitted }])
    await fillUp(spool, { bytes: 20_000, atOnce: 1 })
    await fillUp(spool, { bytes: 100, atOnce: 1 })
    expect(await spool.problem()).toMatch(/full|no space/)
    await spool.change((write) => write.release([1]))
    expect(spool.peek(1, 1)[0]?.sequence).toBe(1)
  })

  it('begins without its reserve when somebody deletes that', async () => {
    const directory = smallDisk(DISK_BYTES)
    const { spool } = testSpool({ directory })
    const kept = await fillUp(spool, { bytes: 2_000, atOnce: 10 })
    rmSync(join(directory, 'spool.db-reserve'))
    expect(await emptied(spool)).toBe(kept)
    expect(await spool.add(bodies(1)[0] ?? '')).toBe('spooled')
  })

  it('goes out after a start, without a person', async () => {
    const data = smallDisk(DISK_BYTES)
    const before = testSpool({ directory: data, clock: new ManualClock(Date.now()) })
    const kept = await fillUp(before.spool, { bytes: 150_000, atOnce: 1 })
    before.close()
    const answer = { status: 202, body: '{"accepted":1,"rejected":[]}' }
    const relay = await startSink({ [`POST /v1/clusters/${CLUSTER}/events`]: answer })
    const shipper = await startShipper({ relay: relay.url, data })
    await eventually(async () => expect(await shipper.metric('spool_events')).toBe(0))
    expect(await shipper.metric('sent_total')).toBe(kept)
    expect((await shipper.post(numberedEvent(1))).status).toBe(202)
    await shipper.end('SIGTERM')
  })
})

/** Adds events until there is no room for the next; resolves with how many it keeps. */
async function fillUp(
  spool: Spool,
  { bytes, atOnce }: { readonly bytes: number; readonly atOnce: number },
): Promise<number> {
  const texts = bodies(atOnce, bytes)
  for (let kept = 0; ; ) {
    const results = await Promise.all(texts.map((text) => spool.add(text).catch(orFull)))
    kept += results.filter((result) => result === 'spooled').length
    if (results.includes('full')) return kept
  }
}

function orFull(error: unknown): 'full' {
  if (error instanceof DatabaseError && error.problem === 'full') return 'full'
  throw error
}

async function settleNext(spool: Spool, rejected: Parameters<Spool['settle']>[1] = []) {
  const batch = spool.peek(...BATCH)
  await spool.settle(batch, rejected)
  return batch.length
}

/** Sends all that waits; resolves with how many that were. */
async function emptied(spool: Spool): Promise<number> {
  for (let sent = 0; ; ) {
    const settled = await settleNext(spool)
    if (settled === 0) return sent
    sent += settled
  }
}
