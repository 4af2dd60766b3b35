import type { DueIndex } from '../../adapters/aws/due-index.ts'
import { DUE_SHARDS, type DueHolder } from '../../adapters/aws/due-item.ts'
import { LONG_PAST_MS, requeueOverdue } from '../../relay/pipeline/overdue.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import type { RemainingTime } from '../shared/call-time.ts'
import type { Log } from '../shared/log.ts'
import { finishWakes } from './finish-wakes.ts'

/** What sweeping needs. */
export interface SweepParts {
  readonly ports: Pick<Ports, 'ledger' | 'queue' | 'state' | 'configs' | 'clock'>
  readonly index: Pick<DueIndex, 'page' | 'remove'>
  /** Counts retries that were long past due and are queued again. */
  readonly onOverdue: (count: number) => void
  readonly log: Log
}

/**
 * Retries that are due within this time are queued: a minute, after which the next sweep runs, and
 * a margin.
 */
const AHEAD_MS = 90_000

const PAGE_SIZE = 100

/**
 * The most pages of retries that are long past due, for each part of the index. The next sweep
 * continues.
 */
const OVERDUE_PAGES = 5

/** The least time left to start a page. */
const MIN_START_MS = 15_000

/** How long the place of the sweeps is remembered. Without it they start again, and send copies. */
const PLACE_KEPT_FOR_MS = 7 * 24 * 3_600_000

/** The parts of the index, and the time of a sweep. */
interface Round extends SweepParts {
  readonly context: RemainingTime
  readonly shard: number
}

/**
 * Queues what the index of the ledger holds and is due soon, and what is long past due, whatever
 * lost its message, and then what still waits for a configuration that has come. Two sweeps at a time, or a sweep that is repeated after a crash, queue copies
 * at most, of which all but the first are stale. Rejects when a store fails, after all other parts
 * of the index were swept.
 */
export function createSweep(parts: SweepParts) {
  return async (context: RemainingTime): Promise<void> => {
    const shards = Array.from({ length: DUE_SHARDS }, (_, shard) => ({ ...parts, context, shard }))
    const results = await Promise.allSettled(
      shards.flatMap((round) => [
        queueDue(round),
        queueOverdue(round, 'held'),
        queueOverdue(round, 'sent'),
      ]),
    )
    const wakes = await Promise.allSettled([finishWakes(parts, () => hasTime({ context }))])
    const failed = [...results, ...wakes].find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
  }
}

/** Queues retries and then remembers the place. A crash in between only queues them once more. */
async function queueDue(round: Round): Promise<void> {
  const { ports, index, shard } = round
  const { state, queue, clock } = ports
  // No cluster has the empty name.
  const key = `#due#${shard}`
  const stored = await state.read(key)
  let after = placeOf(stored?.value)
  let expected = stored?.version ?? ('absent' as const)
  while (hasTime(round)) {
    const before = clock.now() + AHEAD_MS
    const due = await index.page({ holder: 'held', shard, after, before, limit: PAGE_SIZE })
    after = due.at(-1)?.position
    if (after === undefined) return
    await queue.sendRetries(due.map(({ message }) => message))
    const expiresAt = clock.now() + PLACE_KEPT_FOR_MS
    // Another sweep goes on from where it came.
    if (!(await state.write(key, { after }, expected, expiresAt))) return
    expected = expected === 'absent' ? 1 : expected + 1
  }
}

function placeOf(value: unknown): string | undefined {
  const { after } = Object(value)
  return typeof after === 'string' ? after : undefined
}

async function queueOverdue(round: Round, holder: DueHolder): Promise<void> {
  const { ports, index, shard, log } = round
  let after: string | undefined
  for (let pages = 0; pages < OVERDUE_PAGES && hasTime(round); pages += 1) {
    const before = ports.clock.now() - LONG_PAST_MS
    const found = await index.page({ holder, shard, after, before, limit: PAGE_SIZE })
    if (found.length === 0) return
    after = found.at(-1)?.position
    const { ids, unreadable } = await requeueOverdue(
      ports,
      found.map(({ message }) => message.deliveryId),
    )
    if (ids.length > 0) {
      round.onOverdue(ids.length)
      log.warn('deliveries were long past due, and are queued again', { deliveries: ids })
    }
    for (const { id, reason, isDamaged } of unreadable) {
      log.error('a delivery that is due cannot be read', { id, reason })
      const damaged = found.find(({ message }) => isDamaged && message.deliveryId === id)
      if (damaged) await index.remove(damaged.message)
    }
  }
}

function hasTime({ context }: Pick<Round, 'context'>): boolean {
  return context.getRemainingTimeInMillis() >= MIN_START_MS
}
