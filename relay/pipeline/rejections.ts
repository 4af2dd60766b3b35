import type { QueuedEvent, RetryMessage } from '../model/queue-messages.ts'
import { type RejectionCount, rejectionsCodec } from '../model/stored/rejections.ts'
import type { Ports } from '../ports/ports.ts'
import { Contention } from './contention.ts'
import { rememberedValue } from './damaged-memory.ts'
import { DispatchFailure, faultOf } from './dispatch-failure.ts'
import type { HostErrors } from './host-ports.ts'

/**
 * How long rejections are remembered: longer than a rejected message waits for its next turn on any
 * host.
 */
const REMEMBER_MS = 24 * 3_600_000

/** How often a count is written again after a conflict. Two writers of one count rarely meet. */
const MAX_TRIES = 5

/** Does the work of a message. Rejects with `DispatchFailure` only. */
export interface Judge {
  event(message: QueuedEvent, work: () => Promise<void>): Promise<void>
  retry(message: RetryMessage, work: () => Promise<void>): Promise<void>
}

type JudgePorts = Pick<Ports, 'state' | 'ledger' | 'clock'>

/**
 * Says whose fault it is when work fails. Counts the failures that are the message's own in the
 * State, so that a restarted process, or another function that gets the message, continues to
 * count.
 */
export function createJudge(ports: JudgePorts, { isOfHost }: HostErrors): Judge {
  const judged = async (work: () => Promise<void>, count: () => Promise<RejectionCount>) => {
    try {
      await work()
    } catch (error) {
      const fault = faultOf(error, isOfHost)
      if (fault !== 'message') throw new DispatchFailure(fault, error)
      const rejections = await count().catch(() => undefined)
      // A store that cannot count fails, and that is the host's.
      throw new DispatchFailure(rejections ? 'message' : 'host', error, rejections)
    }
  }
  return {
    event: ({ cluster, id, sequence }, work) =>
      judged(work, () => countRejection(ports, `${cluster}#rejected#${id}/${sequence}`)),
    retry: ({ deliveryId, attempt }, work) =>
      judged(work, async () => {
        // The key of whatever is stored begins with the cluster.
        const [stored] = await ports.ledger.readMany([deliveryId])
        const cluster = stored?.value.cluster ?? ''
        return countRejection(ports, `${cluster}#rejected#${deliveryId}/${attempt}`)
      }),
  }
}

async function countRejection({ state, clock }: JudgePorts, key: string): Promise<RejectionCount> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const stored = await state.read(key)
    const now = clock.now()
    const known = stored && rememberedValue(state, rejectionsCodec, stored.value, key)
    const next = { count: (known?.count ?? 0) + 1, firstAt: known?.firstAt ?? now }
    const value = rejectionsCodec.encode(next)
    if (await state.write(key, value, stored?.version ?? 'absent', now + REMEMBER_MS)) return next
  }
  throw new Contention(`the state of ${key} changes all the time`)
}
