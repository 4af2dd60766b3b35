import { parseArgs } from 'node:util'

/** How long a soak lasts and how much it does, all of it bounded. */
export interface SoakOptions {
  readonly minutes: number
  /** Events a second of each cluster. */
  readonly rate: number
  readonly seed: number
  /** Where the report is written too. */
  readonly json: string | undefined
}

const MOST = { minutes: 24 * 60, rate: 200 } as const

export const USAGE = `usage: npm run soak -- [options]

  --minutes N   how long the load lasts (60; at most ${MOST.minutes})
  --rate N      events a second of each of the three clusters (15; at most ${MOST.rate})
  --seed N      of the disturbances
  --json PATH   write the report to this file too
`

/** Reads the command line. Throws an error for a person. */
export function readOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '60' },
      rate: { type: 'string', default: '15' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      json: { type: 'string' },
    },
  })
  return {
    minutes: within(values.minutes, 1, MOST.minutes, '--minutes'),
    rate: within(values.rate, 1, MOST.rate, '--rate'),
    seed: within(values.seed, 0, 1_000_000, '--seed'),
    json: values.json,
  }
}

function within(text: string, least: number, most: number, flag: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new Error(`${flag} is a whole number from ${least} to ${most}\n\n${USAGE}`)
}
