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

export const liveReaders: Scenario = {
  name: 'live-readers',
  about: `CPU of a relay whose stream of deliveries has ${READERS} readers, beside one without any`,
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
    const side = await relay()
    const readers = await Promise.all(Array.from({ length: READERS }, () => openReader(side)))
    const read = await underLoad(parts, side, `read-${round}`)
    return { alone, read, bytes: readers.map((bytes) => bytes()) }
  })
  const middle = (of: (result: (typeof results)[number]) => DeliveryResult) =>
    formatNumber(median(results.map((result) => of(result).cpuMsPerDelivery)))
  const value = median(results.map((it) => it.read.cpuMsPerDelivery / it.alone.cpuMsPerDelivery))
  return {
    details: { results },
    rows: [
      {
        measure: `CPU per delivered event with ${READERS} readers of the stream, beside none`,
        measured: `${middle((it) => it.read)} beside ${middle((it) => it.alone)} ms`,
        value,
        target: { atMost: 1.05, unit: 'x' },
      },
    ],
  }
}

/** Opens the stream and reads it as fast as it comes. Gives what tells how many bytes that were. */
async function openReader({ url }: ServedProcess): Promise<() => number> {
  let bytes = 0
  await new Promise((resolve, reject) => {
    request(`${url}/v1/deliveries/stream`, { agent: false }, (response) => {
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
