import { setTimeout as delay } from 'node:timers/promises'
import { fillQueue } from '../filled-queue.ts'
import { now } from '../marked-event.ts'
import { cpuMs } from '../process-cpu.ts'
import type { Bench } from '../processes.ts'
import { startRelayProcess } from '../relay-process.ts'
import { formatNumber, type Outcome } from '../report.ts'
import { peakResidentBytes } from '../resident-size.ts'
import type { Scale, Scenario } from '../scenario.ts'
import { type Sink, startSink } from '../sink.ts'

const MANY = 1_000_000
const FEW = 20_000
const OBJECTS = 10_000
const KIND = 'Kustomization'

export const backlog: Scenario = {
  name: 'backlog',
  about: 'start, drain and memory with 1,000,000 events queued, beside 20,000',
  measure: measureBacklog,
}

interface Drain {
  readonly events: number
  readonly readyMs: number
  readonly deliveredPerSecond: number
  readonly cpuMsPerDelivery: number
  readonly peakResidentBytes: number
}

async function measureBacklog(bench: Bench, { seconds, divisor }: Scale): Promise<Outcome> {
  const sink = await startSink(bench, { kind: 'at-once' })
  const many = await drain(bench, sink, MANY / divisor, seconds)
  const few = await drain(bench, sink, FEW, seconds)
  const [peak, peakOfFew] = [many.peakResidentBytes / 1e6, few.peakResidentBytes / 1e6]
  const rates = [many.deliveredPerSecond, few.deliveredPerSecond].map(formatNumber)
  return {
    details: { many, few },
    rows: [
      {
        measure: `${many.events} queued: ready after a restart`,
        measured: `${formatNumber(many.readyMs / 1_000)} s (${formatNumber(few.readyMs / 1_000)} with ${FEW})`,
        value: many.readyMs / 1_000,
        target: { atMost: 2, unit: 's' },
      },
      {
        measure: `${many.events} queued: drain over ${seconds} s, beside that of ${FEW}`,
        measured: `${rates.join(' beside ')} /s`,
        value: many.deliveredPerSecond / few.deliveredPerSecond,
        target: { atLeast: 0.8, unit: 'x' },
      },
      {
        measure: `resident peak with ${many.events} waiting, more than with ${FEW}`,
        measured: `${formatNumber(peak)} beside ${formatNumber(peakOfFew)} MB`,
        value: peak - peakOfFew,
        target: { atMost: 60, unit: 'MB' },
      },
    ],
  }
}

/** Starts a relay on a queue that is there already, and lets it deliver. */
async function drain(bench: Bench, sink: Sink, events: number, seconds: number): Promise<Drain> {
  const stream = `queued-${events}`
  const data = await fillQueue(bench, { stream, events, kind: KIND, objects: OBJECTS })
  const relay = await startRelayProcess(bench, { destinations: [{ kind: KIND, sink }], data })
  const startedAt = now()
  const cpuBefore = cpuMs(relay.pid)
  const end = startedAt + seconds * 1_000_000
  while ((await sink.count(stream)) < events && now() < end) await delay(50)
  const cpu = cpuMs(relay.pid) - cpuBefore
  const { count, lastAt } = await sink.arrivals(stream)
  const result = {
    events,
    readyMs: relay.readyMs,
    deliveredPerSecond: (count * 1e6) / (lastAt - startedAt),
    cpuMsPerDelivery: cpu / count,
    peakResidentBytes: peakResidentBytes(relay.pid) ?? Number.NaN,
  }
  await relay.stop()
  return result
}
