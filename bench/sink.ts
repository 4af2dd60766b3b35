import { join } from 'node:path'
import type { Arrivals } from './arrivals.ts'
import type { Bench } from './processes.ts'

/** How a destination answers. `failing`: with 503. */
export type SinkAnswer =
  | { readonly kind: 'at-once' | 'never' | 'failing' }
  | { readonly kind: 'after'; readonly ms: number }

/** What a sink is asked. */
export interface SinkQuestion {
  readonly kind: 'count' | 'arrivals'
  readonly stream: string
}

/** A destination in a process of its own. */
export interface Sink {
  readonly url: string
  /** How many events of a load have arrived. */
  count(stream: string): Promise<number>
  arrivals(stream: string): Promise<Arrivals>
  stop(): Promise<void>
}

export async function startSink({ start }: Bench, answer: SinkAnswer): Promise<Sink> {
  const program = join(import.meta.dirname, 'programs/sink.ts')
  const { url, ask, stop } = await start([program, JSON.stringify(answer)], { answers: true })
  const askOf = (question: SinkQuestion) => ask(question)
  return {
    url,
    stop,
    count: async (stream) => (await askOf({ kind: 'count', stream })) as number,
    arrivals: async (stream) => (await askOf({ kind: 'arrivals', stream })) as Arrivals,
  }
}
