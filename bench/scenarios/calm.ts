import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Arrivals, percentiles } from '../arrivals.ts'
import { syncTimes } from '../disk-syncs.ts'
import { now } from '../marked-event.ts'
import type { Bench, ServedProcess } from '../processes.ts'
import { startBareRelay, startPassThrough, startRelayProcess } from '../relay-process.ts'
import { formatNumber, type Outcome, type Row } from '../report.ts'
import type { Scenario } from '../scenario.ts'
import { startSender } from '../sender.ts'
import { startSink } from '../sink.ts'

const PER_SECOND = 100

/** The sides take turns, so that what else the machine does meets both. */
const TURNS = 6
const TURN_SECONDS = 10

/** What an event of a calm hour is for the disk: two commits, of about three pages each. */
const SYNCS_PER_EVENT = 2
const SYNC_BYTES = 12_288

export const calm: Scenario = {
  name: 'calm',
  about: 'latency at 100 events a second, beside the pass-through',
  measure: measureCalm,
}

async function measureCalm(bench: Bench): Promise<Outcome> {
  const sink = await startSink(bench, { kind: 'at-once' })
  const sender = await startSender(bench)
  const pass = await startPassThrough(bench, sink)
  const relay = await startRelayProcess(bench, { destinations: [{ kind: 'Kustomization', sink }] })
  const bare = await startBareRelay(bench, sink)
  const objects = { kind: 'Kustomization', objects: 1_000 }
  const events = PER_SECOND * TURN_SECONDS
  let expected = 0
  const turn = async (side: ServedProcess, stream: string, from: number) => {
    const pace = { perSecond: PER_SECOND }
    const load = { ...objects, stream, pace, events, seconds: TURN_SECONDS, from, url: side.url }
    expected = from + (await sender.send(load)).accepted
    const end = now() + 10_000_000
    while ((await sink.count(stream)) < expected && now() < end) await delay(20)
  }
  const syncs: number[] = []
  const disk = {
    file: join(bench.directory, 'syncs'),
    bytes: SYNC_BYTES,
    count: events * SYNCS_PER_EVENT,
    perSecond: PER_SECOND * SYNCS_PER_EVENT,
  }
  await turn(pass, 'warm-up-pass', 0)
  await turn(relay, 'warm-up-relay', 0)
  await turn(bare, 'warm-up-bare', 0)
  for (let index = 0; index < TURNS; index += 1) {
    await turn(pass, 'pass', index * events)
    await turn(relay, 'relay', index * events)
    await turn(bare, 'bare', index * events)
    syncs.push(...(await syncTimes(disk)))
  }
  const ofPass = await sink.arrivals('pass')
  const ofRelay = await sink.arrivals('relay')
  const ofBare = await sink.arrivals('bare')
  const besidePass = (name: 'p99' | 'p999', { latency }: Arrivals) => ({
    measured: `${formatNumber(latency[name])} beside ${formatNumber(ofPass.latency[name])} ms`,
    value: latency[name] / ofPass.latency[name],
  })
  const rows = (name: 'p99' | 'p999', title: string, atMost: number): readonly Row[] => [
    {
      measure: `calm 100/s: ${title}, beside the pass-through`,
      ...besidePass(name, ofRelay),
      target: { atMost, unit: 'x' },
    },
    {
      measure: 'the same of the bare relay',
      ...besidePass(name, ofBare),
      target: { unit: 'x' },
    },
  ]
  const ofDisk = percentiles(syncs)
  return {
    details: { pass: ofPass, relay: ofRelay, bare: ofBare, syncs: ofDisk },
    rows: [
      ...rows('p99', 'p99', 2),
      ...rows('p999', 'p99.9', 3),
      {
        measure: 'as many syncs of the disk alone, in turns with these: the longest',
        measured: `p99 ${formatNumber(ofDisk.p99)}, p99.9 ${formatNumber(ofDisk.p999)} ms`,
        value: Math.max(...syncs),
        target: { unit: 'ms' },
      },
    ],
  }
}
