import { setTimeout as wait } from 'node:timers/promises'

/** How many things are remembered beside those that were known when they began to be watched. */
const REMEMBERED = 1_000

/** Looks again and again, after a wait each time. Never ends by itself. */
export async function* poll<T>(look: () => Promise<T>, everyMs: number): AsyncIterable<T> {
  for (;;) {
    await wait(everyMs)
    yield await look()
  }
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

interface Accepted {
  readonly acceptedAt: string
}

/** Those that a list did not end before: what is older than the list was there before, and is not new. */
export function withinList<T extends Accepted>(
  items: readonly T[],
  list: readonly Accepted[],
): readonly T[] {
  const times = list.map(({ acceptedAt }) => Date.parse(acceptedAt))
  const oldest = times.reduce((a, b) => Math.min(a, b), times[0] ?? -Infinity)
  return items.filter(({ acceptedAt }) => Date.parse(acceptedAt) >= oldest)
}
