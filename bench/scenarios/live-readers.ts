import { request } from 'node:http'
import type { DeliveryResult } from '../delivery-run.ts'
import type { Bench, ServedProcess } from '../processes.ts'
import { startRelayProcess } from '../relay-process.ts'
import { formatNumber, type Outcome } from '../report.ts'
import { median, rounds, type Scale, type Scenario } from '../scenario.ts'
import { startSender } from '../sender.ts'
import { startSink } from '../sink.ts'
import { underLoad } from './throughput.ts'

const READERS = 10

/** What is read: the list of the console, which a person looks at, and every change, which a program reads. */
const STREAMS = [
  { path: '/console/deliveries/live', about: "the console's list" },
  { path: '/v1/deliveries/stream', about: 'the stream of every change' },
] as const

export const liveReaders: Scenario = {
  name: 'live-readers',
  about: `CPU of a relay whose live deliveries have ${READERS} readers, beside one without any`,
  measure: measureLiveReaders,
}

async function measureLiveReaders(bench: Bench, scale: Scale): Promise<Outcome> {
  const sink = await startSink(bench, { kind: 'at-once' })
  const parts = { sink, sender: await startSender(bench), seconds: scale.seconds }
  const relay = () => startRelayProcess(bench, { destinations: [{ kind: 'Kustomization', sink }] })
  const without = async (name: string) => underLoad(parts, await relay(), name)
  await without('first')
  const results = await rounds(scale.rounds, async (round) => {
    const alone = await without(`alone-${round}`)
    const read: Read[] = []
    for (const { path } of STREAMS) {
      const side = await relay()
      const opening = Array.from({ length: READERS }, () => openReader(side, path))
      const readers = await Promise.all(opening)
      const result = await underLoad(parts, side, `read-${read.length}-${round}`)
      read.push({ result, bytes: readers.map((bytes) => bytes()) })
    }
    return { alone, read }
  })
  const cpuOf = ({ cpuMsPerDelivery }: DeliveryResult) => cpuMsPerDelivery
  const alone = median(results.map((it) => cpuOf(it.alone)))
  const rows = STREAMS.map(({ about }, at) => {
    const of = (it: (typeof results)[number]) =>
      cpuOf((it.read[at] ?? it.read[0])?.result ?? it.alone)
    const measured = [median(results.map(of)), alone].map(formatNumber).join(' beside ')
    return {
      measure: `CPU per delivered event with ${READERS} readers of ${about}, beside none`,
      measured: `${measured} ms`,
      value: median(results.map((it) => of(it) / cpuOf(it.alone))),
      target: { atMost: 1.05, unit: 'x' },
    } as const
  })
  return { details: { results }, rows }
}

interface Read {
  readonly result: DeliveryResult
  /** How much each reader got. */
  readonly bytes: readonly number[]
}

/** Opens the stream and reads it as fast as it comes. Gives what tells how many bytes that were. */
async function openReader({ url }: ServedProcess, path: string): Promise<() => number> {
  let bytes = 0
  await new Promise((resolve, reject) => {
    request(`${url}${path}`, { agent: false }, (response) => {
      response.on('data', (chunk: Uint8Array) => {
        bytes += chunk.length
      })
      response.on('error', () => undefined)
      resolve(undefined)
    })
      .on('error', reject)
      .end()
  })
  return () => bytes
}
