import { setTimeout as delay } from 'node:timers/promises'
import { cpuMs } from '../process-cpu.ts'
import type { Bench, ServedProcess } from '../processes.ts'
import { startRelayProcess } from '../relay-process.ts'
import { formatNumber, type Outcome } from '../report.ts'
import { median, rounds, type Scale, type Scenario } from '../scenario.ts'
import { startSender } from '../sender.ts'
import { type Sink, startSink } from '../sink.ts'
import { openReaders } from '../stream-readers.ts'
import { OBJECTS, SENDERS } from './throughput.ts'

const READERS = 10

/** What is read: the list of the console, which a person looks at, and every change, which a program reads. */
const STREAMS = [
  { path: '/console/deliveries/live', about: "the console's list" },
  { path: '/v1/deliveries/stream', about: 'the stream of every change' },
] as const

/** How long the relay works before anything is measured, so that what is hot is compiled. Milliseconds. */
const WARM_UP_MS = 8_000

/** How long readers are there before they count, and how long they count. Milliseconds. */
const OPENING_MS = 350
const COUNTED_MS = 1_500

/** A round has a time without readers, and one for each stream. */
const ROUND_MS = (STREAMS.length + 1) * (OPENING_MS + COUNTED_MS)

const STREAM = 'live-readers'

export const liveReaders: Scenario = {
  name: 'live-readers',
  about: `CPU of a relay while its live deliveries have ${READERS} readers, beside while they have none`,
  measure: measureLiveReaders,
}

/**
 * One relay works through one load, while readers come and go: one process differs from another by more than what
 * readers cost, and so does a machine from what it is half a minute later.
 */
async function measureLiveReaders(bench: Bench, scale: Scale): Promise<Outcome> {
  const results = (await rounds(scale.rounds, () => measureOnce(bench, scale))).flat()
  const rows = STREAMS.map(({ about }, at) => {
    const of = ({ read, alone }: Round) => (read[at] ?? alone).cpuMsPerDelivery
    const alone = median(results.map((it) => it.alone.cpuMsPerDelivery))
    const measured = [median(results.map(of)), alone].map(formatNumber).join(' beside ')
    return {
      measure: `CPU per delivered event with ${READERS} readers of ${about}, beside none`,
      measured: `${measured} ms`,
      value: median(results.map((it) => of(it) / it.alone.cpuMsPerDelivery)),
      target: { atMost: 1.05, unit: 'x' },
    } as const
  })
  return { details: { results }, rows }
}

interface Round {
  readonly alone: Slot
  /** In the order of `STREAMS`. */
  readonly read: readonly Slot[]
}

/** What was done in a time in which nobody, or who reads one stream, was there. */
interface Slot {
  readonly cpuMsPerDelivery: number
  readonly deliveredPerSecond: number
  /** How much each reader got. */
  readonly bytes: readonly number[]
}

async function measureOnce(bench: Bench, { seconds }: Scale): Promise<readonly Round[]> {
  const sink = await startSink(bench, { kind: 'at-once' })
  const sender = await startSender(bench)
  const relay = await startRelayProcess(bench, {
    destinations: [{ kind: 'Kustomization', sink }],
  })
  const load = {
    ...{ url: relay.url, stream: STREAM, kind: 'Kustomization', objects: OBJECTS },
    ...{ pace: { senders: SENDERS }, events: Number.MAX_SAFE_INTEGER, seconds: seconds + 60 },
  }
  // It ends with its process.
  sender.send(load).catch(() => undefined)
  await delay(WARM_UP_MS)
  const count = Math.max(1, Math.floor((seconds * 1_000 - WARM_UP_MS) / ROUND_MS))
  const measured = await rounds(count, async (round) => {
    const read: Slot[] = []
    // Each other round goes backwards, so that what gets slower with time is so for both.
    if (round % 2 === 1) for (const at of [1, 0]) read[at] = await slotOf(relay, sink, at)
    const alone = await slotOf(relay, sink)
    if (round % 2 === 0) for (const at of [0, 1]) read[at] = await slotOf(relay, sink, at)
    return { alone, read }
  })
  await sender.stop()
  await relay.stop()
  await sink.stop()
  return measured
}

async function slotOf(relay: ServedProcess, sink: Sink, at?: number): Promise<Slot> {
  const path = at === undefined ? undefined : STREAMS[at]?.path
  const readers = path === undefined ? undefined : await openReaders(relay, path, READERS)
  await delay(OPENING_MS)
  readers?.bytes()
  const before = { cpu: cpuMs(relay.pid), count: await sink.count(STREAM), at: performance.now() }
  await delay(COUNTED_MS)
  const cpu = cpuMs(relay.pid) - before.cpu
  const count = (await sink.count(STREAM)) - before.count
  const seconds = (performance.now() - before.at) / 1_000
  const bytes = readers?.bytes() ?? []
  readers?.close()
  return { cpuMsPerDelivery: cpu / count, deliveredPerSecond: count / seconds, bytes }
}
