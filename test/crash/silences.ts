import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './random.ts'
import { SILENCED } from './routes.ts'

/** A person who silences an Alert for a while, now and then, while the relay is under load. */
export interface Silences {
  /** How many the relay took. */
  readonly taken: () => number
  /** Answers that no kill and no full disk explains. */
  readonly refusals: readonly string[]
  stop(): Promise<void>
}

export interface SilenceOptions {
  readonly random: Random
  /** The relay's address while it is ready. */
  url(): string | undefined
  /** Whether the relay may refuse for now, as on a full disk. */
  mayRefuse(): boolean
}

const ANSWER_WITHIN_MS = 5_000

export function startSilences({ random, url, mayRefuse }: SilenceOptions): Silences {
  const stopping = new AbortController()
  const refusals: string[] = []
  let taken = 0

  const silence = async (base: string) => {
    const answer = await make(base, `${random.between(5, 40)}s`)
    if (answer?.status === 200) taken += 1
    const isExpected =
      answer === undefined || answer.status === 200 || (answer.status === 503 && mayRefuse())
    if (!isExpected) refusals.push(`silence: ${answer?.status} ${answer?.text}`)
  }

  const run = async () => {
    while (!stopping.signal.aborted) {
      const base = url()
      if (base !== undefined) await silence(base)
      const pauseMs = random.between(100, 1_500)
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const running = run()
  return {
    taken: () => taken,
    refusals,
    async stop() {
      stopping.abort()
      await running
    },
  }
}

/** Undefined when no answer came. */
async function make(base: string, duration: string) {
  try {
    const answer = await fetch(`${base}/v1/clusters/local/silences`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        match: `alert.metadata.name == '${SILENCED}'`,
        reason: 'crash test',
        duration,
      }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    })
    return { status: answer.status, text: await answer.text() }
  } catch {
    return undefined
  }
}
