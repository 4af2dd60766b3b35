import { setTimeout as delay } from 'node:timers/promises'
import type { Arrivals } from '../arrivals.ts'
import { now } from '../marked-event.ts'
import { besideRow, startNeighbour } from '../neighbour.ts'
import { cpuMs } from '../process-cpu.ts'
import type { Bench } from '../processes.ts'
import { startPassThrough, startRelayProcess } from '../relay-process.ts'
import { formatNumber, type Outcome } from '../report.ts'
import { peakResidentBytes } from '../resident-size.ts'
import type { Scale, Scenario } from '../scenario.ts'
import { startSender } from '../sender.ts'
import { startSink } from '../sink.ts'

const EVENTS = 100_000
const SENDERS = 100
const ANSWER_MS = 20
/** Requests that a relay has under way at one host. */
const PLACES = 10

/** The pace is judged in parts of the drain this long, so that none of them may be slow. */
const WINDOW_SECONDS = 10

const NEIGHBOUR_SECONDS = 20

export const burst: Scenario = {
  name: 'burst',
  about: 'a burst of 100,000 to one host of 10 places and 20 ms an answer, and its neighbour',
  measure: measureBurst,
}

async function measureBurst(bench: Bench, { seconds, divisor }: Scale): Promise<Outcome> {
  const sink = await startSink(bench, { kind: 'after', ms: ANSWER_MS })
  const neighbour = await startNeighbour(bench, 'HelmRelease', () => relay.url)
  const sender = await startSender(bench)
  const objects = { kind: 'Kustomization', objects: 10_000 }

  const pass = await startPassThrough(bench, sink, PLACES)
  const places = { stream: 'places', pace: { senders: 2 * PLACES }, events: EVENTS, seconds: 10 }
  const allowed = await sender.send({ ...places, ...objects, url: pass.url })
  const allowedPerSecond = (allowed.accepted * 1e6) / (allowed.endedAt - allowed.startedAt)
  await pass.stop()

  const destinations = [
    { kind: 'Kustomization', sink },
    { kind: 'HelmRelease', sink: neighbour.sink },
  ]
  const relay = await startRelayProcess(bench, { destinations })
  await neighbour.send('warm-up', 5)
  const alone = await neighbour.send('alone', NEIGHBOUR_SECONDS)

  const cpuBefore = cpuMs(relay.pid)
  const events = EVENTS / divisor
  const load = { stream: 'burst', pace: { senders: SENDERS }, events, seconds }
  const posted = await sender.send({ ...load, ...objects, url: relay.url })
  const beside = await neighbour.send('beside', NEIGHBOUR_SECONDS)
  const end = now() + seconds * 1_000_000
  while ((await sink.count('burst')) < posted.accepted && now() < end) await delay(250)
  const arrivals = await sink.arrivals('burst')
  const slowest = slowestWindow(arrivals, WINDOW_SECONDS)
  const cpu = cpuMs(relay.pid) - cpuBefore

  return {
    details: {
      ...{ allowedPerSecond, posted, arrivals, alone, beside },
      cpuMsPerDelivery: cpu / arrivals.count,
      peakResidentBytes: peakResidentBytes(relay.pid),
    },
    rows: [
      {
        measure: `burst of ${events}: slowest ${WINDOW_SECONDS} s of the drain, beside what the places allow`,
        measured: `${formatNumber(slowest)} beside ${formatNumber(allowedPerSecond)} /s`,
        value: slowest / allowedPerSecond,
        target: { atLeast: 0.9, unit: 'x' },
      },
      besideRow(
        'p99 of another host at 50/s during the burst, beside the same without it',
        beside,
        alone,
      ),
    ],
  }
}

/** Deliveries a second of the slowest of the whole windows that follow the first second. */
function slowestWindow({ perSecond }: Arrivals, seconds: number): number {
  const whole = perSecond.slice(1, -1)
  const sums: number[] = []
  for (let start = 0; start + seconds <= whole.length; start += 1) {
    sums.push(whole.slice(start, start + seconds).reduce((a, b) => a + b, 0))
  }
  return sums.length === 0 ? Number.NaN : Math.min(...sums) / seconds
}
