import type { RelayFlags } from '../relay/options.ts'

/** How often a list that is watched is asked for, of a relay that has no stream. Milliseconds. */
export const WATCH_EVERY_MS = 1_000

/** Most records that one list looks at: on AWS each page is paid for. */
export const MOST_READ = { relay: 100_000, stack: 10_000 } as const

/** Which of these bounds a command has. */
export function placeOf({ stack }: RelayFlags): 'relay' | 'stack' {
  return stack === undefined ? 'relay' : 'stack'
}
