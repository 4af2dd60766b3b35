import { setTimeout as delay } from 'node:timers/promises'
import { now } from '../marked-event.ts'
import type { Bench, ServedProcess } from '../processes.ts'
import { startPassThrough, startRelayProcess } from '../relay-process.ts'
import { formatNumber, type Outcome } from '../report.ts'
import type { Scenario } from '../scenario.ts'
import { startSender } from '../sender.ts'
import { startSink } from '../sink.ts'

const PER_SECOND = 100

/** The sides take turns, so that what else the machine does meets both. */
const TURNS = 6
const TURN_SECONDS = 10

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
  await turn(pass, 'warm-up-pass', 0)
  await turn(relay, 'warm-up-relay', 0)
  for (let index = 0; index < TURNS; index += 1) {
    await turn(pass, 'pass', index * events)
    await turn(relay, 'relay', index * events)
  }
  const [ofPass, ofRelay] = [await sink.arrivals('pass'), await sink.arrivals('relay')]
  const row = (name: 'p99' | 'p999', title: string, atMost: number) => ({
    measure: `calm 100/s: ${title}, beside the pass-through`,
    measured: `${formatNumber(ofRelay.latency[name])} beside ${formatNumber(ofPass.latency[name])} ms`,
    value: ofRelay.latency[name] / ofPass.latency[name],
    target: { atMost, unit: 'x' } as const,
  })
  return {
    details: { pass: ofPass, relay: ofRelay },
    rows: [row('p99', 'p99', 2), row('p999', 'p99.9', 3)],
  }
}
