import { type DeliveryResult, runDelivery } from '../delivery-run.ts'
import type { Bench, ServedProcess } from '../processes.ts'
import { startBareRelay, startPassThrough, startRelayProcess } from '../relay-process.ts'
import { formatNumber, type Outcome } from '../report.ts'
import { median, rounds, type Scale, type Scenario } from '../scenario.ts'
import { type Sender, startSender } from '../sender.ts'
import { type Sink, startSink } from '../sink.ts'

export const SENDERS = 32
export const EVENTS = 20_000
export const OBJECTS = 2_000
const KIND = 'Kustomization'

export const throughput: Scenario = {
  name: 'throughput',
  about: 'rate, CPU and memory of 20,000 events from 32 senders, beside the pass-through',
  measure: measureThroughput,
}

/** Puts a side that was just started under the load of 32 senders, and ends it. */
export async function underLoad(
  parts: { readonly sink: Sink; readonly sender: Sender; readonly seconds: number },
  side: ServedProcess,
  stream: string,
): Promise<DeliveryResult> {
  const pace = { senders: SENDERS }
  const load = { stream, pace, events: EVENTS, seconds: parts.seconds }
  const objects = { kind: KIND, objects: OBJECTS }
  const result = await runDelivery({ ...parts, side, load: { ...load, ...objects } })
  await side.stop()
  return result
}

async function measureThroughput(bench: Bench, scale: Scale): Promise<Outcome> {
  const sink = await startSink(bench, { kind: 'at-once' })
  const parts = { sink, sender: await startSender(bench), seconds: scale.seconds }
  const destinations = [{ kind: KIND, sink }]
  const pass = async (name: string) => underLoad(parts, await startPassThrough(bench, sink), name)
  const relay = async (name: string) =>
    underLoad(parts, await startRelayProcess(bench, { destinations }), name)
  const bareRelay = async (name: string) =>
    underLoad(parts, await startBareRelay(bench, sink), name)
  let last = await pass('pass-first')
  const results = await rounds(scale.rounds, async (round) => {
    const before = last
    const sides = { relay: await relay(`relay-${round}`), bare: await bareRelay(`bare-${round}`) }
    last = await pass(`pass-${round}`)
    return { ...sides, pass: meanOf(before, last) }
  })
  const besidePass = (side: 'relay' | 'bare', of: (result: Numbers) => number, unit: string) => {
    const middle = (name: 'relay' | 'bare' | 'pass') =>
      formatNumber(median(results.map((it) => of(it[name]))))
    return {
      measured: `${middle(side)} beside ${middle('pass')} ${unit}`,
      value: median(results.map((it) => of(it[side]) / of(it.pass))),
    }
  }
  const delivered = (it: Numbers) => it.deliveredPerSecond
  const cpu = (it: Numbers) => it.cpuMsPerDelivery
  const peak = (it: Numbers) => it.peakResidentBytes / 1e6
  return {
    details: { results },
    rows: [
      {
        measure: 'delivered/s, durable, beside the pass-through',
        ...besidePass('relay', delivered, '/s'),
        target: { atLeast: 0.5, unit: 'x' },
      },
      {
        measure: 'the same of the bare relay',
        ...besidePass('bare', delivered, '/s'),
        target: { unit: 'x' },
      },
      {
        measure: 'CPU per delivered event, beside the pass-through',
        ...besidePass('relay', cpu, 'ms'),
        target: { atMost: 4, unit: 'x' },
      },
      {
        measure: 'the same of the bare relay',
        ...besidePass('bare', cpu, 'ms'),
        target: { unit: 'x' },
      },
      {
        measure: 'resident peak, beside the pass-through',
        ...besidePass('relay', peak, 'MB'),
        target: { atMost: 1.3, unit: 'x' },
      },
    ],
  }
}

type Numbers = Pick<DeliveryResult, 'deliveredPerSecond' | 'cpuMsPerDelivery' | 'peakResidentBytes'>

function meanOf(a: Numbers, b: Numbers): Numbers {
  return {
    deliveredPerSecond: (a.deliveredPerSecond + b.deliveredPerSecond) / 2,
    cpuMsPerDelivery: (a.cpuMsPerDelivery + b.cpuMsPerDelivery) / 2,
    peakResidentBytes: (a.peakResidentBytes + b.peakResidentBytes) / 2,
  }
}
