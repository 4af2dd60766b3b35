import { join } from 'node:path'
import { percentiles } from '../arrivals.ts'
import { runDelivery } from '../delivery-run.ts'
import { syncTimes } from '../disk-syncs.ts'
import type { Bench, ServedProcess } from '../processes.ts'
import { startPassThrough, startRelayProcess } from '../relay-process.ts'
import { formatNumber, type Outcome } from '../report.ts'
import { median, rounds, type Scale, type Scenario } from '../scenario.ts'
import { startSender } from '../sender.ts'
import { startSink } from '../sink.ts'

const EVENTS = 2_000
const LOAD_SECONDS = 10
const SYNCS = 500
const PAGE_BYTES = 4_096

export const oneSender: Scenario = {
  name: 'one-sender',
  about: 'one sender that waits for each answer, beside the pass-through and one fsync',
  measure: measureOneSender,
}

async function measureOneSender(bench: Bench, scale: Scale): Promise<Outcome> {
  const sink = await startSink(bench, { kind: 'at-once' })
  const sender = await startSender(bench)
  const pass = await startPassThrough(bench, sink)
  const relay = await startRelayProcess(bench, { destinations: [{ kind: 'Kustomization', sink }] })
  const answeredPerSecond = async (side: ServedProcess, stream: string) => {
    const pace = { senders: 1 }
    const objects = { kind: 'Kustomization', objects: EVENTS }
    const load = { ...objects, stream, pace, events: EVENTS, seconds: LOAD_SECONDS }
    const run = { side, sink, sender, load, seconds: LOAD_SECONDS + 5 }
    const { accepted, startedAt, endedAt } = (await runDelivery(run)).posted
    return (accepted * 1e6) / (endedAt - startedAt)
  }
  await answeredPerSecond(pass, 'warm-up-pass')
  await answeredPerSecond(relay, 'warm-up-relay')
  const results = await rounds(Math.max(scale.rounds, 3), async (round) => {
    const passPerSecond = await answeredPerSecond(pass, `pass-${round}`)
    const file = join(bench.directory, 'sync')
    const syncMs = percentiles(await syncTimes({ file, bytes: PAGE_BYTES, count: SYNCS })).p50
    const relayPerSecond = await answeredPerSecond(relay, `relay-${round}`)
    const bestPerSecond = 1_000 / (1_000 / passPerSecond + syncMs)
    return { passPerSecond, relayPerSecond, bestPerSecond, syncMs }
  })
  const middle = (name: keyof (typeof results)[number]) =>
    formatNumber(median(results.map((it) => it[name])))
  return {
    details: { results },
    rows: [
      {
        measure: 'one sender that waits, beside 1 / (the pass-through’s time + one fsync’s)',
        measured: `${middle('relayPerSecond')} beside ${middle('bestPerSecond')} /s (fsync ${middle('syncMs')} ms)`,
        value: median(results.map((it) => it.relayPerSecond / it.bestPerSecond)),
        target: { atLeast: 0.6, unit: 'x' },
      },
    ],
  }
}
