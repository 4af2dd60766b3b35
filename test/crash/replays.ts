import { setTimeout as sleep } from 'node:timers/promises'
import type { DeliveryView } from '../../relay/api/delivery-view.ts'
import type { Random } from './random.ts'

/** A person who replays deliveries while the relay is under load. */
export interface Replays {
  /** How many the relay took. */
  readonly taken: () => number
  /** Answers that no kill, no full disk and no newer event explains. */
  readonly refusals: readonly string[]
  stop(): Promise<void>
}

export interface ReplayOptions {
  readonly random: Random
  /** The relay's address while it is ready. */
  url(): string | undefined
  /** A delivery that is replayed now, whatever comes of that. */
  onAsked(delivery: string): void
  /** Whether the relay may refuse for now, as on a full disk. */
  mayRefuse(): boolean
}

const ANSWER_WITHIN_MS = 5_000

/** What was sent, and what waits; of statuses only this, since others may be newer. */
const OUTCOMES = ['delivered', 'retry', 'held'] as const

export function startReplays(options: ReplayOptions): Replays {
  const { random, url, onAsked, mayRefuse } = options
  const refusals: string[] = []
  let taken = 0
  let isStopped = false

  const replayOne = async (base: string) => {
    const outcome = OUTCOMES[random.between(0, OUTCOMES.length - 1)] ?? 'retry'
    const list = await ask(`${base}/v1/deliveries?limit=50&outcome=${outcome}`, 'GET')
    if (list?.status !== 200) return
    const { deliveries } = list.body as { readonly deliveries: readonly DeliveryView[] }
    const fit = deliveries.filter((delivery) => isReplayable(delivery, outcome))
    const chosen = fit[random.between(0, fit.length - 1)]
    if (!chosen) return
    onAsked(chosen.id)
    const answer = await ask(`${base}/v1/deliveries/${chosen.id}/replay`, 'POST')
    if (answer?.status === 202) taken += 1
    // 409: something newer was sent. 503: the disk is full, and it says when to come again.
    const isExpected =
      answer === undefined ||
      [202, 409].includes(answer.status) ||
      (answer.status === 503 && mayRefuse())
    if (!isExpected) refusals.push(`replay: ${answer?.status} ${JSON.stringify(answer?.body)}`)
  }

  const run = async () => {
    while (!isStopped) {
      const base = url()
      if (base !== undefined) await replayOne(base)
      await sleep(random.between(50, 250))
    }
  }
  const running = run()
  return {
    taken: () => taken,
    refusals,
    async stop() {
      isStopped = true
      await running
    },
  }
}

function isReplayable(
  { alert, repeats }: DeliveryView,
  outcome: (typeof OUTCOMES)[number],
): boolean {
  if (alert === undefined || repeats > 0) return false
  const isStatus = alert.name === 'statuses' || alert.name === 'shared'
  return !isStatus || outcome !== 'delivered'
}

/** Undefined when no answer came. */
async function ask(url: string, method: 'GET' | 'POST') {
  try {
    const answer = await fetch(url, { method, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
    const text = await answer.text()
    return { status: answer.status, body: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}
