import { setTimeout as delay } from 'node:timers/promises'
import type { Arrivals } from './arrivals.ts'
import { now } from './marked-event.ts'
import type { Bench } from './processes.ts'
import { formatNumber, type Row } from './report.ts'
import { startSender } from './sender.ts'
import { type Sink, startSink } from './sink.ts'

const PER_SECOND = 50

/** Who sends a little all the time, beside whom others make trouble. */
export interface Neighbour {
  /** Where its events are to arrive. */
  readonly sink: Sink
  /** Sends for so many seconds, and gives what of it arrived. */
  send(stream: string, seconds: number): Promise<Arrivals>
}

/** `eventsUrl` takes its events of this kind once it sends any. */
export async function startNeighbour(
  bench: Bench,
  kind: string,
  eventsUrl: () => string,
): Promise<Neighbour> {
  const sink = await startSink(bench, { kind: 'at-once' })
  const sender = await startSender(bench)
  return {
    sink,
    async send(stream, seconds) {
      const events = PER_SECOND * seconds
      const pace = { perSecond: PER_SECOND }
      const about = { kind, objects: 500 }
      await sender.send({ ...about, stream, pace, events, seconds, url: eventsUrl() })
      const end = now() + 30_000_000
      while ((await sink.count(stream)) < events && now() < end) await delay(100)
      return sink.arrivals(stream)
    },
  }
}

/** How much later the neighbour's events arrive beside trouble than alone, and what is allowed. */
export function besideRow(measure: string, beside: Arrivals, alone: Arrivals): Row {
  const [p99, p99Alone] = [beside.latency.p99, alone.latency.p99]
  return {
    measure,
    measured: `${formatNumber(p99)} (${beside.count} came) beside ${formatNumber(p99Alone)} ms`,
    value: p99 / p99Alone,
    target: { atMost: 2, unit: 'x' },
    otherwise: { value: p99 - p99Alone, target: { atMost: 25, unit: 'ms' } },
  }
}
