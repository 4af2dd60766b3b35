import { setTimeout as delay } from 'node:timers/promises'
import { cpuMs } from '../process-cpu.ts'
import type { Bench } from '../processes.ts'
import { startRelayProcess } from '../relay-process.ts'
import { formatNumber, type Outcome } from '../report.ts'
import type { Scale, Scenario } from '../scenario.ts'
import { startSender } from '../sender.ts'
import { startSink } from '../sink.ts'

const DELIVERIES = 10_000

/** What of the first tries is still under way after them is over by then. */
const SETTLE_SECONDS = 20
const MEASURED_SECONDS = 60

export const parked: Scenario = {
  name: 'parked',
  about: 'CPU of 10,000 deliveries that wait for one parked destination, a minute',
  measure: measureParked,
}

async function measureParked(bench: Bench, { seconds }: Scale): Promise<Outcome> {
  const sink = await startSink(bench, { kind: 'failing' })
  const sender = await startSender(bench)
  const relay = await startRelayProcess(bench, { destinations: [{ kind: 'Kustomization', sink }] })
  const objects = { kind: 'Kustomization', objects: DELIVERIES }
  const load = { stream: 'parked', pace: { senders: 32 }, events: DELIVERIES, seconds }
  const posted = await sender.send({ ...load, ...objects, url: relay.url })
  await delay(SETTLE_SECONDS * 1_000)
  const before = cpuMs(relay.pid)
  await delay(MEASURED_SECONDS * 1_000)
  const cpuSeconds = (cpuMs(relay.pid) - before) / 1_000
  return {
    details: { posted, arrivals: await sink.arrivals('parked') },
    rows: [
      {
        measure: `CPU of ${DELIVERIES} deliveries that wait for a parked destination, a minute`,
        measured: `${formatNumber(cpuSeconds)} s with ${posted.accepted}`,
        value: cpuSeconds,
        target: { atMost: 0.5, unit: 's' },
      },
    ],
  }
}
