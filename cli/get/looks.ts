import { setTimeout as wait } from 'node:timers/promises'
import { Refusal } from '../../client/answers.ts'
import { WAITS_MS } from '../../client/delivery-changes.ts'
import { UsageError } from '../../client/usage-error.ts'

/** How many things are remembered beside those that were known when they began to be watched. */
const REMEMBERED = 1_000

/** Looks again and again, after a wait each time. Never ends by itself. */
export async function* poll<T>(look: () => Promise<T>, everyMs: number): AsyncIterable<T> {
  for (;;) {
    await wait(everyMs)
    yield await look()
  }
}

/**
 * Looks, and looks again for half a minute while the relay cannot be asked, as it is when it starts anew. Rejects with the
 * last failure, and at once with a refusal that stays.
 */
export async function patiently<T>(
  look: () => Promise<T>,
  waitsMs: readonly number[] = WAITS_MS,
): Promise<T> {
  for (const waitMs of waitsMs) {
    try {
      return await look()
    } catch (error) {
      const isPassing = error instanceof UsageError && !(error instanceof Refusal && error.isFinal)
      if (!isPassing) throw error
    }
    await wait(waitMs)
  }
  return look()
}

/** Puts what is remembered last, and forgets what was put first when there is too much of it. */
export function remember<T>(memory: Map<string, T>, id: string, value: T, known: number): void {
  memory.delete(id)
  memory.set(id, value)
  for (const first of memory.keys()) {
    if (memory.size <= known + REMEMBERED) return
    memory.delete(first)
  }
}

/** How much later than others a relay may record something, so that it is news although it is older. Milliseconds. */
const LATE_MS = 3_600_000

interface Listed {
  readonly id: string
  readonly acceptedAt: string
}

/** What a person was told of. */
export interface Told {
  /** What was shown when the watch began. */
  readonly list: readonly Listed[]
  /** By ids, as far as it is remembered. */
  readonly memory: ReadonlyMap<string, unknown>
}

/** How a list is read for what was not told of yet. */
export interface Reading {
  /** How many pages are read in any case. */
  readonly leastPages: number
  /** Whether changes were missed: then a page in which nothing fits is no end. */
  readonly isAfterGap: boolean
}

/** How a list that is read tells news from what was told of. */
export interface News {
  /**
   * Whether it may be news: what is older than the list was there before, and what is much older than the latest that was
   * told of may be forgotten.
   */
  isPossible(item: Listed): boolean
  /** Says of one page after the other whether it is the last to read: one without anything new. */
  isLast(page: readonly Listed[]): boolean
}

/** `latestAt`: when the latest of what was told of was accepted, in milliseconds since the epoch. */
export function newsAfter(
  { list, memory }: Told,
  latestAt: number,
  { leastPages, isAfterGap }: Reading,
): News {
  const oldestAt = list.reduce(
    (oldest, { acceptedAt }) => Math.min(oldest, Date.parse(acceptedAt)),
    list.length === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
  )
  const isPossible = ({ id, acceptedAt }: Listed) => {
    const at = Date.parse(acceptedAt)
    return at >= oldestAt && (memory.has(id) || at >= latestAt - LATE_MS)
  }
  let pages = 0
  return {
    isPossible,
    isLast(page) {
      pages += 1
      const hasNews = page.some((item) => !memory.has(item.id) && isPossible(item))
      return !hasNews && pages >= leastPages && (page.length > 0 || !isAfterGap)
    },
  }
}

/** When the latest of them was accepted, in milliseconds since the epoch; -Infinity of none. */
export function latestTime(items: readonly Listed[]): number {
  return items.reduce(
    (latest, { acceptedAt }) => Math.max(latest, Date.parse(acceptedAt)),
    Number.NEGATIVE_INFINITY,
  )
}
