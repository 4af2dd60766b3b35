import { keepLatest } from '../model/latest.ts'
import { type Codec, storedValue } from '../model/stored/codec.ts'
import type { Clock } from '../ports/clock.ts'
import type { DamagedMemory, StateStore } from '../ports/state-store.ts'

/**
 * Returns what is remembered in a State item; undefined when that is damaged, which is reported. Such a memory begins
 * anew: else whatever asks for it would fail each time. `about` says what it is about. Throws `LaterVersion`.
 */
export function rememberedValue<T>(
  state: Pick<StateStore, 'damaged'>,
  codec: Codec<T>,
  stored: unknown,
  key: string,
  about?: () => string,
): T | undefined {
  const decoded = codec.decode(stored)
  if (decoded.kind !== 'damaged') return storedValue(codec, decoded, key)
  state.damaged?.({
    ...{ memory: codec.form, key, cause: decoded.cause },
    ...(about && { about: about() }),
  })
  return undefined
}

/** How long an item that is read again and again, and never written, is not reported again. Milliseconds. */
const REPORTED_FOR_MS = 3_600_000

const MOST_REMEMBERED = 1_000

/** A State that tells of each item that is damaged, once an hour. */
export function withDamageReports(
  state: StateStore,
  clock: Pick<Clock, 'elapsed'>,
  tell: (damage: DamagedMemory) => void,
): StateStore {
  const reportedAt = new Map<string, number>()
  return {
    read: (key) => state.read(key),
    write: (...item) => state.write(...item),
    damaged(damage) {
      const now = clock.elapsed()
      const before = reportedAt.get(damage.key)
      if (before !== undefined && now - before < REPORTED_FOR_MS) return
      keepLatest(reportedAt, damage.key, now, MOST_REMEMBERED)
      tell(damage)
    },
  }
}

/** One entry of a log for a damaged memory: its message, and its fields. */
export function damagedMemoryEntry({ cause, ...damage }: DamagedMemory) {
  const message =
    'what is remembered is damaged, and begins anew; what was told before may be told again'
  return { message, fields: { ...damage, cause } }
}
