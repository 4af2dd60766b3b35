import { setTimeout as delay } from 'node:timers/promises'
import type { Arrivals } from './arrivals.ts'
import { now } from './marked-event.ts'
import { cpuMs } from './process-cpu.ts'
import type { ServedProcess } from './processes.ts'
import { peakResidentBytes } from './resident-size.ts'
import type { Load, Posted, Sender } from './sender.ts'
import type { Sink } from './sink.ts'

/** A load that goes through one side to a sink. */
export interface DeliveryRun {
  readonly side: Pick<ServedProcess, 'pid' | 'url'>
  readonly sink: Sink
  readonly sender: Sender
  readonly load: Omit<Load, 'url'>
  /** When to stop waiting for deliveries, counted from the first post. */
  readonly seconds: number
}

/** What a load came to, from its first post to its last delivery, or to the end of its time. */
export interface DeliveryResult {
  readonly posted: Posted
  readonly arrivals: Arrivals
  readonly seconds: number
  readonly deliveredPerSecond: number
  /** CPU of the side in milliseconds. */
  readonly cpuMsPerDelivery: number
  readonly peakResidentBytes: number
}

const POLL_MS = 50

/** Sends a load and waits until all of it has arrived, or its time is up. */
export async function runDelivery(run: DeliveryRun): Promise<DeliveryResult> {
  const { side, sink, sender, load } = run
  const cpuBefore = cpuMs(side.pid)
  const end = now() + run.seconds * 1_000_000
  const posted = await sender.send({ ...load, url: side.url })
  while ((await sink.count(load.stream)) < posted.accepted && now() < end) await delay(POLL_MS)
  const cpu = cpuMs(side.pid) - cpuBefore
  const arrivals = await sink.arrivals(load.stream)
  const isWhole = arrivals.count >= posted.accepted
  const seconds = ((isWhole ? arrivals.lastAt : now()) - posted.startedAt) / 1e6
  return {
    posted,
    arrivals,
    seconds,
    deliveredPerSecond: arrivals.count / seconds,
    cpuMsPerDelivery: cpu / arrivals.count,
    peakResidentBytes: peakResidentBytes(side.pid) ?? Number.NaN,
  }
}
