import { monitorEventLoopDelay } from 'node:perf_hooks'
import { answerParent } from './asking.ts'

/** What the probe in a relay's process is asked. */
export type ProbeQuestion = 'begin' | 'event-loop'

/** How late the event loop was, in milliseconds. */
export interface EventLoopDelay {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** A sample is the time between two ticks of a timer, so as much of each is no delay. */
const RESOLUTION_MS = 1

/** Loaded before the relay (`node --import`): watches its event loop once it is told to begin. */
const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

answerParent((question) => {
  if ((question as ProbeQuestion) === 'begin') {
    histogram.reset()
    histogram.enable()
    return undefined
  }
  histogram.disable()
  return eventLoopDelay()
})

function eventLoopDelay(): EventLoopDelay {
  const late = (nanoseconds: number) => Math.max(nanoseconds / 1e6 - RESOLUTION_MS, 0)
  return {
    p50: late(histogram.percentile(50)),
    p99: late(histogram.percentile(99)),
    max: late(histogram.max),
  }
}
