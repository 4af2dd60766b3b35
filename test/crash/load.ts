import { setTimeout as sleep } from 'node:timers/promises'
import { type EventSource, fluxEvent, type SentEvent } from './events.ts'
import type { Random } from './random.ts'
import { CLIENTS, objectsOf } from './routes.ts'

/** Clients that post to the relay, each about objects of its own, so that an object's order holds. */
export interface Load {
  /** Makes no new events; resolves once all that was made is acknowledged. */
  finish(): Promise<void>
  /** Events that the relay has acknowledged, in the order of that. */
  readonly acknowledged: readonly SentEvent[]
  /** Requests that had to be sent again, since no answer came. */
  readonly repeatedRequests: () => number
  /**
   * Events that were sent again after the queue has forgotten them, so they may be queued twice;
   * a record that counts unchanged statuses may then count them twice.
   */
  readonly forgottenMeanwhile: ReadonlySet<string>
  /** Answers other than 202, which no kill explains. */
  readonly refusals: readonly string[]
}

export interface LoadOptions {
  readonly random: Random
  readonly source: EventSource
  /** The relay's address while it is ready. */
  url(): string | undefined
  /** The relay's time, in milliseconds since the epoch. */
  relayTime(): number
  onAcknowledged(): void
  /** Whether the relay may refuse events for now, as on a full disk. */
  mayRefuse(): boolean
}

const MAX_BATCH = 6

/** How long the queue knows an event again. */
const REMEMBERED_MS = 5 * 60_000

/** No refusal is expected; after some it is no use to go on. */
const MAX_REFUSALS = 10

const ANSWER_WITHIN_MS = 5_000

export function startLoad(options: LoadOptions): Load {
  const acknowledged: SentEvent[] = []
  const forgottenMeanwhile = new Set<string>()
  const refusals: string[] = []
  let repeatedRequests = 0
  let isFinishing = false

  const client = async (index: number) => {
    const objects = objectsOf(index)
    while (!isFinishing) {
      const batch = makeBatch(options, objects)
      for (const part of [...Map.groupBy(batch, ({ cluster }) => cluster).values()]) {
        await postUntilAcknowledged(part)
        acknowledged.push(...part)
        options.onAcknowledged()
      }
      await sleep(options.random.between(20, 90))
    }
  }

  const postUntilAcknowledged = async (batch: readonly SentEvent[]) => {
    let firstSentAt: number | undefined
    for (;;) {
      const url = options.url()
      if (url === undefined) {
        await sleep(15)
        continue
      }
      const now = options.relayTime()
      if (firstSentAt !== undefined) repeatedRequests += 1
      const isFirst = firstSentAt === undefined
      firstSentAt ??= now
      const problem = await post(url, batch)
      // The clock may be set meanwhile.
      const latest = Math.max(now, options.relayTime())
      if (!isFirst && latest - firstSentAt > REMEMBERED_MS) {
        for (const { message } of batch) forgottenMeanwhile.add(message)
      }
      if (problem === undefined) return
      const isExpected =
        problem === 'no answer' || (problem.startsWith('503') && options.mayRefuse())
      if (!isExpected) refusals.push(problem)
      if (refusals.length > MAX_REFUSALS) return
      await sleep(20)
    }
  }

  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)))
  return {
    acknowledged,
    forgottenMeanwhile,
    refusals,
    repeatedRequests: () => repeatedRequests,
    async finish() {
      isFinishing = true
      await clients
    },
  }
}

function makeBatch({ random, source }: LoadOptions, objects: readonly string[]) {
  return Array.from({ length: random.between(1, MAX_BATCH) }, () => source.next(objects))
}

/** What went wrong; undefined when every event was acknowledged. */
async function post(url: string, batch: readonly SentEvent[]): Promise<string | undefined> {
  const [first] = batch
  const isSingle = batch.length === 1 && first?.cluster === 'local'
  const path = isSingle ? '/' : `/v1/clusters/${first?.cluster}/events`
  try {
    const answer = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(isSingle ? fluxEvent(first) : batch.map(fluxEvent)),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    })
    const text = await answer.text()
    const whole = isSingle ? '' : JSON.stringify({ accepted: batch.length, rejected: [] })
    return answer.status === 202 && text === whole ? undefined : `${answer.status} ${text}`
  } catch {
    return 'no answer'
  }
}
