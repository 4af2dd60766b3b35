import { join } from 'node:path'
import type { MarkedObjects } from './marked-event.ts'
import type { Bench } from './processes.ts'

/** How the events of a load follow each other. */
export type Pace =
  /** Each of the senders waits for its answer before it posts its next event. */
  | { readonly senders: number }
  /** Steadily, whatever the answers take. */
  | { readonly perSecond: number }

/** What is posted: whichever bound is reached first ends it. */
export interface Load extends MarkedObjects {
  readonly url: string
  readonly stream: string
  readonly pace: Pace
  readonly events: number
  readonly seconds: number
  /** The index of its first event; 0 unless given. */
  readonly from?: number
}

/** What was posted. Times are microseconds of `now`. */
export interface Posted {
  /** Events that were answered by 202. */
  readonly accepted: number
  /** Posts that failed or got another answer. */
  readonly failed: number
  readonly startedAt: number
  readonly endedAt: number
}

/** The controllers of a cluster in a process of their own. */
export interface Sender {
  send(load: Load): Promise<Posted>
  stop(): Promise<void>
}

export async function startSender({ start }: Bench): Promise<Sender> {
  const program = join(import.meta.dirname, 'programs/sender.ts')
  const { ask, stop } = await start([program], { answers: true })
  return { stop, send: async (load) => (await ask(load)) as Posted }
}
