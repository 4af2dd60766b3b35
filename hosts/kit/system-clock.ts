import { performance } from 'node:perf_hooks'
import type { Clock } from '../../relay/ports/clock.ts'

/** Time and chance of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => Math.floor(performance.now()),
  random: () => Math.random(),
}
